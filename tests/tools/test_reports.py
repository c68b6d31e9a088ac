"""The line at the end of ``dev.py test`` adds up what three runners report."""

import json

import pytest

from tools import reports


def test_pytest_is_counted_over_all_suites_with_errors_as_failures(tmp_path):
    case = '<testcase classname="tests.a" name="b"><failure message="1 != 2&#10;more"/></testcase>'
    suite = f'<testsuite tests="7" failures="1" errors="1" skipped="2">{case}</testsuite>'
    (tmp_path / "pytest.xml").write_text(f"<testsuites>{suite}{suite}</testsuites>")

    told = ["tests.a::b: 1 != 2"] * 2
    assert reports.pytest(tmp_path) == reports.Count(6, failed=4, skipped=4, failures=told)


def test_a_file_that_jest_could_not_run_is_a_failure(tmp_path):
    numbers = {"Passed": 5, "Failed": 1, "Pending": 1, "Todo": 1}
    report = {f"num{word}Tests": number for word, number in numbers.items()}
    broken = {"status": "failed", "fullName": "a b", "failureMessages": ["Error: no\n at x"]}
    whole = {"status": "passed", "fullName": "a c", "failureMessages": []}
    files = [{"assertionResults": [broken, whole]}]
    more = {"numRuntimeErrorTestSuites": 1, "testResults": files}
    (tmp_path / "jest.json").write_text(json.dumps(report | more))

    told = ["a b: Error: no"]
    assert reports.jest(tmp_path) == reports.Count(5, failed=2, skipped=2, failures=told)


def test_an_error_outside_the_browser_tests_is_a_failure(tmp_path):
    stats = {"expected": 3, "unexpected": 1, "flaky": 1, "skipped": 2}
    results = [{"errors": [{"message": "\x1b[31mError: not seen\x1b[39m\n\nlog"}]}]
    broken = {"status": "unexpected", "results": results}
    whole = {"status": "expected", "results": [{"errors": []}]}
    spec = {"file": "a.spec.ts", "line": 7, "title": "it is seen", "tests": [broken, whole]}
    suites = [{"suites": [{"specs": [spec]}]}]
    report = {"stats": stats, "errors": [{"message": "no browser"}], "suites": suites}
    (tmp_path / "browser.json").write_text(json.dumps(report))

    told = ["browser tests: no browser", "a.spec.ts:7 it is seen: Error: not seen"]
    assert reports.playwright(tmp_path) == reports.Count(3, failed=3, skipped=2, failures=told)


@pytest.mark.parametrize("read", [reports.pytest, reports.jest, reports.playwright])
def test_a_report_that_is_not_there_is_no_count(tmp_path, read):
    with pytest.raises(reports.UNREADABLE):
        read(tmp_path)
