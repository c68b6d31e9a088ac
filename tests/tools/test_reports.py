"""The line at the end of ``dev.py test`` adds up what three runners report."""

import json

import pytest

from tools import reports


def test_pytest_is_counted_over_all_suites_with_errors_as_failures(tmp_path):
    suite = '<testsuite tests="7" failures="1" errors="1" skipped="2"/>'
    (tmp_path / "pytest.xml").write_text(f"<testsuites>{suite}{suite}</testsuites>")

    assert reports.pytest(tmp_path) == reports.Count(passed=6, failed=4, skipped=4)


def test_a_file_that_jest_could_not_run_is_a_failure(tmp_path):
    numbers = {"Passed": 5, "Failed": 1, "Pending": 1, "Todo": 1}
    report = {f"num{word}Tests": number for word, number in numbers.items()}
    (tmp_path / "jest.json").write_text(json.dumps(report | {"numRuntimeErrorTestSuites": 1}))

    assert reports.jest(tmp_path) == reports.Count(passed=5, failed=2, skipped=2)


def test_an_error_outside_the_browser_tests_is_a_failure(tmp_path):
    stats = {"expected": 3, "unexpected": 1, "flaky": 1, "skipped": 2}
    report = {"stats": stats, "errors": [{"message": "no browser"}]}
    (tmp_path / "browser.json").write_text(json.dumps(report))

    assert reports.playwright(tmp_path) == reports.Count(passed=3, failed=3, skipped=2)


@pytest.mark.parametrize("read", [reports.pytest, reports.jest, reports.playwright])
def test_a_report_that_is_not_there_is_no_count(tmp_path, read):
    with pytest.raises(reports.UNREADABLE):
        read(tmp_path)
