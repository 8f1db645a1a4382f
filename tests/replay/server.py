"""The replay server: TLS, only for clients of its authority, an answer for each path of a recording, or a fault."""

from __future__ import annotations

import json
import ssl
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from labctl.collect import API_PATHS, api_file
from tests.replay.authority import Authority, Certificate
from tests.replay.faults import Fault

_NOT_FOUND = {"kind": "Status", "status": "Failure", "message": "the server could not find the requested resource"}


class ReplayServer(ThreadingHTTPServer):
    """answers: path -> (status, body). faults: path -> how each request of it is answered instead.

    once: path -> faults that are used up one a request, before `faults`. asked: the paths in their order.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, context: ssl.SSLContext, files: Mapping[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        # The handshake belongs to the connection's own thread: one that refuses it must not stop the server.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.answers = {path: (200, files[api_file(path)]) for path in API_PATHS if api_file(path) in files}
        self.faults: dict[str, Fault] = {}
        self.once: dict[str, list[Fault]] = defaultdict(list)
        self.asked: list[str] = []
        self.sent = 0
        self.closing = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def says(self, path: str, document: object, status: int = 200) -> None:
        self.answers[path] = (status, json.dumps(document).encode())

    def handle_error(self, *_: object) -> None:
        """Clients that refuse the certificate end the handshake: expected."""


class Exchange(BaseHTTPRequestHandler):
    """One connection, and the answer to each of its requests."""

    protocol_version = "HTTP/1.1"
    # Headers and body in one segment: otherwise each answer waits for the client's delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: ReplayServer

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        queued = self.server.once[self.path]
        fault = queued.pop(0) if queued else self.server.faults.get(self.path)
        if fault is None:
            self.answer(*self.recorded())
        else:
            fault(self)

    def recorded(self) -> tuple[int, bytes]:
        """What the recording has for the path; the API server's 404 where it has nothing."""
        return self.server.answers.get(self.path) or (404, json.dumps(_NOT_FOUND).encode())

    def answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.begin(status, {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})})
        self.wfile.write(body)

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Tests read `asked`."""


def tls_context(authority: Authority, certificate: Certificate) -> ssl.SSLContext:
    """Shows that certificate, and takes only clients of the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(certificate[0] + certificate[1])
        file.flush()
        context.load_cert_chain(file.name)
    context.load_verify_locations(cadata=authority.pem.decode())
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@contextmanager
def serving(
    authority: Authority, files: Mapping[str, bytes] | None = None, certificate: Certificate | None = None
) -> Iterator[ReplayServer]:
    """A replay server of a recording's files (none: it knows no path) on a free port of 127.0.0.1."""
    shown = certificate or authority.issue("kube-apiserver")
    server = ReplayServer(tls_context(authority, shown), files or {})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
