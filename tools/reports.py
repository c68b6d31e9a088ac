"""How many tests ended how: from the report that each runner leaves, never from what it prints."""

import json
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What reading a report that is not there, or not whole, raises.
UNREADABLE = (OSError, LookupError, ValueError, ET.ParseError)


@dataclass
class Count:
    """The tests of one runner."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0


def pytest(folder: Path) -> Count:
    """Reads pytest.xml; an error outside a test counts as a failure."""
    suites = list(ET.parse(folder / "pytest.xml").iter("testsuite"))

    def total(name: str) -> int:
        return sum(int(suite.get(name, 0)) for suite in suites)

    failed, skipped = total("failures") + total("errors"), total("skipped")
    return Count(max(0, total("tests") - failed - skipped), failed, skipped)


def jest(folder: Path) -> Count:
    """Reads jest.json; a file that could not be run counts as a failure."""
    report = _json(folder / "jest.json")
    failed = report["numFailedTests"] + report["numRuntimeErrorTestSuites"]
    skipped = report["numPendingTests"] + report["numTodoTests"]
    return Count(report["numPassedTests"], failed, skipped)


def playwright(folder: Path) -> Count:
    """Reads browser.json; an error outside a test counts as a failure, and so does a flaky test."""
    report = _json(folder / "browser.json")
    stats = report["stats"]
    failed = stats["unexpected"] + stats["flaky"] + len(report["errors"])
    return Count(stats["expected"], failed, stats["skipped"])


def _json(file: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(file.read_text())
    return report
