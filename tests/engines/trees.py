"""Real trees for the tests of engines: how to describe one, and how to make and change one."""

import hashlib
import os
import random
import stat
import subprocess
from pathlib import Path

OWN = ".kfnb"
NAMES = ["a", "b", "c.txt", "d e", "ü", "new\nline", os.fsdecode(b"bad\xff"), "\uf7e9", ".h"]


class Listening:
    """A Progress that remembers."""

    def __init__(self) -> None:
        self.total = self.done = 0
        self.phases: list[str] = []

    def phase(self, text: str) -> None:
        self.phases.append(text)

    def expect(self, total: int) -> None:
        self.total, self.done = total, 0

    def advance(self, done: int) -> None:
        self.done += done


def describe(top: Path, *, figures: bool = True) -> dict[str, object]:
    """Everything that a restore has to bring back, by path."""
    found: dict[str, object] = {}
    groups: dict[int, str] = {}
    for where, folders, files in os.walk(top):
        if where == str(top) and OWN in folders:
            folders.remove(OWN)
        folders.sort()
        for name in [".", *sorted(folders), *sorted(files)]:
            path = os.path.join(where, name)
            if name == "." and where != str(top):
                continue
            found[os.path.relpath(path, top)] = _entry(path, top, groups, figures)
    return found


def _entry(path: str, top: Path, groups: dict[int, str], figures: bool) -> object:
    st = os.lstat(path)
    about: tuple[object, ...] = (stat.S_IFMT(st.st_mode),)
    if figures:
        about += (stat.S_IMODE(st.st_mode), st.st_mtime_ns, st.st_uid, st.st_gid)
    if stat.S_ISLNK(st.st_mode):
        return (stat.S_IFLNK, st.st_mtime_ns if figures else 0, os.readlink(path))
    if stat.S_ISREG(st.st_mode):
        first = groups.setdefault(st.st_ino, os.path.relpath(path, top))
        about += (hashlib.sha256(Path(path).read_bytes()).hexdigest(), first)
    xattrs = {n: os.getxattr(path, n) for n in os.listxattr(path)}
    return (*about, tuple(sorted(xattrs.items())))


def mutate(top: Path, dice: random.Random, times: int) -> None:
    """Change a tree at random, in every way that a snapshot has to see."""
    for _ in range(times):
        folders, files = _inside(top)
        act = dice.choice(_ACTS)
        act(dice, dice.choice(folders), files)


def _inside(top: Path) -> tuple[list[Path], list[Path]]:
    folders, files = [], []
    for where, below, names in os.walk(top):
        if where == str(top) and OWN in below:
            below.remove(OWN)
        folders.append(Path(where))
        files += [Path(where, name) for name in names]
        files += [Path(where, name) for name in below if os.path.islink(os.path.join(where, name))]
    return folders, files


def _write(dice: random.Random, folder: Path, files: list[Path]) -> None:
    path = folder / dice.choice(NAMES)
    if path.is_dir() or path.is_symlink():
        return
    size = dice.choice([0, 1, 10, 5000, 70_000, 200_000])
    path.write_bytes(dice.randbytes(10) * (size // 10) + b"." * (size % 10))


def _mkdir(dice: random.Random, folder: Path, files: list[Path]) -> None:
    path = folder / dice.choice(NAMES)
    if not os.path.lexists(path) and len(path.parts) < 12:
        path.mkdir(dice.choice([0o755, 0o700, 0o555]))


def _symlink(dice: random.Random, folder: Path, files: list[Path]) -> None:
    path = folder / dice.choice(NAMES)
    if not os.path.lexists(path):
        path.symlink_to(dice.choice(["a", "/etc", "../b", "nowhere"]))


def _hardlink(dice: random.Random, folder: Path, files: list[Path]) -> None:
    path = folder / dice.choice(NAMES)
    regular = [f for f in files if not f.is_symlink()]
    if regular and not os.path.lexists(path):
        os.link(dice.choice(regular), path)


def _delete(dice: random.Random, folder: Path, files: list[Path]) -> None:
    if files:
        dice.choice(files).unlink()


def _delete_folder(dice: random.Random, folder: Path, files: list[Path]) -> None:
    if not os.path.lexists(folder / OWN) and folder.name in NAMES and dice.random() < 0.3:
        erase(folder)


def erase(folder: Path) -> None:
    """Remove a folder whatever its modes."""
    subprocess.run(["chmod", "-R", "u+w", folder], check=True)
    subprocess.run(["rm", "-rf", folder], check=True)


def _rename(dice: random.Random, folder: Path, files: list[Path]) -> None:
    path = folder / dice.choice(NAMES)
    if files and not os.path.lexists(path):
        dice.choice(files).rename(path)


def _chmod(dice: random.Random, folder: Path, files: list[Path]) -> None:
    regular = [f for f in files if not f.is_symlink()]
    if regular:
        dice.choice(regular).chmod(dice.choice([0o600, 0o644, 0o755, 0o4755, 0o400, 0o1777]))


def _touch(dice: random.Random, folder: Path, files: list[Path]) -> None:
    moment = dice.randrange(10**18, 17 * 10**17)
    path = dice.choice([folder, *files])
    os.utime(path, ns=(moment, moment), follow_symlinks=False)


def _xattr(dice: random.Random, folder: Path, files: list[Path]) -> None:
    path = dice.choice([folder, *files])
    if not path.is_symlink():
        os.setxattr(path, f"user.{dice.choice('xy')}", dice.randbytes(3))


def _same_size(dice: random.Random, folder: Path, files: list[Path]) -> None:
    """Other content, the same size and time: only the change time and the sum tell."""
    regular = [f for f in files if not f.is_symlink() and f.stat().st_size]
    if regular:
        path = dice.choice(regular)
        st = path.stat()
        with open(path, "r+b") as file:
            file.write(dice.randbytes(1))
        os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))


_ACTS = [
    _write, _write, _write, _mkdir, _mkdir, _symlink, _hardlink, _delete, _delete_folder,
    _rename, _chmod, _touch, _xattr, _same_size,
]  # fmt: skip
