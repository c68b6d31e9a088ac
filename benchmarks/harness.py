"""What the benchmarks share: pairs in one run, medians and their spread, ratios, aims.

Rule: what is compared is measured in turn, in one run, and the turn changes its order each time, so
that a slow moment of the machine meets all of them. Compare the lines of one run; no figure alone
says anything about another machine.
"""

import argparse
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Measures = dict[str, float]
Found = dict[str, dict[str, list[float]]]  # by case, then by measure


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser with what every benchmark knows."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few rounds: to see that it runs")
    return parser


def in_turn(cases: Mapping[str, Callable[[], Measures]], rounds: int) -> Found:
    """Measure each case once in each round, every second round in the other direction."""
    found: Found = {name: {} for name in cases}
    for number in range(rounds):
        order = list(cases)[:: -1 if number % 2 else 1]
        for name in order:
            for measure, value in cases[name]().items():
                found[name].setdefault(measure, []).append(value)
    return found


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share (0..1) of all lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float], unit: str = "") -> str:
    """The median, and the range in which all lie."""
    middle = statistics.median(values)
    return f"{middle:9.2f} {unit:4} ({min(values):.2f} to {max(values):.2f}, n={len(values)})"


def added(found: Found, case: str, base: str, measure: str) -> float:
    """The median of what a case adds to its base, pair by pair."""
    pairs = zip(found[case][measure], found[base][measure], strict=True)
    return statistics.median(one - other for one, other in pairs)


def ratio(found: Found, case: str, base: str, measure: str, base_measure: str = "") -> float:
    """The median of a case over its base, pair by pair."""
    pairs = zip(found[case][measure], found[base][base_measure or measure], strict=True)
    return statistics.median(one / other for one, other in pairs)


@dataclass
class Aims:
    """What was aimed at, and whether it holds."""

    missed: list[str] = field(default_factory=list)

    def at_most(self, what: str, value: float, limit: float, unit: str = "") -> None:
        """Note one aim, and print it."""
        holds = value <= limit
        if not holds:
            self.missed.append(what)
        word = "holds " if holds else "MISSED"
        print(f"  {word}  {what}: {value:.2f} {unit}, aim at most {limit:g} {unit}".rstrip())

    def none_of(self, what: str, found: Sequence[str]) -> None:
        """Note that something must not be there at all."""
        if found:
            self.missed.append(what)
        print(f"  {'MISSED' if found else 'holds '}  {what}: {', '.join(found) or 'none'}")

    def status(self) -> int:
        """The exit status: 1 when an aim was missed."""
        print(f"\n{len(self.missed)} aims missed" + "".join(f"\n  {one}" for one in self.missed))
        return int(bool(self.missed))
