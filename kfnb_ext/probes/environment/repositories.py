"""The Git repositories of the workspace, by reading their files.

Rule: git is not run, so that no hook of a repository can do anything; the walk is bounded.
"""

import configparser
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from kfnb_ext.model import redacting
from kfnb_ext.model.environment import Repository

DEPTH = 4
FOLDERS = 3000
SECONDS = 1.0
LARGEST = 1024 * 1024  # bytes of packed-refs, and of a configuration
NOT = frozenset({"node_modules", "__pycache__", "site-packages", "lost+found"})


def found(
    top: Path, clock: Callable[[], float] = time.monotonic
) -> tuple[tuple[Repository, ...], str]:
    """The repositories, and a sentence where the walk was cut short."""
    until = clock() + SECONDS
    kept: list[Repository] = []
    for seen, folder in enumerate(_walk(top)):
        if seen > FOLDERS or clock() > until:
            return tuple(kept), "Not every folder was looked into for Git repositories."
        one = _repository(top, folder)
        if one:
            kept.append(one)
    return tuple(kept), ""


def _walk(top: Path) -> Iterator[Path]:
    """Folders, those near the top first."""
    level = [top]
    for _ in range(DEPTH):
        below: list[Path] = []
        for folder in level:
            yield folder
            try:
                with os.scandir(folder) as entries:
                    names = [e.name for e in entries if e.is_dir(follow_symlinks=False)]
            except OSError:
                continue
            below += [folder / n for n in sorted(names) if n[0] != "." and n not in NOT]
        level = below


def _repository(top: Path, folder: Path) -> Repository | None:
    git = folder / ".git"
    if git.is_file():  # of a worktree or a submodule
        text = _text(git)
        git = folder / text.removeprefix("gitdir:").strip()
    head = _text(git / "HEAD")
    if not head:
        return None
    common = git / (_text(git / "commondir") or ".")
    reference = head.removeprefix("ref:").strip() if head.startswith("ref:") else ""
    return Repository(
        path="" if folder == top else str(folder.relative_to(top)),
        branch=reference.removeprefix("refs/heads/"),
        commit=_commit(git, common, reference) if reference else head[:64],
        remotes=_remotes(common / "config"),
    )


def _commit(git: Path, common: Path, reference: str) -> str:
    for place in (git, common):
        if text := _text(place / reference):
            return text[:64]
    for line in _text(common / "packed-refs").splitlines():
        commit, _, name = line.partition(" ")
        if name == reference:
            return commit[:64]
    return ""


def _remotes(file: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string("\n".join(line.strip() for line in _text(file).splitlines()))
    except configparser.Error:
        return {}
    return {
        section[len('remote "') : -1]: redacting.url(parser.get(section, "url") or "")
        for section in parser.sections()
        if section.startswith('remote "') and parser.has_option(section, "url")
    }


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST).decode("utf-8", "replace").strip()
    except (OSError, ValueError):
        return ""
