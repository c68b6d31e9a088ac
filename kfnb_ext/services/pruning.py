"""Deletes several snapshots, one after another.

Rule: whatever ends it amid them, what it says counts those that are gone.
"""

from kfnb_ext import errors
from kfnb_ext.engines import base


def delete(engine: base.Engine, snapshots: tuple[str, ...], progress: base.Progress) -> str:
    """Delete them; a sentence that says so. Raises: what a delete raises, in these words."""
    for done, snapshot in enumerate(snapshots):
        try:
            engine.delete(snapshot, progress)
        except errors.NotFound:  # somebody else has just deleted it
            continue
        except errors.Cancelled as error:
            raise errors.Cancelled(_before(done) or error.message) from error
        except errors.KfnbError as error:
            before = _before(done)
            raise type(error)(f"{error.message} {before}".rstrip(), error.hint) from error
    return f"{_count(len(snapshots))} deleted."


def _before(done: int) -> str:
    if not done:
        return ""
    return f"Stopped amid them: {_count(done)} deleted, the others are as before."


def _count(number: int) -> str:
    return "1 snapshot is" if number == 1 else f"{number} snapshots are"
