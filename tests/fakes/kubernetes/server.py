"""The HTTP server: sockets, connections that stay open, watches in chunks, and faults.

Rule: it knows nothing of Kubernetes but the headers that every answer carries.
"""

import json
import ssl
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from tests.fakes.kubernetes import statuses
from tests.fakes.kubernetes.faults import Plan
from tests.fakes.kubernetes.wire import Hangup, Request, Response, failure_response

LARGEST = 3 * 1024 * 1024  # bytes of a request's body


class Server:
    """Serves ``answer`` on a port of the loopback; ``log`` holds every request."""

    def __init__(self, answer: Callable[[Request], Response], clock: Callable[[], datetime]):
        self.answer = answer
        self.clock = clock
        self.faults = Plan()
        self.log: list[Request] = []
        self.mistakes: list[BaseException] = []  # of the fake itself
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._http: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    def start(self, certificate: Path | None = None, key: Path | None = None) -> str:
        """Begin to serve; the URL. With a certificate over TLS."""
        outer = self

        class Bound(_Handler):
            server_of = outer

        self._http = _Quiet(("127.0.0.1", 0), Bound)
        scheme = "http"
        if certificate and key:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            # The handshake belongs to a connection's own thread: a client that leaves amid it
            # must not hold up the others.
            self._http.socket = context.wrap_socket(
                self._http.socket, server_side=True, do_handshake_on_connect=False
            )
            scheme = "https"
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.005,), name="fake-kubernetes", daemon=True
        )
        self._thread.start()
        return f"{scheme}://127.0.0.1:{self._http.server_port}"

    def stop(self) -> None:
        """End it, and every silence and watch with it."""
        self.closing.set()
        if self._http and self._thread:
            self._http.shutdown()
            self._thread.join()
            self._http.server_close()

    def noted(self, request: Request) -> Any:
        """Log a request; the fault that it meets."""
        with self._lock:
            self.log.append(request)
            return self.faults.take(request)


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no matter of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_of: Server

    def _serve(self) -> None:
        outer = self.server_of
        request, refused = self._request()
        fault = outer.noted(request)
        if fault is None:
            self._answer(request, refused)
            return
        if fault.applied:
            outer.answer(request)
        if fault.silence:
            outer.closing.wait(fault.silence)
        if fault.answer is None:
            self.close_connection = True
            return
        self._send(request, fault.answer)

    def _answer(self, request: Request, refused: Response | None) -> None:
        try:
            self._send(request, refused or self.server_of.answer(request))
        except Hangup:
            self.close_connection = True
        except OSError:
            raise
        except Exception as mistake:
            self.server_of.mistakes.append(mistake)
            raise

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve

    def _request(self) -> tuple[Request, Response | None]:
        parts = urlsplit(self.path)
        headers = {key.lower(): value for key, value in self.headers.items()}
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        size = int(headers.get("content-length") or 0)
        body = self.rfile.read(size)
        request = Request(self.command, parts.path, query, headers, body)
        if size > LARGEST:
            return request, failure_response(statuses.too_large(LARGEST))
        return request, None

    def _send(self, request: Request, response: Response) -> None:
        request.status = response.status
        self.send_response_only(response.status)
        self.send_header("Audit-Id", str(uuid4()))
        self.send_header("Cache-Control", "no-cache, private")
        self.send_header("Content-Type", response.content_type)
        now = self.server_of.clock().astimezone(timezone.utc)
        self.send_header("Date", format_datetime(now, usegmt=True))
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.stream is not None:
            self._send_stream(response)
            return
        payload = response.payload()
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)

    def _send_stream(self, response: Response) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        assert response.stream is not None
        for event in response.stream:
            line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:
        """The log is ``Server.log``."""
