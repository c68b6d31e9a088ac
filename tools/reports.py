"""How many tests ended how: from the report that each runner leaves, never from what it prints."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# What reading a report that is not there, or not whole, raises.
UNREADABLE = (OSError, LookupError, ValueError, ET.ParseError)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Count:
    """The tests of one runner."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)  # its name, and what its error says first


def pytest(folder: Path) -> Count:
    """Reads pytest.xml; an error outside a test counts as a failure."""
    root = ET.parse(folder / "pytest.xml").getroot()
    suites = list(root.iter("testsuite"))

    def total(name: str) -> int:
        return sum(int(suite.get(name, 0)) for suite in suites)

    failed, skipped = total("failures") + total("errors"), total("skipped")
    failures = [
        _told(f"{case.get('classname')}::{case.get('name')}", one.get("message") or "")
        for case in root.iter("testcase")
        for one in case
        if one.tag in ("failure", "error")
    ]
    return Count(max(0, total("tests") - failed - skipped), failed, skipped, failures)


def jest(folder: Path) -> Count:
    """Reads jest.json; a file that could not be run counts as a failure."""
    report = _json(folder / "jest.json")
    failed = report["numFailedTests"] + report["numRuntimeErrorTestSuites"]
    skipped = report["numPendingTests"] + report["numTodoTests"]
    failures = [
        _told(test["fullName"], "\n".join(test["failureMessages"]))
        for file in report.get("testResults", ())
        for test in file["assertionResults"]
        if test["status"] == "failed"
    ]
    return Count(report["numPassedTests"], failed, skipped, failures)


def playwright(folder: Path) -> Count:
    """Reads browser.json; an error outside a test counts as a failure, and so does a flaky test."""
    report = _json(folder / "browser.json")
    stats = report["stats"]
    failed = stats["unexpected"] + stats["flaky"] + len(report["errors"])
    failures = [_told("browser tests", error["message"]) for error in report["errors"]]
    for suite in report.get("suites", ()):
        failures += _broken(suite)
    return Count(stats["expected"], failed, stats["skipped"], failures)


def _broken(suite: dict[str, Any]) -> Iterator[str]:
    """The tests of a file, and of what it groups, that did not pass at once."""
    for spec in suite.get("specs", ()):
        for test in spec["tests"]:
            if test["status"] in ("unexpected", "flaky"):
                errors = [e["message"] for r in test["results"] for e in r["errors"]]
                yield _told(f"{spec['file']}:{spec['line']} {spec['title']}", "\n".join(errors))
    for inner in suite.get("suites", ()):
        yield from _broken(inner)


def _told(name: str, error: str) -> str:
    """A failure on one line."""
    first = next(iter(_COLOURS.sub("", error).strip().splitlines()), "")
    return f"{name}: {first[:200]}" if first else name


def _json(file: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(file.read_text())
    return report
