"""The pure rules about what fills the pod: levels, forecasts, caches, needs, advice."""

import random
from datetime import datetime, timedelta, timezone

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kfnb_ext.model import advice, advising, filling, forecast, levels, quantities
from kfnb_ext.model.limits import Limits, Pressure
from kfnb_ext.model.shm import Shm, maker, need
from kfnb_ext.model.volumes import Volume, fullness, share

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
GIB = 1 << 30
BOUNDS = levels.Levels()


def filled(minutes: int, rate: float, noise: float = 0.0) -> list[forecast.Point]:
    dice = random.Random(1)
    return [(60.0 * n, 60.0 * n * rate + dice.uniform(-noise, noise)) for n in range(minutes)]


def test_a_steady_fill_is_foreseen_and_a_delete_does_not_bend_it():
    points = filled(30, 1e6, noise=1e6)
    points[12:] = [(at, size - 4e7) for at, size in points[12:]]  # something was deleted
    found = forecast.when_full(points, free=3.6e9, now=NOW)
    assert found
    assert found.rate == pytest.approx(1e6, rel=0.15)
    assert found.full_at == pytest.approx(NOW + timedelta(hours=1), abs=timedelta(minutes=10))
    assert found.earliest <= found.full_at


@pytest.mark.parametrize(
    "points",
    [
        filled(5, 1e6),  # too few
        filled(30, 0.0, noise=1e6),  # it trembles
        filled(30, -1e6),  # it empties
        [(n * 1.0, n * 1e9) for n in range(20)],  # a burst of seconds
        [(60.0 * n, 5e9 if n > 28 else 0.0) for n in range(30)],  # one file came
    ],
)
def test_what_is_not_sure_is_not_foreseen(points: list[forecast.Point]):
    assert forecast.when_full(points, free=1e9, now=NOW) is None


def test_what_lies_far_ahead_is_not_foreseen():
    assert forecast.when_full(filled(30, 1000.0), free=1e12, now=NOW) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_levels_never_jump_by_a_figure_that_trembles(shares: list[float]):
    before: levels.Level = "good"
    for one in shares:
        now = levels.level(one, BOUNDS, before)
        if abs(one - BOUNDS.warning) > levels.SLACK and abs(one - BOUNDS.alarm) > levels.SLACK:
            assert now == levels.level(one, BOUNDS)
        before = now


def test_a_level_is_left_only_clearly_below_it():
    assert levels.level(0.81, BOUNDS) == "warning"
    assert levels.level(0.79, BOUNDS, "warning") == "warning"
    assert levels.level(0.76, BOUNDS, "warning") == "good"
    assert levels.level(0.93, BOUNDS, "alarm") == "alarm"
    assert levels.level(0.90, BOUNDS, "alarm") == "warning"
    assert levels.level(0.10, BOUNDS, "alarm") == "good"


@pytest.mark.parametrize(
    ("path", "name", "safe"),
    [
        (".cache/pip", "pip", True),
        ("home/me/.cache/huggingface", "Hugging Face", True),
        ("miniconda3/pkgs", "conda", True),
        (".conda/pkgs", "conda", True),
        ("project/wandb", "Weights & Biases", False),
        ("project/mlruns", "MLflow", False),
        ("project/checkpoint-1000", "checkpoints", False),
        ("a/.ipynb_checkpoints", "notebook checkpoints", True),
        (".local/share/Trash", "trash", False),
        (".Trash-1000", "trash", False),
        ("x/.Trash-1000", "trash", False),
        (".kfnb", "snapshots", False),
    ],
)
def test_known_caches_are_told_by_their_paths(path: str, name: str, safe: bool):
    found = filling.cache(path)
    assert found
    assert (found.name, found.safe) == (name, safe)
    assert found.cost


@pytest.mark.parametrize("path", ["data", "mywandb", "wandb2", "pip", "src/checkpointing", "pkgs"])
def test_what_is_no_known_cache_is_none(path: str):
    assert filling.cache(path) is None


def test_the_need_of_a_loader_is_the_measured_rule():
    found = need(4, 2, 32 << 20, total=64 << 20, used=0)
    assert found.need == 10 * (32 << 20)
    assert not found.fits
    assert need(0, 2, 32 << 20, total=0, used=0).fits  # without workers nothing passes through


