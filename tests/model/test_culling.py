"""Who culls, whether he looks, and when the pod stops: pure rules."""

from datetime import datetime, timedelta, timezone

import msgspec
import pytest

from kfnb_ext.model import culling, stopping
from kfnb_ext.model.activity import Activity
from kfnb_ext.model.culling import Looks

NOW = datetime(2026, 11, 20, 22, 0, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("environment", "forced", "culler", "namespace", "name"),
    [
        ({"NB_PREFIX": "/notebook/team-a/my-nb"}, "auto", "kubeflow", "team-a", "my-nb"),
        ({"NB_PREFIX": "/notebook/team-a/my-nb/"}, "auto", "kubeflow", "team-a", "my-nb"),
        ({"NB_PREFIX": "/notebook/team-a/my-nb"}, "openshift", "openshift", "team-a", "my-nb"),
        ({"NB_PREFIX": "/notebook/team-a/my-nb"}, "off", "off", "team-a", "my-nb"),
        (
            {"NB_PREFIX": "/workspace/connect/team-a/ws/jupyterlab/"},
            "auto", "workspaces", "team-a", "ws",
        ),
        ({"JUPYTERHUB_ACTIVITY_URL": "http://hub"}, "auto", "hub", None, None),
        ({}, "auto", "unknown", None, None),
        ({"NB_PREFIX": "/notebook/a"}, "auto", "unknown", None, None),
        ({"NB_PREFIX": "/notebook/a/b/c"}, "auto", "unknown", None, None),
        ({}, "kubeflow", "kubeflow", None, None),
    ],
)  # fmt: skip
def test_the_environment_tells_where_the_pod_belongs(
    environment: dict[str, str], forced: str, culler: str, namespace: str | None, name: str | None
):
    found = culling.identify(environment, forced)

    assert (found.culler, found.namespace, found.name) == (culler, namespace, name)


def looks(*minutes: float, started: float = 600, **more: object) -> Looks:
    """Looks so many minutes ago."""
    return Looks(
        started=NOW - timedelta(minutes=started),
        kernels=tuple(NOW - timedelta(minutes=m) for m in minutes),
        **more,  # type: ignore[arg-type]
    )


def test_openshifts_culler_is_known_by_looking_at_terminals_too():
    kubeflow = culling.identify({"NB_PREFIX": "/notebook/a/b"})

    assert culling.who(kubeflow, looks(1)) == "kubeflow"
    assert culling.who(kubeflow, looks(1, terminals=True)) == "openshift"
    assert culling.who(kubeflow, looks(1, terminals=True), "kubeflow") == "kubeflow"


@pytest.mark.parametrize(
    ("seen", "sight"),
    [
        (looks(3, 2, 1), "looks"),
        (looks(20, 15, 10, 5), "looks"),
        (looks(31, 30.5, 30), "stopped"),
        (looks(started=5), "not_yet"),
        (looks(started=11), "never"),
        (looks(started=5, checks_elsewhere=True), "cannot_reach"),
        (looks(31, 30, checks_elsewhere=True), "cannot_reach"),
        (looks(2, 1, refused=True), "refused"),
        (looks(31, 30, asked_to_wait=NOW + MINUTE), "looks"),
        (looks(started=31, asked_to_wait=NOW - MINUTE), "not_yet"),
    ],
)
def test_whether_the_culler_looks_is_seen_from_its_own_requests(seen: Looks, sight: str):
    assert culling.sight("kubeflow", seen, NOW) == sight
    assert culling.sight("hub", seen, NOW) == "not_asked"


def test_who_is_stopped_early_is_not_waited_for_as_long():
    assert culling.unseen(None) == culling.unseen(HOUR) == 10 * MINUTE
    assert culling.unseen(9 * MINUTE) == 3 * MINUTE
    assert culling.unseen(MINUTE) == 2 * MINUTE
    seen = looks(started=4)
    assert culling.sight("kubeflow", seen, NOW, culling.unseen(9 * MINUTE)) == "never"


def test_one_late_look_does_not_move_the_period():
    assert culling.period(looks(9, 8, 7, 3, 2, 1)) == MINUTE
    assert culling.period(looks(1)) is None


def verdict(in_use: bool, minutes: float = 0) -> Activity:
    last = NOW - timedelta(minutes=minutes)
    return Activity(in_use=in_use, since=last, last_use=last, reasons=())


