"""What fills the pod, on real servers: a full filesystem, a scan, and a kernel that is killed."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jupyter_client
import pytest
import websocket

from tests.fakes import memory_cgroup
from tests.server import live

MIB = 1 << 20


class Bus:
    """What a browser hears on Jupyter's event bus."""

    def __init__(self, server: live.Live) -> None:
        address = server.address.replace("http", "ws", 1) + "api/events/subscribe"
        header = [f"Authorization: token {server.token}"]
        self._socket = websocket.create_connection(address, header=header, timeout=30)
        self.heard: list[dict[str, Any]] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def notice(self, words: str, seconds: float = 20) -> dict[str, Any]:
        """The notice whose title holds these words."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for one in self.heard:
                if words in str(one.get("title", "")):
                    return one
            time.sleep(0.05)
        raise AssertionError(f"{words!r} was never told: {self.heard}")

    def close(self) -> None:
        self._socket.close()
        self._thread.join(5)

    def _listen(self) -> None:
        try:
            while text := self._socket.recv():
                self.heard.append(json.loads(text))
        except (OSError, websocket.WebSocketException, json.JSONDecodeError):
            return


@pytest.fixture
def full(tmp_path: Path) -> Iterator[live.Live]:
    """A server whose workspace and state lie on a filesystem of 16 MiB."""
    if os.geteuid() != 0:
        pytest.skip("NOT ROOT: nothing can be mounted, a full filesystem is not tested")
    (tmp_path / "workspace").mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m,nr_inodes=2000", "kfnb", tmp_path / "workspace"],
        check=True,
    )
    try:
        state = {"KFNB_STATE_DIR": str(tmp_path / "workspace/.state")}
        with live.running(tmp_path, "--KfnbExt.status_max_age=0.1", env=state) as found:
            yield found
    finally:
        subprocess.run(["umount", "-l", tmp_path / "workspace"], check=False)


def fill(file: Path) -> None:
    with file.open("wb", buffering=0) as out:
        try:
            while out.write(b"x" * 65536):
                pass
        except OSError:
            return


def test_on_a_full_filesystem_all_still_works_and_it_is_told_once(full: live.Live):
    bus = Bus(full)
    reloaded: Bus | None = None
    try:
        assert full.get("status").status_code == 200
        fill(full.workspace / "big.bin")
        for _ in range(3):
            time.sleep(0.2)
            status = full.get("status").json()
        volume = status["volumes"]["volumes"][0]
        assert (volume["free"], volume["is_workspace"]) == (0, True)
        advice = {one["id"]: one for one in status["advice"]}
        assert advice[f"volume_full {full.workspace}"]["severity"] == "error"
        notice = bus.notice("100 % full")
        assert notice["level"] == "error"
        assert len([one for one in bus.heard if "100 % full" in str(one.get("title"))]) == 1

        # A page that is loaded anew is not told again: the level was passed once.
        reloaded = Bus(full)
        for _ in range(5):
            time.sleep(0.2)
            assert full.get("status").status_code == 200
        assert [one["title"] for one in reloaded.heard if "title" in one] == []

        # No record can be written there: what needs one says so, and the rest goes on.
        refused = full.post("filling/scan")
        assert refused.status_code in (202, 500, 507)
        (full.workspace / "big.bin").unlink()
        time.sleep(0.2)
        assert full.get("status").json()["volumes"]["volumes"][0]["free"] > 0
        assert "room again" in bus.notice(" 0 % full")["message"]
        assert "room again" in reloaded.notice(" 0 % full")["message"], "but it hears what is new"
    finally:
        bus.close()
        if reloaded:
            reloaded.close()


def test_it_is_scanned_shown_thrown_away_and_emptied(tmp_path: Path):
    with live.running(tmp_path, env={"HOME": str(tmp_path / "workspace")}) as server:
        (server.workspace / "old/deep").mkdir(parents=True)
        (server.workspace / "old/deep/big.bin").write_bytes(b"x" * 5 * MIB)
        assert server.get("filling").json()["taken"] is None
        assert server.ended(server.post("filling/scan"))["state"] == "succeeded"
        top = server.get("filling").json()
        assert top["items"][0]["path"] == "old"
        assert server.get("filling", path="old/deep").json()["items"][0]["name"] == "big.bin"
        assert server.get("filling", path="nowhere").status_code == 404

        moved = server.ended(server.post("filling/remove", {"path": "old"}))
        assert moved["state"] == "succeeded", moved
        assert "frees nothing" in moved["message"]
        after = server.get("filling").json()
        assert after["trash"] >= 5 * MIB
        assert after["bytes"] >= 5 * MIB
        assert server.ended(server.post("filling/empty-trash"))["state"] == "succeeded"
        assert server.get("filling").json()["bytes"] < MIB
        for path in ("../x", ".kfnb/snapshots", "", "/etc/passwd"):
            assert server.post("filling/remove", {"path": path}).status_code in (400, 403)


def test_a_site_that_is_read_only_lets_nothing_be_removed_or_ended(tmp_path: Path):
    with live.running(tmp_path, env={"KFNB_READ_ONLY": "1"}) as server:
        (server.workspace / "kept").touch()
        body = {"path": "kept", "how": "delete"}
        assert server.post("filling/remove", body).status_code == 403
        assert server.post("filling/empty-trash").status_code == 403
        assert server.post("shm/end", {"tasks": []}).status_code == 403
        assert server.post("shm/clear", {"names": []}).status_code == 403
        assert server.post("filling/scan").status_code == 202
        assert (server.workspace / "kept").exists()


def test_a_kernel_that_the_memory_limit_takes_is_told_and_in_the_status(tmp_path: Path):
    with memory_cgroup.limited(420 * MIB) as group, live.running(tmp_path) as server:
        if group is None:
            pytest.skip("NO CGROUP CAN BE MADE: an OOM kill is not tested")
        (group / "cgroup.procs").write_text(str(server.process.pid))
        bus = Bus(server)
        body = {
            "path": "big.ipynb",
            "name": "big.ipynb",
            "type": "notebook",
            "kernel": {"name": "python3"},
        }
        made = server.client.post("api/sessions", json=body)
        assert made.status_code == 201, made.text
        kernel = made.json()["kernel"]["id"]
        file = next(tmp_path.rglob(f"kernel-{kernel}.json"))
        client = jupyter_client.BlockingKernelClient(connection_file=str(file))
        client.load_connection_file()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=30)
            time.sleep(5)  # it is seen while it lives
            client.execute("held = [bytearray(b'x' * (1 << 20)) for _ in range(4000)]")
            notice = bus.notice("was killed by the memory limit", 40)
        finally:
            client.stop_channels()
            bus.close()
        assert notice["level"] == "error"
        assert "big.ipynb" in notice["title"]
        (kill,) = server.get("status").json()["limits"]["kills"]
        assert (kill["kernel"], kill["name"]) == (kernel, "big.ipynb")
        assert kill["limit"] == 420 * MIB


def test_metrics_have_the_figures_with_their_units(tmp_path: Path):
    with live.running(tmp_path) as server:
        server.get("status")
        said = server.client.get("metrics").text
    assert "kfnb_shm_total_bytes" in said
    assert 'kfnb_volume_free_bytes{claim="",mount=' in said
