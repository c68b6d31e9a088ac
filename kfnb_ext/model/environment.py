"""What a snapshot's files ran in: packages, kernels, image, driver, Git heads.

Rule: names, versions and places; never the value of a variable, a token, or what a URL carries
beside its place. What could not be seen stands in ``notes``.
"""

from datetime import datetime
from typing import Literal

import msgspec

from kfnb_ext.model.reading import Reading, Record

SHORT = 7 * 1024  # bytes of an annotation

PackageSource = Literal["python", "conda"]


class Package(Record, frozen=True, kw_only=True):
    """One installed package. ``origin``: where it came from, when not from an index."""

    name: str
    version: str
    source: PackageSource = "python"
    origin: str = ""


class Interpreter(Record, frozen=True, kw_only=True):
    """One Python, or one prefix of conda, with all that is installed in it."""

    path: str
    version: str  # of Python
    kernels: tuple[str, ...]  # those that run in it, by name; the server itself is ""
    packages: tuple[Package, ...]


class Kernel(Record, frozen=True, kw_only=True):
    """A kernel that can be started."""

    name: str
    title: str
    language: str
    program: str


class Repository(Record, frozen=True, kw_only=True):
    """A Git repository of the workspace. What differs from its commit, the snapshot holds."""

    path: str  # from the top of the workspace; "": the workspace itself
    branch: str  # empty: none is checked out
    commit: str  # empty: it has none yet
    remotes: dict[str, str]  # name -> URL, without credentials


class Environment(Reading, frozen=True, kw_only=True, tag="environment"):
    """All of it at one moment."""

    taken: datetime
    interpreters: tuple[Interpreter, ...]
    kernels: tuple[Kernel, ...]
    repositories: tuple[Repository, ...]
    image: str = ""
    digest: str = ""  # repository@sha256:..., as the node runs it
    driver: str = ""  # of the GPUs
    gpus: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()  # names of the server's; never values
    notebook: str = ""  # the Notebook's spec as JSON, without values of variables
    notes: tuple[str, ...] = ()


class Changed(Record, frozen=True, kw_only=True):
    """One thing that is otherwise; empty: not there."""

    what: str  # "package", "Python", "image", ...
    name: str
    before: str
    after: str


class EnvironmentChanges(Record, frozen=True, kw_only=True):
    """What changed since a snapshot; ``notes`` say what cannot be compared."""

    since: datetime
    changes: tuple[Changed, ...]
    notes: tuple[str, ...] = ()


class Text(Reading, frozen=True, kw_only=True, tag="text"):
    """A file to keep: requirements, or a Notebook."""

    name: str
    text: str


def read(data: bytes) -> Environment | None:
    """As it was stored; None: it was not, or by another version."""
    try:
        return msgspec.json.decode(data, type=Environment) if data else None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def short(data: bytes) -> str:
    """As much as an annotation holds: packages go first, then all that is long."""
    found = read(data)
    if found is None:
        return ""
    note = "The packages are in the snapshot itself: .kfnb/environment.json."
    bare = tuple(msgspec.structs.replace(one, packages=()) for one in found.interpreters)
    for kept in (
        found,
        msgspec.structs.replace(found, interpreters=bare, notes=(*found.notes, note)),
        msgspec.structs.replace(found, interpreters=bare, notebook="", variables=(), notes=(note,)),
        msgspec.structs.replace(
            found, interpreters=bare[:1], notebook="", variables=(), kernels=(), repositories=(),
            notes=(note,),
        ),
    ):  # fmt: skip
        text = msgspec.json.encode(kept).decode()
        if len(text.encode()) <= SHORT:
            return text
    return ""


def changes(before: Environment, after: Environment) -> EnvironmentChanges:
    """What changed from one to the other."""
    found: list[Changed] = []
    for what in ("image", "digest", "driver"):
        old, new = getattr(before, what), getattr(after, what)
        if old != new and old and new:
            found.append(Changed(what=what, name="", before=old, after=new))
    then = {one.path: one for one in before.interpreters}
    now = {one.path: one for one in after.interpreters}
    for path in sorted(then.keys() | now.keys()):
        found += _interpreter(path, then.get(path), now.get(path))
    found += _differing("kernel", _programs(before), _programs(after))
    found += _differing("repository", _heads(before), _heads(after))
    return EnvironmentChanges(since=before.taken, changes=tuple(found), notes=before.notes)


def _interpreter(path: str, old: Interpreter | None, new: Interpreter | None) -> list[Changed]:
    if old is None or new is None:
        there = "" if old is None else old.version, "" if new is None else new.version
        return [Changed(what="Python", name=path, before=there[0], after=there[1])]
    found = []
    if old.version != new.version:
        found.append(Changed(what="Python", name=path, before=old.version, after=new.version))
    if old.packages and new.packages:  # a short record holds none
        found += _differing("package", _versions(old), _versions(new))
    return found


def _versions(one: Interpreter) -> dict[str, str]:
    return {package.name: package.version for package in one.packages}


def _programs(one: Environment) -> dict[str, str]:
    return {kernel.name: kernel.program for kernel in one.kernels}


def _heads(one: Environment) -> dict[str, str]:
    return {
        repository.path or ".": f"{repository.branch or 'no branch'} {repository.commit[:12]}"
        for repository in one.repositories
    }


def _differing(what: str, old: dict[str, str], new: dict[str, str]) -> list[Changed]:
    return [
        Changed(what=what, name=name, before=old.get(name, ""), after=new.get(name, ""))
        for name in sorted(old.keys() | new.keys(), key=str.lower)
        if old.get(name) != new.get(name)
    ]