def test_an_idle_notebook_is_stopped_after_the_time_that_the_administrator_told():
    found = stopping.forecast(verdict(False, 20), HOUR, "looks", MINUTE, NOW)

    assert found.known
    assert found.stops_at == NOW + timedelta(minutes=40)
    assert "1 h without use" in found.text


def test_what_is_overdue_stops_now_and_not_in_the_past():
    assert stopping.forecast(verdict(False, 90), HOUR, "looks", MINUTE, NOW).stops_at == NOW


def test_while_it_is_used_it_is_not_stopped():
    found = stopping.forecast(verdict(True), HOUR, "looks", MINUTE, NOW)

    assert (found.stops_at, found.known) == (None, True)
    assert "not stopped while it is used" in found.text


def test_without_the_administrators_time_there_is_no_countdown():
    found = stopping.forecast(verdict(False, 20), None, "looks", MINUTE, NOW)

    assert (found.stops_at, found.known) == (None, False)
    assert "KFNB_CULL_IDLE_MINUTES" in found.hint


@pytest.mark.parametrize("seen", ["never", "stopped"])
def test_where_nobody_looks_there_is_no_countdown(seen: culling.Sight):
    found = stopping.forecast(verdict(False, 20), HOUR, seen, None, NOW)

    assert (found.stops_at, found.known) == (None, False)


def test_a_culler_that_cannot_reach_the_notebook_still_stops_it():
    found = stopping.forecast(verdict(False, 20), HOUR, "cannot_reach", None, NOW)

    assert found.stops_at == NOW + timedelta(minutes=40)


@pytest.mark.parametrize("seen", ["cannot_reach", "refused"])
@pytest.mark.parametrize("in_use", [True, False])
def test_a_culler_that_learns_of_no_use_at_all_is_not_said_to_wait(
    seen: culling.Sight, in_use: bool
):
    found = stopping.forecast(verdict(in_use, 20), HOUR, seen, MINUTE, NOW, told=False)

    assert (found.stops_at, found.known) == (None, False)
    assert "may stop the notebook while it is used" in found.text
    assert found.hint == culling.SEEN[seen][1]


def test_each_warning_is_due_once_and_those_missed_are_one():
    due = stopping.due
    assert due(None, (15, 5), NOW, frozenset()) is None
    assert due(NOW + timedelta(minutes=16), (15, 5), NOW, frozenset()) is None
    assert due(NOW + timedelta(minutes=15), (15, 5), NOW, frozenset()) == 15
    assert due(NOW + timedelta(minutes=14), (15, 5), NOW, frozenset({15})) is None
    assert due(NOW + timedelta(minutes=4), (15, 5), NOW, frozenset()) == 5
    assert due(NOW + timedelta(minutes=4), (15, 5), NOW, frozenset({5, 15})) is None


def test_after_a_start_of_which_nothing_before_is_known_there_is_no_countdown():
    unknown = msgspec.structs.replace(verdict(False, 600), known=False)
    found = stopping.forecast(unknown, HOUR, "looks", MINUTE, NOW)

    assert (found.stops_at, found.known) == (None, False)
    assert "not known" in found.text


def rule(**more: object) -> culling.Rule:
    return culling.Rule(**{"idle_seconds": 3600.0, **more})  # type: ignore[arg-type]


def test_notebooks_2_pauses_by_the_rule_that_the_workspace_shows():
    found = stopping.pause(rule(eligible=NOW), verdict(False, 20), NOW)
    assert (found.known, found.stops_at) == (True, NOW + timedelta(minutes=40))
    assert "at the next look" in found.text

    later = NOW + timedelta(hours=2)
    assert stopping.pause(rule(eligible=later), verdict(False, 20), NOW).stops_at == later
    assert stopping.pause(rule(eligible=NOW), verdict(False, 90), NOW).stops_at == NOW


@pytest.mark.parametrize(
    ("shown", "used", "text"),
    [
        (rule(), True, "not paused while it is used; 1 h after that"),
        (rule(idle_seconds=None), False, "No rule of the cluster pauses"),
        (rule(failed="no such command."), False, "While its looks fail"),
    ],
)
def test_in_which_case_notebooks_2_does_not_pause_it(shown: culling.Rule, used: bool, text: str):
    found = stopping.pause(shown, verdict(used, 90), NOW)

    assert (found.known, found.stops_at) == (True, None)
    assert text in found.text
