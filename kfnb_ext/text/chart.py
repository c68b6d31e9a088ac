"""A cell's memory and work on a GPU as a small drawing.

Rule: plain SVG without a script or a colour of its own for text, so that it is shown in every
notebook, also once it is saved and opened elsewhere.
"""

from collections.abc import Iterable
from html import escape

from kfnb_ext.model.gpu import GpuCell, GpuCellUse
from kfnb_ext.text import units

WIDTH, HEIGHT, GAP, TEXT = 480, 60, 6, 14
MEMORY, WORK = "#1976d2", "#f57c00"


def svg(record: GpuCell) -> str:
    """One band for each GPU or slice: memory as an area, work as a line."""
    bands = [_band(one, record.seconds, place) for place, one in enumerate(record.gpus)]
    height = len(bands) * (HEIGHT + TEXT + GAP)
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    inside = "".join(bands)
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}>{inside}</svg>'


def _band(one: GpuCellUse, seconds: float, place: int) -> str:
    top = one.memory_total or max((p.memory or 0 for p in one.points), default=0) or 1
    memory = [(p.at, p.memory / top) for p in one.points if p.memory is not None]
    work = [(p.at, p.share) for p in one.points if p.share is not None]
    peak = f"memory, peak {units.size(one.peak)}" if one.peak is not None else ""
    mean = f"busy {units.percent(one.share_mean)}" if one.share_mean is not None else ""
    words = f"{one.name}: {', '.join(filter(None, (peak, mean)))}"
    y = place * (HEIGHT + TEXT + GAP)
    label = (
        f'<text x="0" y="{TEXT - 3}" font-size="11" font-family="sans-serif" '
        f'fill="gray">{escape(words)}</text>'
    )
    area = _path(memory, seconds)
    parts = [f'<g transform="translate(0 {y})"><title>{escape(words)}</title>{label}']
    frame = f'<rect y="{TEXT}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="gray"'
    parts.append(f'{frame} stroke-opacity=".4"/>')
    if area:
        first, last = _x(memory[0][0], seconds), _x(memory[-1][0], seconds)
        base = TEXT + HEIGHT
        closed = f"{area}L{last:.1f} {base}L{first:.1f} {base}Z"
        parts.append(f'<path d="{closed}" fill="{MEMORY}" fill-opacity=".25"/>')
        parts.append(f'<path d="{area}" fill="none" stroke="{MEMORY}"/>')
    if work:
        parts.append(f'<path d="{_path(work, seconds)}" fill="none" stroke="{WORK}"/>')
    return "".join([*parts, "</g>"])


def _x(at: float, seconds: float) -> float:
    return WIDTH * min(1.0, at / seconds) if seconds else 0.0


def _path(points: Iterable[tuple[float, float]], seconds: float) -> str:
    steps = [
        f"{_x(at, seconds):.1f} {TEXT + HEIGHT * (1 - min(1.0, value)):.1f}" for at, value in points
    ]
    return "M" + "L".join(steps) if steps else ""
