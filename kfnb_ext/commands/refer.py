"""What the words of a command refer to: an id or its beginning, a path.

Rule: a word refers to exactly one thing or is refused; nothing is guessed.
"""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from kfnb_ext import errors
from kfnb_ext.assembly import Pod
from kfnb_ext.model import snapshots


def snapshot(pod: Pod, engine: str, word: str) -> str:
    """The id of the one snapshot meant by ``word``. Raises: BadRequest, NotFound."""
    found = pod.snapshots.engine(engine).list()
    if word == "latest":
        own = next((one for one in found if one.reason in ("manual", "schedule")), None)
        if own is None:
            raise errors.NotFound(
                "There is no snapshot that you have taken, so none is the latest.",
                "Take one with `kfnb snapshot create`.",
            )
        return own.id
    hint = "`kfnb snapshot list` shows those there are."
    if named := [one.id for one in found if one.name == word]:
        hint = f"Name it by its ID: the one of that name is {named[0]}."
    return _one(word, (one.id for one in found), "snapshot", hint)


def restore(pod: Pod, word: str | None) -> snapshots.Restore:
    """The restore meant by ``word``; without: the last that is not undone. Raises: NotFound."""
    # A notebook that was made beside this one is removed, not taken back.
    found = tuple(one for one in pod.snapshots.list().restores if one.way != "new_notebook")
    if word is not None:
        hint = "`kfnb snapshot list` shows those that can be undone."
        chosen = _one(word, (one.id for one in found), "restore", hint)
        return next(one for one in found if one.id == chosen)
    # An undo is a restore as well, but "undo" twice goes further back and not forth again.
    last = next((one for one in found if not one.undone and not one.undo_of), None)
    if last is None:
        redo = next((one for one in found if not one.undone), None)
        raise errors.NotFound(
            "There is no restore to take back. Nothing was changed.",
            f"To take back the last undo: `kfnb snapshot undo {redo.id}`." if redo else "",
        )
    return last


def _one(word: str, ids: Iterable[str], kind: str, hint: str) -> str:
    fitting = [one for one in ids if one.startswith(word)] if _may_be_id(word) else []
    if word in fitting or len(fitting) == 1:
        return word if word in fitting else fitting[0]
    if fitting:
        some = ", ".join(fitting[:3]) + (", ..." if len(fitting) > 3 else "")
        raise errors.BadRequest(
            f"{len(fitting)} {kind}s begin with {word!r}: {some}. Nothing was changed.",
            "Give more of the ID.",
        )
    raise errors.NotFound(f"There is no {kind} {short(word)}. Nothing was changed.", hint)


def _may_be_id(word: str) -> bool:
    return len(word) <= 128 and re.match(snapshots.ID, word) is not None


def short(word: str) -> str:
    """The word in quotes, cut when it is long."""
    return repr(word if len(word) <= 80 else word[:80] + "...")


def name(word: str) -> str:
    """A name for a snapshot. Raises: BadRequest."""
    if len(word) > 200:
        raise errors.BadRequest(
            f"The name has {len(word):,} characters. Nothing was changed.",
            "Choose one of at most 200.",
        )
    if not word.isprintable():
        raise errors.BadRequest(
            f"The name {short(word)} has characters that cannot be shown. Nothing was changed.",
            "Use printable text on one line.",
        )
    return word


def paths(words: Sequence[str], workspace: Path) -> tuple[str, ...]:
    """The paths from the top of the workspace; none: the whole. Raises: BadRequest."""
    found = tuple(dict.fromkeys(_path(word, str(workspace)) for word in words))
    return () if "" in found else found


def _path(word: str, root: str) -> str:
    if not word or not is_path(word):
        raise _outside(word, root)
    if word.startswith("~/"):  # in a notebook no shell has replaced it
        word = os.path.expanduser(word)
    if word.startswith("/"):
        inside = _inside(word, root)
    elif word in (".", "..") or word.startswith(("./", "../")):
        inside = _inside(os.path.join(_here(word), word), root)
    else:
        inside = _inside(os.path.join(root, word), root)
    if inside is None:
        raise _outside(word, root)
    # Text of a name that is not UTF-8 is one form, and the engine's.
    from kfnb_ext.engines.local import names

    return names.text(inside)


def is_path(word: str) -> bool:
    """Whether the system takes it for a path: text of a notebook may hold what no name can."""
    try:
        return b"\0" not in os.fsencode(word)
    except UnicodeError:
        return False


def _here(word: str) -> str:
    try:
        return os.getcwd()
    except OSError as error:
        raise errors.BadRequest(
            f"The current folder is not there any more, and {short(word)} counts from it. "
            "Nothing was changed.",
            "Give the path from the top of the workspace, or change to a folder that is there.",
        ) from error


def _inside(path: str, root: str) -> str | None:
    """The part below ``root``, also when the path leads there through a link."""
    parent, last = os.path.split(os.path.normpath(path))
    for folder in (parent, os.path.realpath(parent)):
        whole = os.path.normpath("/" + os.path.join(folder, last).lstrip("/"))
        if whole == root:
            return ""
        if whole.startswith(root.rstrip("/") + "/"):
            return whole[len(root.rstrip("/")) + 1 :]
    return None


def _outside(word: str, root: str) -> errors.BadRequest:
    return errors.BadRequest(
        f"{short(word)} is not a path inside the workspace {root}. Nothing was changed.",
        "Give it from the top of the workspace, like data/table.csv; ./x counts from here.",
    )


def way(word: str) -> snapshots.RestoreWay:
    """How whole volumes are restored, by the word for it."""
    ways: dict[str, snapshots.RestoreWay] = {
        "new-notebook": "new_notebook",
        "data-volume": "data_volume",
    }
    return ways.get(word, "in_place")
