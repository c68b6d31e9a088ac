"""A notebook pod as Kubeflow starts it, whose hours pass when the test says so.

A real Jupyter Server with the real extension, real kernels, terminals and processes; beside it
the model of both cullers, which asks it as the controller does. Time is passed in.
"""

import contextlib
import json
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import websocket

from tests.fakes import timed
from tests.fakes.culler import CHECK, LAST, Culler, Notebook, text
from tests.server import live

PREFIX = "/notebook/ns/name"
QUICK = {
    "KFNB_USAGE_WINDOW": "0.4",
    "KFNB_STATUS_MAX_AGE": "0.1",
    "KFNB_CULL_IDLE_MINUTES": "60",
    "KFNB_TICK_INTERVAL": "3600",  # the test ticks
}
EXTENSIONS = {"kfnb_ext": False, "tests.fakes.timed": True, "jupyter_server_terminals": True}
LOOK = 0.5  # seconds: longer than the window of the usage
QUICK_LOOK = 0.12  # longer than a status is given again; processes are measured now and then


class Pod:
    """The pod, and the two cullers that look at it."""

    def __init__(self, server: live.Live, clock: Path) -> None:
        self.server = server
        self._clock = clock
        self._ahead = self._wall = 0.0
        headers = {"User-Agent": "Go-http-client/1.1"}
        self._go = httpx.Client(base_url=server.address, headers=headers, timeout=10)
        self.web = httpx.Client(base_url=server.address, timeout=30)
        self.web.get("api/status")
        self.between: Callable[[str], tuple[int, bytes]] | None = None  # a mesh that forbids
        self.cullers = {kind: self._culler(kind) for kind in ("v1", "odh")}
        self._lines: list[websocket.WebSocket] = []

    def _culler(self, kind: Any) -> Culler:
        notebook = Notebook({LAST: text(self.now()), CHECK: text(self.now())})
        return Culler(kind, notebook, self.asked, self.now)

    def asked(self, path: str) -> tuple[int, bytes]:
        """What a culler's request is answered."""
        if self.between:
            return self.between(path)
        try:
            answer = self._go.get(path)
        except httpx.TransportError as error:
            raise OSError(str(error)) from error
        self._go.cookies.clear()
        return answer.status_code, answer.content

    def now(self) -> datetime:
        """The time of the cluster."""
        return datetime.now(timezone.utc) + timedelta(seconds=self._ahead)

    def set_wall(self, minutes: float) -> None:
        """Set the pod's wall clock ahead of the cluster's, or behind it."""
        self._wall = 60 * minutes
        self._write()

    def ahead_of(self, clock: Path) -> None:
        """Go on where a pod before this one has left the clock."""
        self._ahead, self._wall = (float(part) for part in clock.read_text().split())

    def pass_(self, minutes: float) -> None:
        """Let time pass, unseen."""
        self._ahead += 60 * minutes
        self._write()

    def _write(self) -> None:
        spare = self._clock.with_suffix(".new")
        spare.write_text(f"{self._ahead} {self._wall}")
        spare.rename(self._clock)

    def status(self, wait: float = LOOK) -> dict[str, Any]:
        """A fresh look."""
        time.sleep(wait)
        found: dict[str, Any] = self.web.get("kfnb/v1/status?no_track_activity=1").json()
        return found

    def minutes(
        self, count: int, step: int = 1, look: bool = True, wait: float = 0
    ) -> dict[str, int | None]:
        """Let minutes pass, with a look and both cullers at each step; when each has stopped it.

        The controller's own minute is a little longer than one.
        """
        stopped: dict[str, int | None] = dict.fromkeys(self.cullers)
        for minute in range(step, count + 1, step):
            self.pass_(step * 1.001)
            if look:
                self.status(wait or (LOOK if step > 1 else QUICK_LOOK))
            for kind, culler in self.cullers.items():
                if stopped[kind] is None:
                    culler.reconcile()
                    stopped[kind] = minute if culler.notebook.stopped else None
            if None not in stopped.values():
                break
        return stopped

    def terminal(self, command: str) -> None:
        """Start a job in a terminal and close its tab."""
        name = self.web.post("api/terminals", headers=self._xsrf()).json()["name"]
        line = self._line(f"terminals/websocket/{name}")
        line.send(json.dumps(["stdin", f"cd {self.server.workspace}; touch begun; {command}\r"]))
        begun = self.server.workspace / "begun"
        while not begun.exists():
            time.sleep(0.1)
        line.close()

    def kernel(self, code: str = "", stay: bool = False) -> str:
        """Start a kernel and run code in it; ``stay``: its tab stays open."""
        made = self.web.post("api/kernels", json={"name": "python3"}, headers=self._xsrf())
        id_ = str(made.json()["id"])
        session = uuid.uuid4().hex
        line = self._line(f"api/kernels/{id_}/channels?session_id={session}")
        line.send(_message("kernel_info_request", {}, session))
        _await_idle(line)
        if code:
            content = {"code": code, "silent": False, "allow_stdin": True, "stop_on_error": True}
            line.send(_message("execute_request", content, session))
            time.sleep(1.0)
        if stay:
            self._lines.append(line)
        else:
            line.close()
        return id_

    def execute(self, id_: str, code: str) -> None:
        """Run a cell in a kernel, and close the tab when it is done."""
        session = uuid.uuid4().hex
        line = self._line(f"api/kernels/{id_}/channels?session_id={session}")
        content = {"code": code, "silent": False, "allow_stdin": False, "stop_on_error": True}
        line.send(_message("execute_request", content, session))
        _await_idle(line)
        line.close()

    def close(self) -> None:
        """Hang up."""
        for line in (*self._lines, self._go, self.web):
            line.close()

    def _xsrf(self) -> dict[str, str]:
        self.web.get("tree")
        return {"X-XSRFToken": self.web.cookies.get("_xsrf", "")}

    def _line(self, path: str) -> websocket.WebSocket:
        address = f"{self.server.address.replace('http', 'ws')}{path}"
        return websocket.create_connection(address, timeout=20)


