"""A server that was killed amid a restore: the next one brings it to its end and says which."""

import os
import time
from pathlib import Path

from tests.server import live


def test_a_server_killed_amid_a_restore_is_told_of_by_the_next_one(tmp_path: Path):
    with live.running(tmp_path) as server:
        files = [server.workspace / f"big{number}" for number in range(40)]
        for file in files:
            file.write_bytes(os.urandom(4 << 20))
        taken = server.snapshot()
        for file in files:
            file.unlink()
        started = server.post("restores", {"snapshot": taken}).json()["id"]
        staging = server.workspace / ".kfnb" / "staging"
        deadline = time.monotonic() + 30
        while not list(staging.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.001)
        server.process.kill()
        server.process.wait()

    with live.running(tmp_path) as server:
        told = recovery(server)
        assert told["state"] == "succeeded"
        assert "was interrupted" in told["message"]
        assert sum(file.exists() for file in files) in (0, len(files))
        cut_off = server.get(f"operations/{started}").json()
        assert (cut_off["state"], cut_off["message"][:11]) == ("failed", "Interrupted")
        assert any("was interrupted" in line for line in server.lines("kfnb:"))

    with live.running(tmp_path) as server:
        server.get("status")
        recovered = [o for o in server.get("operations").json() if o["kind"] == "recover"]
        assert [o["id"] for o in recovered] == [told["id"]], "there was nothing left to do"


def recovery(server: live.Live) -> dict[str, str]:
    """The operation that a server begins by itself at its start."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for operation in server.get("operations").json():
            if operation["kind"] == "recover" and operation["ended"]:
                return dict(operation)
        time.sleep(0.05)
    raise AssertionError("no recovery was begun")
