"""The table of a restore's phases, whole: each phase with each event."""

from datetime import timedelta
from itertools import product
from typing import get_args

import pytest

from kfnb_ext import errors, state
from kfnb_ext.engines.csi import journal, keys, provisioning
from kfnb_ext.engines.csi.journal import Event, Journal, Phase
from tests.engines.csi_pod import START

PHASES, EVENTS = get_args(Phase), get_args(Event)


def at(phase: Phase) -> Journal:
    return Journal(
        id="20261125-120000-abc123", phase=phase, way="in_place", snapshot="s", switches=(),
        owner=state.myself("server"), began=START, changed=START,
    )  # fmt: skip


@pytest.mark.parametrize(("phase", "event"), list(product(PHASES, EVENTS)))
def test_an_event_leads_where_the_table_says_or_is_refused(phase: Phase, event: Event):
    later = START + timedelta(seconds=1)
    wanted = journal.TABLE.get((phase, event))
    if wanted is None:
        with pytest.raises(errors.Conflict):
            journal.after(at(phase), event, later)
        return
    assert journal.after(at(phase), event, later).phase == wanted
    assert journal.after(at(phase), event, later).changed == later


def test_nothing_follows_on_an_end_and_each_other_phase_leads_to_one():
    after = {phase: {b for (a, _), b in journal.TABLE.items() if a == phase} for phase in PHASES}

    assert not any(after[phase] for phase in journal.ENDED)
    reached = set(journal.ENDED)
    for _ in PHASES:
        reached |= {phase for phase in PHASES if after[phase] & reached}
    assert reached == set(PHASES)


def test_only_before_the_exchange_can_a_restore_be_given_up_and_only_after_it_go_back():
    aborted = {phase for phase, event in journal.TABLE if event == "abort"}
    assert aborted == set(journal.BEFORE)
    assert {phase for phase, event in journal.TABLE if event == "roll_back"} == {"swapped"}


def test_a_journal_reads_as_it_was_written_and_a_later_version_is_none():
    found = {"metadata": {"annotations": {keys.RESTORE: journal.text(at("armed"))}}}
    assert journal.of(found).journal == at("armed")
    found["metadata"]["annotations"][keys.RESTORE] = '{"v":2}'
    assert journal.of(found).journal is None
    assert journal.of(found).text


def test_the_name_of_a_claim_is_short_and_does_not_grow_by_each_restore():
    first = provisioning.name("x" * 80, "20261125-120000-abc123")
    second = provisioning.name(first, "20261126-120000-abc123")
    assert len(first) <= keys.LONGEST
    assert second.count("-r2026") == 1