def _message(kind: str, content: dict[str, Any], session: str) -> str:
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "username": "t", "session": session,
              "version": "5.3", "date": datetime.now(timezone.utc).isoformat()}  # fmt: skip
    return json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": content,
                       "channel": "shell", "buffers": []})  # fmt: skip


def _await_idle(line: websocket.WebSocket) -> None:
    while True:
        said = json.loads(line.recv())
        if said["msg_type"] == "status" and said["content"]["execution_state"] == "idle":
            return


@contextlib.contextmanager
def running(
    home: Path,
    *,
    extensions: dict[str, bool] = EXTENSIONS,
    prefix: str = PREFIX,
    token: str = "",
    begun: bool = False,
    **env: str,
) -> Iterator[Pod]:
    """A pod that has just started; ``begun``: with the mark of when, as a kubelet leaves it."""
    home.mkdir(parents=True, exist_ok=True)
    clock = home / "clock"
    if not clock.exists():
        clock.write_text("0 0")
    given = {"NB_PREFIX": prefix, "HOME": str(home), timed.VARIABLE: str(clock), **QUICK, **env}
    says = f"c.ServerApp.jpserver_extensions = {extensions!r}\n"
    within = (*live.POD, *_marked(home)) if begun else live.POD
    with live.running(
        home, base_url=f"{prefix}/", token=token, env=given, user_says=says, within=within
    ) as server:
        pod = Pod(server, clock)
        yield pod
        pod.close()


def _marked(home: Path) -> tuple[str, ...]:
    """Before a command: what a pod's service account looks like, since the first start here."""
    mark = home / "token"
    if not mark.is_symlink():
        mark.symlink_to("..data/token")
    place = "/run/secrets/kubernetes.io/serviceaccount"
    made = f'mount -t tmpfs none /run && mkdir -p {place} && cp -a {mark} {place} && exec "$@"'
    return ("sh", "-c", made, "sh")
