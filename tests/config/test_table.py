"""The options of the activity: what a site may forbid, and what an image may set."""

from typing import get_args

import pytest

from kfnb_ext import config, errors
from kfnb_ext.config import table
from kfnb_ext.model.activity import EvidenceKind


def test_each_kind_of_evidence_has_its_switch():
    assert list(get_args(EvidenceKind)) == table.EVIDENCE


def test_every_option_says_its_reason_and_has_a_variable():
    for name, trait in config.options().items():
        assert trait.metadata["env"].startswith("KFNB_"), name
        assert len(trait.help) > 40, name


def test_an_image_sets_lists_of_words_and_of_numbers_by_variables():
    settled = config.settle(
        {}, {"KFNB_EVIDENCE_OFF": "save:application", "KFNB_WARN_MINUTES": "30:10:2.5"}, {}
    )

    assert settled.evidence_off == ["save", "application"]
    assert settled.warn_minutes == [30.0, 10.0, 2.5]


def test_a_kind_that_does_not_exist_is_refused_with_the_list():
    with pytest.raises(errors.BadRequest, match="KFNB_EVIDENCE_OFF"):
        config.settle({}, {"KFNB_EVIDENCE_OFF": "mouse"}, {})


@pytest.mark.parametrize(
    ("name", "site", "user", "settled"),
    [
        ("evidence_off", ["save"], ["file"], ["file", "save"]),
        ("process_cpu", 0.5, 0.01, 0.5),
        ("process_cpu", 0.5, 1.0, 1.0),
        ("keep_awake_hours", 4.0, 72.0, 4.0),
        ("keep_awake_hours", 4.0, 2.0, 2.0),
        ("busy_without_progress_hours", 6.0, 0.0, 6.0),
        ("busy_without_progress_hours", 6.0, 2.0, 2.0),
        ("busy_without_progress_hours", 0.0, 2.0, 2.0),
        ("lease", False, True, False),
    ],
)
def test_under_a_lock_the_user_may_only_count_less(
    name: str, site: object, user: object, settled: object
):
    locked = config.settle({"locked": True, name: site}, {}, {name: user})
    free = config.settle({name: site}, {}, {name: user})

    assert getattr(locked, name) == settled
    assert getattr(free, name) == user