def test_makers_are_told_by_the_longest_prefix():
    assert maker("sem.mp-abc") == "Python's multiprocessing"
    assert maker("torch_12_34_0") == "PyTorch"
    assert maker("my_file") == ""


def volume(**extra: object) -> Volume:
    base: dict[str, object] = {"total": 100, "used": 50, "free": 40}
    base |= {"inodes_total": None, "inodes_free": None, "mount": "/home/me", "kind": "block"}
    base |= {"filesystem": "ext4", "source": "/dev/x", "survives_restart": True}
    base |= {"is_workspace": True, "read_only": False, "stale": False}
    return Volume(**{**base, **extra})  # type: ignore[arg-type]


def test_fullness_is_what_df_says_and_inodes_count_as_well():
    assert share(50, 40) == pytest.approx(50 / 90)
    assert fullness(volume(inodes_total=100, inodes_free=1)) == 0.99
    assert fullness(volume(used=None, free=None)) is None


def limits(**extra: object) -> Limits:
    base = dict.fromkeys(Limits.__struct_fields__)
    base |= {"cgroup_version": 2, "cpu_available_cores": 4, "kills": (), "missing": {}}
    return Limits(**{**base, **extra})  # type: ignore[arg-type]


def shm(**extra: object) -> Shm:
    base = {"total": 64 << 20, "used": 0, "listed": 0, "hidden": 0}
    base |= {"origin": "runtime_default", "counts_against_memory": True}
    return Shm(**{**base, **extra})  # type: ignore[arg-type]


KNOWN = advice.Known(namespace="team", notebook="demo")


def advised(pod: Limits | None, memory: Shm | None, *mounts: Volume) -> dict[str, advice.Advice]:
    return {a.id: a for a in advising.advise(pod, memory, mounts, BOUNDS, KNOWN)}


def test_a_home_on_the_containers_layer_is_an_error_before_all_else():
    found = advising.advise(
        limits(), shm(), (volume(kind="container_layer", mount="/"),), BOUNDS, KNOWN
    )
    assert (found[0].id, found[0].severity) == ("not_kept /", "error")
    assert "lost at a restart" in found[0].title


def test_each_patch_is_yaml_that_says_what_it_does():
    pod = limits(memory_limit=8 * GIB, memory_working_set=7.9 * GIB, cpu_limit_cores=2.0,
                 cpu_throttled_ratio=0.5)  # fmt: skip
    full = volume(total=10 * GIB, used=9.9 * GIB, free=int(0.1 * GIB), scope="own", claim="home")
    found = advised(pod, shm(), full)
    assert set(found) == {"volume_full /home/me", "shm_small", "memory_full", "cpu_throttled"}
    claim = yaml.safe_load(found["volume_full /home/me"].patch)
    storage = "/spec/resources/requests/storage"
    assert claim == [{"op": "replace", "path": storage, "value": "15Gi"}]
    assert "kubectl -n team patch pvc home" in found["volume_full /home/me"].patch
    mount = yaml.safe_load(found["shm_small"].patch)
    assert mount[0] == {
        "op": "test", "path": "/spec/template/spec/containers/0/name", "value": "demo"
    }  # fmt: skip
    assert mount[1]["value"]["emptyDir"] == {"medium": "Memory", "sizeLimit": "2Gi"}
    assert mount[2]["value"] == {"name": "dshm", "mountPath": "/dev/shm"}
    assert {one["value"] for one in yaml.safe_load(found["memory_full"].patch)} == {"12Gi", "demo"}
    assert yaml.safe_load(found["cpu_throttled"].patch)[-1]["value"] == "4"
    assert all("are guesses" in found[one].patch for one in ("shm_small", "memory_full"))


def test_an_unbounded_shm_gets_a_limit_and_the_patch_says_what_it_guesses():
    found = advised(limits(memory_limit=16 * GIB), shm(origin="empty_dir_unbounded"))
    steps = yaml.safe_load(found["shm_unbounded"].patch)
    assert {"op": "test", "path": "/spec/template/spec/volumes/0/name", "value": "dshm"} in steps
    assert steps[-1]["value"] == "4Gi"
    assert "kubectl -n team get notebook demo -o jsonpath" in found["shm_unbounded"].patch


