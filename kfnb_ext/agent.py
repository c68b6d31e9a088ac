"""``kfnb agent``: the use of a pod where no Jupyter Server runs (code-server, RStudio).

The same services as in the server, on a tick of their own: evidence, verdict, heartbeat, and the
record that shells and `kfnb activity --probe` read.

Rule: it listens on the loopback address alone, it changes nothing on request, and nothing is
written after SIGTERM. Where a notebook server tells of its use, the agent keeps still.
"""

import json
import logging
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec

from kfnb_ext import assembly, config, errors, state
from kfnb_ext.model.culling import Culling
from kfnb_ext.model.status import Status
from kfnb_ext.services.clock import Clock
from kfnb_ext.services.evidence import Witnessed

LOOPBACK = "127.0.0.1"
ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
LATE = 3  # ticks that may be left out before /healthz says so
FAREWELL = 1.0  # seconds for a tick that runs when the end comes
GO = "Go-http-client/"  # the controller's requests, passed on by the image's own web server

log = logging.getLogger("kfnb_ext.agent")


class Agent:
    """Ticks, keeps the last status, and tells the cluster."""

    def __init__(
        self, options: config.KfnbExt, workspace: Path, clock: Clock | None = None
    ) -> None:
        self.options = options
        self.pod = assembly.Pod(options, workspace, "server", log, clock=clock)
        self.use = self.pod.use  # before anybody asks
        self.status: Status | None = None
        self.beating: threading.Thread | None = None
        self.ended = threading.Event()
        self._me = state.myself("server")
        self._ticked = time.monotonic()
        self._other = False

    def tick(self) -> None:
        """Look, leave what was seen, and tell it."""
        self.status = self.pod.status.read(Witnessed(server=os.getpid()), 0)
        self._ticked = time.monotonic()
        if self.ended.is_set() or self._another():
            return
        self.pod.status.leave(self.status)
        self._warn(self.status.culling)
        # A cluster that hangs costs this one thread, and no tick waits for it.
        if self.beating is None or not self.beating.is_alive():
            self.beating = threading.Thread(target=self._beat, name="kfnb-heartbeat", daemon=True)
            self.beating.start()

    def tick_on(self) -> None:
        """Tick until the end."""
        while not self.ended.is_set():
            try:
                self.tick()
            except Exception as error:  # one failed reading must not end all later ones
                log.warning("The status could not be read: %s", error)
            self.ended.wait(self.options.tick_interval)

    def end(self) -> None:
        """Nothing is written from now on."""
        self.ended.set()
        if self.pod.heartbeat_made:
            self.pod.heartbeat_made.end()
        self.pod.operations.stop()

    def healthy(self) -> bool:
        """Whether the last look is as young as it should be."""
        return time.monotonic() - self._ticked < LATE * self.options.tick_interval + LATE

    def told(self, what: str, user_agent: str) -> list[dict[str, Any]] | None:
        """What a culler is answered as Jupyter would; None: there is no culler that asks so.

        OpenShift's asks for ``terminals`` too: the last use stands in the answer to ``kernels``.
        """
        if not self.use.culling.answers:
            return None
        if user_agent.startswith(GO):
            self.use.culling.asked(what)
        return self.use.culling.answer([]) if what == "kernels" else []

    def _another(self) -> bool:
        """Whether a notebook server, or another agent, tells of its use here."""
        owner = self.pod.status.server()
        other = owner is not None and owner != self._me
        if other and not self._other and owner:
            log.info("Process %d tells of the use already: this agent keeps still.", owner.pid)
        self._other = other
        return other

    def _warn(self, seen: Any) -> None:
        minutes = self.use.culling.warning(seen) if isinstance(seen, Culling) else None
        if minutes is not None:
            log.warning("This notebook is stopped in %d min. %s", minutes, seen.forecast.text)

    def _beat(self) -> None:
        verdict, heart = self.use.keeper.verdict, self.pod.heartbeat
        if verdict and heart and not self.ended.is_set():
            heart.beat(verdict)


def serve(agent: Agent, port: int) -> ThreadingHTTPServer:
    """Serve on the loopback address, in a thread. Raises: OSError, OverflowError (no port)."""
    prefixes = (os.environ.get("NB_PREFIX", "").rstrip("/"), "")
    asked = ("kernels", "terminals")
    paths = {f"{prefix}/api/{what}": what for prefix in prefixes for what in asked}

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            path = self.path.partition("?")[0].rstrip("/")
            found: tuple[int, bytes | None] = (404, None)
            if path == "/healthz":
                well = agent.healthy()
                found = (200 if well else 503, b'{"status":"%s"}' % (b"ok" if well else b"late"))
            elif path == "/status" and agent.status:
                found = (200, msgspec.json.encode(agent.status))
            elif path in paths:
                told = agent.told(paths[path], self.headers.get("User-Agent", ""))
                found = (404, None) if told is None else (200, json.dumps(told).encode())
            self._answer(*found)

        def _answer(self, status: int, body: bytes | None) -> None:
            said = body or b'{"message":"There is nothing here."}'
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            """Nothing: a probe that asks each ten seconds would fill a disk."""

    server = ThreadingHTTPServer((LOOPBACK, port), Handler)
    server.daemon_threads = True
    # Whoever asks wakes it; nothing else needs to.
    threading.Thread(target=server.serve_forever, args=(3600,), daemon=True).start()
    return server


def run(workspace: str, port: int | None) -> int:
    """Run until a signal ends it; the exit status."""
    logging.basicConfig(format="kfnb agent: %(message)s", level=logging.INFO)
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # the status says it, once
    # Every thread made from here on leaves these to the one that waits for them. What nohup told
    # us to ignore stays ignored.
    ends = [one for one in ENDS if signal.getsignal(one) is not signal.SIG_IGN]
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    try:
        site, user = assembly.layers()
        options = config.settle(site, os.environ, user)
        agent = Agent(options, assembly.find_workspace(workspace or options.workspace))
    except errors.KfnbError as error:
        log.error("%s %s", error.message, error.hint)
        return 1
    _open(agent, options.agent_port if port is None else port)
    ticking = threading.Thread(target=agent.tick_on, name="kfnb-tick", daemon=True)
    ticking.start()
    signal.sigwait(ends)
    agent.end()
    ticking.join(FAREWELL)
    return 0


def _open(agent: Agent, port: int) -> None:
    try:
        server = serve(agent, port)
    except (OSError, OverflowError) as error:  # to tell the cluster matters more than to be asked
        log.warning("Port %d cannot be served: %s. Everything else works without it.", port, error)
        return
    where = f"http://{LOOPBACK}:{server.server_address[1]}"
    log.info("%s/status tells the use of %s", where, agent.pod.workspace)
