"""``dev.py test``: every check in its order, each timed, the tests of three runners counted as one.

Its one rule: a step that fails keeps no other from running, and none of them is forgotten.
"""

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import install, machine, reports, wheel

REPORTS = install.SCRATCH / "reports"
# Most tests wait for servers and clocks: four files at a time, each whole in one process, in
# their order: by default those with few tests come last, and these wait longest.
BESIDE = ("-n", "4", "--dist", "loadfile", "--no-loadscope-reorder")


@dataclass
class Result:
    """How one step ended."""

    name: str
    word: str
    seconds: float
    count: reports.Count


@dataclass(frozen=True)
class Step:
    """One step: its name, the word that selects it after --only, and what it does.

    The work returns an exit status, or None where it was left out.
    """

    name: str
    group: str
    work: Callable[[Sequence[str]], int | None]
    count: Callable[[Path], reports.Count] | None = None


def test(only: str | None, extra: Sequence[str]) -> int:
    """Installs what is missing, runs the steps, prints how they ended; the exit status."""
    machine.prepare_for_tests()
    install.tools("test")
    REPORTS.mkdir(parents=True, exist_ok=True)
    for report in REPORTS.iterdir():
        report.unlink()
    # These start a Jupyter that must show the present front end.
    needs_front_end = only in ("pytest", "browser", "wheel")
    results = [
        _take(step, extra if only else ())
        for step in STEPS
        if only in (None, step.group) or (needs_front_end and step.group == "build")
    ]
    return _summary(results)


def _take(step: Step, extra: Sequence[str]) -> Result:
    print(f"\n=== {step.name}", flush=True)
    begun = time.monotonic()
    try:
        status = step.work(() if step.group == "build" else extra)
    except (OSError, RuntimeError, ValueError, subprocess.SubprocessError) as error:
        print(f"{step.name}: {error}", flush=True)
        status = 1
    count = reports.Count()
    if step.count and status is not None:
        try:
            count = step.count(REPORTS)
        except reports.UNREADABLE as error:
            print(f"{step.name} left no report to count: {error}", flush=True)
            count, status = reports.Count(failed=1), 1
    word = {None: "skipped", 0: "ok"}.get(status, "FAILED")
    return Result(step.name, word, time.monotonic() - begun, count)


def _summary(results: Sequence[Result]) -> int:
    print("\n=== Steps")
    for result in results:
        print(f"{result.word:>8} {result.seconds:7.1f} s  {result.name}")
    for result in results:
        for failure in result.count.failures:
            print(f"  FAILED {failure}")
    passed = sum(result.count.passed for result in results)
    failed = sum(result.count.failed for result in results)
    skipped = sum(result.count.skipped for result in results)
    print(
        f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""),
        flush=True,
    )
    return int(any(result.word == "FAILED" for result in results) or failed > 0)


def _command(*command: str) -> Callable[[Sequence[str]], int]:
    def work(extra: Sequence[str]) -> int:
        return _call(*command, *extra)

    return work


def _call(*command: str, **variables: str) -> int:
    env = install.environ() | variables
    return subprocess.run(command, cwd=install.ROOT, env=env, check=False).returncode


def _build(_: Sequence[str]) -> int:
    install.front_end()
    return 0


def _browser(extra: Sequence[str]) -> int | None:
    chromium = machine.browser()
    if chromium is None:
        print("*** SKIPPED: there is no Chromium on this machine")
        return None
    return _call(
        *("jlpm", "test:browser", "--reporter=list,json", *extra),
        KFNB_CHROMIUM=chromium,
        PLAYWRIGHT_JSON_OUTPUT_NAME=str(REPORTS / "browser.json"),
    )


def _wheel(_: Sequence[str]) -> int:
    return wheel.check()


STEPS = (
    Step("ruff check", "lint", _command("ruff", "check", ".")),
    Step("ruff format", "lint", _command("ruff", "format", "--check", ".")),
    Step("mypy", "lint", _command("mypy")),
    Step("import contracts", "lint", _command("lint-imports")),
    Step("eslint", "lint", _command("jlpm", "lint:eslint")),
    Step("prettier", "lint", _command("jlpm", "lint:prettier")),
    Step("tsc", "lint", _command("jlpm", "typecheck")),
    Step(
        "jest",
        "jest",
        _command("jlpm", "test", "--json", f"--outputFile={REPORTS / 'jest.json'}"),
        reports.jest,
    ),
    Step("front-end build", "build", _build),
    Step(
        "pytest",
        "pytest",
        _command("pytest", *BESIDE, f"--junit-xml={REPORTS / 'pytest.xml'}"),
        reports.pytest,
    ),
    Step("browser tests", "browser", _browser, reports.playwright),
    Step("wheel", "wheel", _wheel),
)
GROUPS = tuple(dict.fromkeys(step.group for step in STEPS))
