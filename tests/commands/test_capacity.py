"""``shm``, ``limits``, ``volumes`` and ``du`` in a shell, over real files and a real /dev/shm."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from kfnb_ext import assembly, config
from kfnb_ext.model.filling import Filling
from kfnb_ext.model.limits import Limits
from kfnb_ext.model.shm import Shm
from kfnb_ext.model.volumes import Volumes
from tests.commands.shell import KFNB, call, kfnb, record
from tests.fakes import kubernetes

MIB = 1 << 20
# In a mount namespace with a small /dev/shm and a leftover in it; then the words.
SMALL = """
import os, subprocess, sys
from tests.fakes import small_shm
small_shm.own(64)
with open("/dev/shm/torch_1_2_0", "wb") as file:
    file.write(b"x" * (60 << 20))
os.utime("/dev/shm/torch_1_2_0", (0, 0))
for words in sys.argv[1:]:
    done = subprocess.run([sys.executable, "-m", "kfnb_ext", *words.split()], text=True,
                          stdin=subprocess.DEVNULL, capture_output=True)
    print(done.stdout, done.stderr, sep="")
"""


def test_each_of_them_gives_text_and_the_record_that_the_server_gives(place: Path):
    assert "Memory" in kfnb("limits").stdout
    assert record(Limits, "limits").cpu_available_cores >= 1  # type: ignore[attr-defined]
    assert "Room" in kfnb("volumes").stdout
    assert any(v.is_workspace for v in record(Volumes, "volumes").volumes)  # type: ignore[attr-defined]


def test_du_shows_what_is_largest_and_goes_into_a_folder(place: Path):
    (place / "data/model.bin").write_bytes(b"x" * 6 * MIB)
    (place / "odd\nname").mkdir()
    os.mkdir(os.fsencode(place) + b"/bad\xff")
    said = kfnb("du").stdout
    assert said.splitlines()[1].split()[-1] == "data/"
    assert "odd\\nname" in said
    assert "The largest files" in said
    inside = record(Filling, "du", "data")
    assert inside.path == "data"  # type: ignore[attr-defined]
    assert inside.items[0].name == "model.bin"  # type: ignore[attr-defined]
    assert "is no folder" in kfnb("du", "nowhere", status=1).stderr


def test_what_is_thrown_away_is_asked_for_and_the_trash_is_emptied(place: Path):
    nowhere = call(*KFNB, "du", "--empty-trash", "--yes")
    # Whether there is another trash at the top of this volume depends on the machine.
    assert f"{os.environ['HOME']} cannot be opened" in nowhere.stdout + nowhere.stderr
    Path(os.environ["HOME"]).mkdir()
    refused = kfnb("du", "--trash", "data", status=2)
    assert "--yes" in refused.stdout + refused.stderr
    assert (place / "data").exists()
    said = kfnb("du", "--trash", "data", "--yes").stdout
    assert "emptied" in said or "empty" in said, said
    assert not (place / "data").exists()
    assert kfnb("du", "--empty-trash", "--yes").stdout


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("NOT ROOT: no /dev/shm of its own can be mounted")


def small(*words: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SMALL, *words], text=True, capture_output=True, check=False,
        env=os.environ | environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.usefixtures("as_root", "place")
def test_a_small_shm_shows_what_was_left_and_clears_it():
    said = small("shm", "shm --clear", "shm --clear --yes", "shm --need 4x2x32MiB", "shm --json")
    assert "60.0 MiB  torch_1_2_0, of PyTorch" in said
    assert "--yes" in said, "without a terminal nothing is removed unasked"
    assert "1 file removed, 60.0 MiB free again." in said
    assert "It needs 320 MiB of /dev/shm" in said
    assert "It does not fit" in said
    last = msgspec.json.decode(said[said.rindex("\n{\n") :], type=Shm)
    assert (last.total, last.used) == (64 * MIB, 0)


def test_the_cluster_is_asked_once_for_a_patch_and_its_notebook_is_what_it_is_made_from(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with kubernetes.Cluster() as cluster:
        notebook = kubernetes.notebook()
        cluster.world.seed(notebook)
        monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig(tmp_path)))
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("HOSTNAME", "demo-0")
        monkeypatch.setenv("NB_PREFIX", "/notebook/alice/demo")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        pod = assembly.Pod(config.KfnbExt(), place, "shell")
        assert pod.capacity.told.spec is None
        pod.capacity.ask(60)
        assert pod.capacity.told.spec == notebook["spec"]
        pod.capacity.ask(60)
        asked = [request.path for request in cluster.log]
    assert asked.count("/apis/kubeflow.org/v1/namespaces/alice/notebooks/demo") == 1
