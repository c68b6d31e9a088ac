"""Quotas: exact, and in words."""

from decimal import Decimal

import pytest

from kfnb_ext.model import quotas

GIB = 1 << 30
SC = "fast.storageclass.storage.k8s.io"


def quota(hard: dict[str, str], used: dict[str, str] | None, **spec: object) -> dict:
    status = {} if used is None else {"hard": hard, "used": used}
    return {"metadata": {"name": "q"}, "spec": {"hard": hard, **spec}, "status": status}


def line(resource: str, hard: str, used: str | None = "0") -> quotas.Line:
    (found,) = quotas.lines(quota({resource: hard}, None if used is None else {resource: used}))
    return found


@pytest.mark.parametrize(
    ("resource", "hard", "used", "sentence"),
    [
        ("persistentvolumeclaims", "5", "5", "Your namespace allows 5 volumes and has 5."),
        ("count/persistentvolumeclaims", "1", "0", "Your namespace allows 1 volume and has 0."),
        ("requests.storage", "100Gi", "95Gi",
         "Your namespace allows 100 GiB of storage and has 95 GiB."),
        ("requests.storage", "5G", "1536Mi",
         "Your namespace allows 5 GB of storage and has 1.5 GiB."),
        (f"{SC}/requests.storage", "2Gi", "0",
         "Your namespace allows 2 GiB of storage of the class fast and has 0."),
        (f"{SC}/persistentvolumeclaims", "2", "1",
         "Your namespace allows 2 volumes of the class fast and has 1."),
        (quotas.SNAPSHOTS, "1", "1",
         "Your namespace allows 1 snapshot of a volume and has 1."),
        ("requests.nvidia.com/gpu", "2", "1", "Your namespace allows 2 GPUs and has 1."),
        ("requests.nvidia.com/mig-1g.5gb", "7", "1",
         "Your namespace allows 7 GPU slices mig-1g.5gb and has 1."),
        ("requests.cpu", "4", "3700m", "Your namespace allows 4 cores of CPU and has 3.7 cores."),
        ("limits.memory", "8Gi", "0", "Your namespace allows 8 GiB of memory as limits and has 0."),
        ("count/notebooks.kubeflow.org", "3", "3", "Your namespace allows 3 notebooks and has 3."),
        ("memory", "8Gi", "1Gi", "Your namespace allows 8 GiB of memory and has 1 GiB."),
        ("count/secrets", "9", "1", "Your namespace allows 9 secrets and has 1."),
    ],
)  # fmt: skip
def test_a_line_is_a_sentence_a_person_reads(resource, hard, used, sentence):
    assert quotas.told(line(resource, hard, used)).text == sentence


def test_what_is_left_is_exact():
    told = quotas.told(line("requests.cpu", "4", "3700m"))
    assert (told.unit, told.left) == ("cores", 0.3)
    storage = quotas.told(line("requests.storage", "9007199254740993", "1"))
    assert (storage.unit, storage.left) == ("bytes", 9007199254740992.0)


def test_a_quota_lowered_below_what_is_there_leaves_nothing_and_no_less():
    assert line("pods", "2", "5").left == Decimal(0)


def test_what_was_not_counted_yet_is_unknown_and_stops_nobody():
    found = line("persistentvolumeclaims", "5", None)
    assert quotas.told(found).used is None
    assert "not counted yet" in quotas.told(found).text
    assert quotas.short([found], {"persistentvolumeclaims": 9}) == []


def test_what_does_not_fit_is_said_by_every_name_it_has():
    hard = {"persistentvolumeclaims": "5", "count/persistentvolumeclaims": "6",
            "requests.storage": "10Gi", f"{SC}/requests.storage": "4Gi", "pods": "0"}  # fmt: skip
    used = {"persistentvolumeclaims": "5", "count/persistentvolumeclaims": "6",
            "requests.storage": "8Gi", f"{SC}/requests.storage": "1Gi", "pods": "0"}  # fmt: skip
    told = quotas.short(quotas.lines(quota(hard, used)), quotas.for_claim(3 * GIB, "fast"))
    assert told == [
        "Your namespace allows 6 volumes and has 6: 1 volume more does not fit (quota q).",
        "Your namespace allows 5 volumes and has 5: 1 volume more does not fit (quota q).",
        "Your namespace allows 10 GiB of storage and has 8 GiB: 3 GiB of storage more do not fit "
        "(quota q).",
    ]


def test_what_fits_to_the_last_byte_fits():
    found = [line("requests.storage", "10Gi", "8Gi"), line("persistentvolumeclaims", "5", "4")]
    assert quotas.short(found, quotas.for_claim(2 * GIB)) == []
    assert quotas.short(found, quotas.for_claim(2 * GIB + 1))


def test_a_quota_of_some_pods_says_so_and_is_not_counted_for_others():
    (found,) = quotas.lines(quota({"pods": "1"}, {"pods": "1"}, scopes=["BestEffort"]))
    assert "only some of the pods" in quotas.told(found).text
    assert quotas.short([found], {"pods": 1}) == []


def test_a_limit_range_says_which_size_it_forbids():
    item = {"type": "PersistentVolumeClaim", "max": {"storage": "3Gi"}, "min": {"storage": "1Gi"}}
    found = quotas.limits({"metadata": {"name": "lr"}, "spec": {"limits": [item]}})
    (told,) = quotas.unfit(found, [4 * GIB, 3 * GIB, GIB])
    assert told == (
        "Your namespace wants each volume to have at most 3 GiB, and this one has 4 GiB (limit lr)."
    )
    assert "at least 1 GiB" in quotas.unfit(found, [GIB - 1])[0]
