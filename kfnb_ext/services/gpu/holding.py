"""Who holds a GPU, how much of it, and since when for nothing.

Rule: pure but for what was seen before. What a framework says of itself only fills what the driver
leaves open, and is called a lower bound; what cannot be measured is never called idle.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeVar

import msgspec

from kfnb_ext.model.gpu import (
    IDLE,
    Framework,
    FrameworkUse,
    Gpu,
    GpuConfidence,
    GpuHolder,
    GpuProcess,
    Gpus,
    MigSlice,
)

NO_WORK_SEEN = "Whether it computes cannot be measured here."
Target = TypeVar("Target", Gpu, MigSlice)
Key = tuple[str, str]
replace = msgspec.structs.replace


def merge(reading: Gpus, uses: Mapping[int, FrameworkUse]) -> Gpus:
    """The reading with what frameworks know, and summed up for each holder."""
    targets = sum(len(one.slices) or 1 for one in reading.gpus)
    gpus = []
    for one in reading.gpus:
        # Of a slice, some versions of a framework tell the UUID of the GPU it was cut from.
        known = (one.uuid,) if len(one.slices) == 1 else ()
        slices = tuple(_filled(s, uses, targets, s.uuid, *known) for s in one.slices)
        gpus.append(_filled(replace(one, slices=slices), uses, targets, one.uuid))
    return replace(reading, gpus=tuple(gpus), holders=tuple(_holders(gpus, uses)))


def _filled(target: Target, uses: Mapping[int, FrameworkUse], targets: int, *uuids: str) -> Target:
    found = tuple(_said(p, uses.get(p.pid), uuids, targets) for p in target.processes)
    return replace(target, processes=found)


def _said(
    one: GpuProcess, use: FrameworkUse | None, uuids: tuple[str, ...], targets: int
) -> GpuProcess:
    if one.memory is not None or use is None or use.start_ticks not in (None, one.start_ticks):
        return one
    here = [f for f in use.frameworks if _is_of(f, uuids, targets)]
    if not here:
        return one
    memory = sum(f.allocated if f.reserved is None else f.reserved for f in here)
    missing = {name: why for name, why in one.missing.items() if name != "memory"}
    return replace(one, memory=memory, confidence="lower_bound", missing=missing)


def _is_of(one: Framework, uuids: tuple[str, ...], targets: int) -> bool:
    return targets == 1 if one.uuid is None else any(uuid.endswith(one.uuid) for uuid in uuids)


def _holders(gpus: Iterable[Gpu], uses: Mapping[int, FrameworkUse]) -> list[GpuHolder]:
    groups: dict[Key, list[GpuProcess]] = {}
    for one in gpus:
        for process in (*one.processes, *(p for s in one.slices for p in s.processes)):
            groups.setdefault(key(process), []).append(process)
    found = [_holder(group, uses) for group in groups.values()]
    return sorted(found, key=lambda h: (-(h.memory or 0), h.name))


def key(process: GpuProcess) -> Key:
    """Whom a process belongs to: a kernel, or itself."""
    own = process.holder != "kernel"
    return process.holder, str(process.pid) if own else process.source or ""


def _holder(group: list[GpuProcess], uses: Mapping[int, FrameworkUse]) -> GpuHolder:
    first = group[0]
    known = [p.memory for p in group if p.memory is not None]
    shares = [p.utilisation for p in group if p.utilisation is not None]
    complete = len(known) == len(group)
    unknown = {k: v for p in group for k, v in p.missing.items()}
    frameworks: list[Framework] = []
    for pid in dict.fromkeys(p.pid for p in group):
        frameworks += uses[pid].frameworks if pid in uses else ()
    confidence: GpuConfidence = "exact"
    if not complete or any(p.confidence != "exact" for p in group):
        confidence = "lower_bound" if known else "unknown"
    return GpuHolder(
        kind=first.holder,
        source=first.source,
        name=first.name or first.command,
        pids=tuple(dict.fromkeys(p.pid for p in group)),
        memory=sum(known) if known else None,
        confidence=confidence,
        utilisation=max(shares, default=None),
        frameworks=tuple(frameworks),
        visible_devices=first.visible_devices,
        idle_since=None,
        missing=unknown,
    )


class Idle:
    """Remembers since when what is held was not seen to compute."""

    def __init__(self) -> None:
        self._since: dict[str | Key, datetime] = {}

    def seed(self, earlier: Gpus) -> None:
        """Take over what another has seen: a shell asks once, its server has asked all along."""
        held = {one.uuid: one.held_idle_since for one in earlier.gpus}
        held |= {part.uuid: part.held_idle_since for one in earlier.gpus for part in one.slices}
        found = {_who(one): one.idle_since for one in earlier.holders}
        for seen in (held, found):
            self._since.update({what: at for what, at in seen.items() if at is not None})

    def mark(self, reading: Gpus) -> Gpus:
        """The reading with the times since when each GPU, slice and holder is held but idle."""
        taken = reading.taken
        if taken is None:
            return reading
        before, self._since = self._since, {}
        busy: dict[Key, bool | None] = {}
        gpus = []
        for one in reading.gpus:
            slices = tuple(self._target(s, _slice_works(s), before, taken) for s in one.slices)
            works = _gpu_works(one)
            gpus.append(self._target(replace(one, slices=slices), works, before, taken))
            for process in one.processes:
                _note(busy, process, works)
            for part in one.slices:
                for process in part.processes:
                    _note(busy, process, _slice_works(part))
        holders = tuple(self._holder(h, busy, before, taken) for h in reading.holders)
        return replace(reading, gpus=tuple(gpus), holders=holders)

    def _target(
        self, one: Target, works: bool | None, before: Mapping[str | Key, datetime], now: datetime
    ) -> Target:
        if not one.processes:
            return one
        if works is None:
            return replace(one, missing={**one.missing, "held_idle_since": NO_WORK_SEEN})
        return one if works else replace(one, held_idle_since=self._keep(one.uuid, before, now))

    def _holder(
        self,
        one: GpuHolder,
        busy: Mapping[Key, bool | None],
        before: Mapping[str | Key, datetime],
        now: datetime,
    ) -> GpuHolder:
        who = _who(one)
        works = busy.get(who)
        if works is None:
            return replace(one, missing={**one.missing, "idle_since": NO_WORK_SEEN})
        return one if works else replace(one, idle_since=self._keep(who, before, now))

    def _keep(
        self, what: str | Key, before: Mapping[str | Key, datetime], now: datetime
    ) -> datetime:
        self._since[what] = before.get(what, now)
        return self._since[what]


def _who(one: GpuHolder) -> Key:
    return one.kind, (one.source or "") if one.kind == "kernel" else str(one.pids[0])


def _note(busy: dict[Key, bool | None], process: GpuProcess, device: bool | None) -> None:
    """A process works when it was seen to; it does not when nothing on its GPU does."""
    works: bool | None = None
    if process.utilisation is not None:
        works = process.utilisation > IDLE
    elif device is False:
        works = False
    who = key(process)
    known = busy.get(who, False)
    busy[who] = True if works or known else None if works is None or known is None else False


def _gpu_works(one: Gpu) -> bool | None:
    if one.slices:
        parts = [_slice_works(part) for part in one.slices]
        return True if True in parts else None if None in parts else False
    shares = [one.utilisation, *(p.utilisation for p in one.processes)]
    shares += [one.activity.graphics, one.activity.sm] if one.activity else []
    return _any(shares)


def _slice_works(one: MigSlice) -> bool | None:
    return _any([one.activity.graphics, one.activity.sm] if one.activity else [])


def _any(shares: list[float | None]) -> bool | None:
    known = [share for share in shares if share is not None]
    return max(known) > IDLE if known else None
