"""Measures the engine `local` beside cp -a, rsync --link-dest and restic, in pairs in one run.

Rule: each round runs all programs one after the other on the same tree, so that a slow moment of
the machine meets all of them; medians, spreads and ratios to `cp -a` are printed, with the aims.
Each program starts with nothing left to be written, and each round five minutes after the one
before it was removed: for so long ext4 looks over numbers of files that were just deleted, at each
file and folder that is made, whoever makes it.

    python benchmarks/local_engine.py [--quick] [--rounds N] [--folder DIR] [--memory]
"""

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from kfnb_ext.engines.local import LocalEngine
from kfnb_ext.model.snapshots import RestoreRequest

_SETTLED = 310  # seconds: EXT4_RECENTCY_DIRTY of linux/fs/ext4/ialloc.c, and a few
AIMS = {
    "first": "aim 1.2, never above 2",
    "unchanged": "at most 0.15, below restic and rsync",
    "small change": "at most 0.3, below restic and rsync",
    "restore all": "at most 1.2",
}


class Silent:
    """Nobody listens."""

    def phase(self, text: str) -> None: ...
    def expect(self, total: int) -> None: ...
    def advance(self, done: int) -> None: ...


def build(top: Path, files: int, total: int) -> None:
    """Many small sources, notebooks, an environment, and half the bytes in files of 200 MiB."""
    dice = random.Random(1)
    blob = dice.randbytes(1 << 20)
    words = b" ".join(b"word%d" % dice.randrange(5000) for _ in range(200_000))
    large = max(1, (total // 2) // (200 << 20))
    small = (total - large * (200 << 20 if total >= 400 << 20 else total // 2)) // files
    for n in range(files):
        folder = top / f"project{n // 4000}" / f"part{n // 20 % 200}"
        if n % 20 == 0:
            folder.mkdir(parents=True, exist_ok=True)
        size = max(1, int(dice.expovariate(1 / small)))
        start = dice.randrange(900_000)
        data = words[start : start + size] if n % 3 else blob[start : start + size]
        (folder / f"file{n}.py").write_bytes(data + b"%d" % n)
    for n in range(large):
        with open(top / f"large{n}.bin", "wb") as file:
            for _ in range(200 if total >= 400 << 20 else total // 2 >> 20):
                file.write(dice.randbytes(1 << 20))


def small_change(top: Path, dice: random.Random) -> None:
    """300 files edited, added or removed; 1 MiB put into a large file; a large file renamed."""
    files = sorted(top.glob("project*/*/file*.py"))
    for path in dice.sample(files, 200):
        path.write_bytes(dice.randbytes(3000))
    for path in dice.sample(files, 50):
        path.unlink(missing_ok=True)
    for _ in range(50):
        (dice.choice(files).parent / f"file_new{dice.random()}.py").write_bytes(dice.randbytes(999))
    large = sorted(top.glob("large*"))
    data = large[0].read_bytes()
    large[0].write_bytes(data[: 1 << 20] + dice.randbytes(1 << 20) + data[1 << 20 :])
    large[-1].rename(top / f"large{dice.random()}.bin")


class Rival:
    """One program: how it takes a snapshot and restores all."""

    name = ""

    def __init__(self, top: Path, store: Path) -> None:
        self.top, self.store = top, store
        store.mkdir(parents=True, exist_ok=True)
        self.count = 0

    def take(self) -> None:
        raise NotImplementedError

    def restore_all(self) -> None:
        raise NotImplementedError

    def run(self, *command: str) -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class Cp(Rival):
    name = "cp -a"

    def take(self) -> None:
        self.count += 1
        self.run("cp", "-a", f"{self.top}/.", str(self.store / str(self.count)))

    def restore_all(self) -> None:
        self.run("cp", "-a", f"{self.store / str(self.count)}/.", f"{self.top}/")


class Rsync(Rival):
    name = "rsync --link-dest"

    def take(self) -> None:
        self.count += 1
        last = [f"--link-dest={self.store / str(self.count - 1)}"] if self.count > 1 else []
        self.run("rsync", "-a", *last, f"{self.top}/", str(self.store / str(self.count)))

    def restore_all(self) -> None:
        self.run("rsync", "-a", f"{self.store / str(self.count)}/", f"{self.top}/")


class Restic(Rival):
    name = "restic"

    def __init__(self, top: Path, store: Path) -> None:
        super().__init__(top, store)
        os.environ["RESTIC_PASSWORD"] = "benchmark"
        self.run("restic", "-q", "--no-cache", "-r", str(store / "repo"), "init")

    def take(self) -> None:
        self.run("restic", "-q", "-r", str(self.store / "repo"), "backup", str(self.top))

    def restore_all(self) -> None:
        repo = str(self.store / "repo")
        self.run("restic", "-q", "-r", repo, "restore", "latest", "--target", "/")


class Ours(Rival):
    name = "kfnb local"

    def __init__(self, top: Path, store: Path) -> None:
        super().__init__(top, store)
        self.engine = LocalEngine(top, share=1.0)
        self.last = ""

    def take(self) -> None:
        self.last = self.engine.create("", "manual", Silent()).id

    def restore_all(self) -> None:
        request = RestoreRequest(snapshot=self.last)
        self.engine.restore(request, f"r{time.monotonic_ns()}", Silent())


def emptied(top: Path) -> None:
    """All away but our own folder, which stands aside while others restore."""
    for path in top.iterdir():
        if path.name != ".kfnb":
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def removed(path: Path) -> None:
    if not path.exists():
        return
    subprocess.run(["chmod", "-R", "u+w", str(path)], check=False)
    shutil.rmtree(path, ignore_errors=True)


def timed(act: Callable[[], object]) -> float:
    os.sync()  # what others left to write is not its time
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def one_round(
    base: Path, pattern: Path, figures: dict[str, dict[str, list[float]]], n: int
) -> None:
    """All programs through first, unchanged, small change, restore; in another order each time."""
    kinds = [
        k for k in (Cp, Rsync, Restic, Ours) if k in (Ours,) or shutil.which(k.name.split()[0])
    ]
    kinds = kinds[n % len(kinds) :] + kinds[: n % len(kinds)]
    rivals: list[Rival] = []
    for kind in kinds:
        top = base / "work" / kind.__name__
        subprocess.run(["cp", "-a", str(pattern), str(top)], check=True)
        rivals.append(kind(top, base / "store" / kind.__name__))
    for step in ("first", "unchanged", "small change"):
        time.sleep(0.3)  # past the racy window
        for rival in rivals:
            if step == "small change":
                small_change(rival.top, random.Random(n))
                time.sleep(0.3)
            figures[step][rival.name].append(timed(rival.take))
    for rival in rivals:
        emptied(rival.top)
        figures["restore all"][rival.name].append(timed(rival.restore_all))
        if isinstance(rival, Ours):
            alone(rival, figures)
    for rival in rivals:
        removed(rival.top)
        removed(rival.store)


def alone(ours: Ours, figures: dict[str, dict[str, list[float]]]) -> None:
    """What has no counterpart in cp: a restore where little differs, the list, one file."""
    ours.take()  # after a restore: all inodes are new, the contents are the same
    figures["unchanged after restore all"][ours.name].append(timed(ours.take))
    some = sorted(ours.top.glob("project*/*/file*.py"))[:20]
    for path in some:
        path.write_bytes(b"changed")
    figures["restore, 20 files differ"][ours.name].append(timed(ours.restore_all))
    figures["list"][ours.name].append(timed(ours.engine.list))
    path = str(some[7].relative_to(ours.top))
    figures["one small file"][ours.name].append(
        timed(lambda: list(ours.engine.content(ours.last, path)))
    )
    figures["verify"][ours.name].append(timed(lambda: ours.engine.verify(ours.last, Silent())))
    figures["delete oldest"][ours.name].append(
        timed(lambda: ours.engine.delete(ours.engine.list()[-1].id, Silent()))
    )


def show(figures: dict[str, dict[str, list[float]]]) -> None:
    print(f"{'step':28} {'program':18} {'median s':>9} {'min':>8} {'max':>8} {'x cp -a':>8}")
    for step, by_program in figures.items():
        floor = figures["first"]["cp -a"] if step in ("unchanged", "small change") else None
        floor = by_program.get("cp -a") or floor
        for program, times in by_program.items():
            ratio = ""
            if floor:
                pairs = [a / b for a, b in zip(times, floor, strict=True)]
                ratio = f"{statistics.median(pairs):8.2f}"
            middle = statistics.median(times)
            print(
                f"{step:28} {program:18} {middle:9.3f} {min(times):8.3f} {max(times):8.3f} {ratio}"
            )
        if step in AIMS:
            print(f"{'':28} ({AIMS[step]})")


MEMORY = """
import pathlib, sys, threading, time
sys.path.insert(0, {root!r})
def high(pid="self"):
    lines = open(f"/proc/{{pid}}/status").read().splitlines()
    return next(int(l.split()[1]) for l in lines if l.startswith("VmHWM"))
def watch():
    while True:
        for file in pathlib.Path("/proc/self/task").glob("*/children"):
            try:
                for pid in file.read_text().split():
                    helpers[pid] = max(high(pid), helpers.get(pid, 0))
            except (OSError, StopIteration):  # it has ended, or begins
                pass
        time.sleep(0.02)
from pathlib import Path
bare, helpers = high(), {{}}
from benchmarks.local_engine import Silent
from kfnb_ext.engines.local import LocalEngine
from kfnb_ext.model.snapshots import RestoreRequest
threading.Thread(target=watch, daemon=True).start()
engine = LocalEngine(Path({top!r}), share=1.0)
for act in {acts!r}:
    if act == "take":
        engine.create("", "manual", Silent())
    if act == "restore":
        engine.restore(RestoreRequest(snapshot=engine.list()[0].id), "r", Silent())
print((high() - bare) / 1024, sum(helpers.values()) / 1024)
"""


def memory(base: Path, files: int) -> None:
    """The most memory a process of its own adds, with its children, at many files."""
    top = base / "many"
    for n in range(files):
        if n % 20 == 0:
            folder = top / f"p{n // 4000}" / f"d{n // 20 % 200}"
            folder.mkdir(parents=True, exist_ok=True)
        (folder / f"some_module_{n}.py").write_bytes(b"x" * 100)
    root = str(Path(__file__).parent.parent)
    for label, acts in (("first", ["take"]), ("unchanged", ["take"]), ("restore", ["restore"])):
        if label == "restore":
            emptied(top)
        code = MEMORY.format(root=root, top=str(top), acts=acts)
        said = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        ).stdout
        own, children = map(float, said.split())
        print(
            f"memory added at {files} files, {label}: {own + children:.0f} MiB, "
            f"{children:.0f} of them children (aim: at most 100)"
        )
    removed(top)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="5,000 files and 200 MiB, 1 round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--mib", type=int, default=2048)
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp/kfnb-benchmark"))
    parser.add_argument("--memory", action="store_true", help="measure memory alone")
    options = parser.parse_args()
    base = options.folder
    removed(base)
    pattern = base / "pattern"
    pattern.mkdir(parents=True)
    (base / "work").mkdir()
    figures: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    files, total = (5_000, 200 << 20) if options.quick else (options.files, options.mib << 20)
    try:
        if not options.memory:
            build(pattern, files, total)
            for n in range(1 if options.quick else options.rounds):
                time.sleep(_SETTLED if n else 0)
                one_round(base, pattern, figures, n)
                show(figures)
        memory(base, 20_000 if options.quick else 200_000)
    finally:
        removed(base)


if __name__ == "__main__":
    main()