def test_a_full_shm_gets_more_and_as_much_more_memory_since_one_counts_against_the_other():
    pod = limits(memory_limit=16 * GIB)
    bounded = advised(pod, shm(origin="empty_dir", total=4 * GIB, used=4 * GIB))
    steps = yaml.safe_load(bounded["shm_full"].patch)
    assert [one["value"] for one in steps if one["op"] != "test"] == ["6Gi", "18Gi", "18Gi"]
    whole = shm(origin="empty_dir_unbounded", total=16 * GIB, used=16 * GIB)
    (unbounded,) = (a for a in advised(pod, whole).values() if a.id == "shm_full")
    assert "volumes" not in unbounded.patch, "it has no size of its own: memory alone helps"
    node = advised(pod, shm(origin="node_half", total=4 * GIB, used=4 * GIB))
    assert node["shm_full"].patch == ""


def test_where_the_notebook_has_it_already_the_advice_is_to_restart():
    spec = {"template": {"spec": {"containers": [
        {"name": "demo", "resources": {"limits": {"memory": "64Gi"}}}]}}}  # fmt: skip
    known = advice.Known(namespace="team", notebook="demo", spec=spec)
    pod = limits(memory_limit=8 * GIB, memory_working_set=7.9 * GIB)
    (found,) = advising.advise(pod, None, (), BOUNDS, known)
    assert found.patch == ""
    assert found.text.endswith("The Notebook has a limit of 64Gi already: restart it.")


@pytest.mark.parametrize(("limit", "size"), [(None, "2Gi"), (GIB, "256Mi"), (3 * GIB, "768Mi"),
                                             (300 << 20, "128Mi"), (17 * GIB, "4Gi")])  # fmt: skip
def test_the_size_advised_for_shm_is_a_quarter_of_the_memory(limit: int | None, size: str):
    found = advised(limits(memory_limit=limit), shm())
    assert f'"sizeLimit": "{size}"' in found["shm_small"].patch


def test_pressure_is_advised_on_and_nothing_is_where_all_is_well():
    waits = Pressure(some_10s=0.3, some_60s=0.2)
    assert set(advised(limits(memory_pressure=waits), None)) == {"memory_pressure"}
    slowed = limits(memory_limit=8 * GIB, memory_high=4 * GIB, memory_working_set=4 * GIB)
    assert "12Gi" in advised(slowed, None)["memory_slowed"].patch
    full = limits(memory_limit=8 * GIB, memory_limit_set=9 * GIB, memory_working_set=8 * GIB)
    assert advised(full, None)["memory_full"].patch == ""  # the node has no more, whatever is asked
    assert advised(limits(), shm(origin="empty_dir"), volume()) == {}
    assert advised(None, None) == {}


@given(st.integers(1, 1 << 50))
def test_quantities_are_exact(size: int):
    assert quantities.size(quantities.said(size)) == size


@pytest.mark.parametrize(
    ("text", "size"),
    [("10Gi", 10 << 30), ("500M", 500 * 10**6), ("1.5Ti", 3 << 39), ("12", 12), (12, 12),
     ("1e3", 1000), ("1E", 10**18), ("1.2Gi", 1288490189), ("600m", 1), ("", None), (None, None),
     ("ten", None), ("1Kii", None)],
)  # fmt: skip
def test_quantities_are_read_as_the_cluster_writes_them(text: object, size: int | None):
    assert quantities.size(text) == size


@pytest.mark.parametrize(("origin", "size"), [("runtime_default", "3Gi"), ("empty_dir", "3Gi")])
def test_a_loader_that_does_not_fit_gets_a_patch_into_which_it_fits(origin: str, size: str):
    patch = advising.for_need(2 * GIB + 1, shm(origin=origin), KNOWN)
    assert size in patch.yaml
    assert ("volumes/0/name" in patch.yaml) == (origin == "empty_dir")


def test_a_workspace_of_notebooks_2_is_told_of_its_options_and_gets_no_patch():
    known = advice.Known(namespace="team", notebook="demo", workspace=True)
    found = advising.advise(None, shm(), (), BOUNDS, known)
    assert found
    for one in found:
        assert not one.patch
        assert "WorkspaceKind" in one.text
