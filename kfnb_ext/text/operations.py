"""Operations and their progress as text.

Rule: a total that is not known yet is not invented: no percent then, only what is done.
"""

from datetime import datetime

from kfnb_ext.model.operations import Operation
from kfnb_ext.text import tables, units


def text(operations: tuple[Operation, ...], now: datetime) -> str:
    """All operations as a table, newest first."""
    if not operations:
        return "No operation runs, and none has ended within the last hour."
    rows = [
        (
            units.moment(one.started, now),
            one.state,
            units.plain(one.title),
            f"{one.owner.face} of {units.plain(one.owner.user)}",
            _outcome(one),
        )
        for one in operations
    ]
    return tables.table(("STARTED", "STATE", "OPERATION", "BY", "RESULT"), rows)


def line(one: Operation, now: datetime) -> str:
    """One operation on one line."""
    since = units.moment(one.started, now)
    return (
        f"{units.plain(one.title)}, by the {one.owner.face}, {since}: {one.state}, {_outcome(one)}"
    )


def progress(one: Operation, rate: float | None) -> str:
    """How far it is: phase, percent, amount, rate in units a second (None: not known)."""
    parts = [units.plain(one.phase) or "working"]
    if one.cancel_requested:
        parts = ["stopping"]
    if one.total:
        # Work that grew while it was done must not be said to be more than all of it.
        parts.append(f"{min(99, int(100 * one.done / one.total))} %")
    parts += [_amount(one)] if one.done or one.total else []
    if rate:
        each = units.size(rate) if one.unit == "bytes" else f"{rate:,.0f} files"
        parts.append(f"{each}/s")
        if one.total and one.total > one.done:
            parts.append(f"{units.span((one.total - one.done) / rate + 1)} left")
    return "  ".join(parts)


def _amount(one: Operation) -> str:
    if one.unit == "files":
        return f"{one.done:,} of {one.total:,} files" if one.total else f"{one.done:,} files"
    return (
        units.share(one.done, one.total).partition(" (")[0] if one.total else units.size(one.done)
    )


def _outcome(one: Operation) -> str:
    return progress(one, None) if one.state == "running" else units.plain(one.message)
