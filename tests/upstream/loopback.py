"""An HTTP server on 127.0.0.1 that serves files as real ones do, and misbehaves on demand.

A fault is a function (Request) -> None that answers one request in place of the server; faults of a path are used up
one a request, `always` ones are not.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Seen:
    method: str
    path: str
    range: str | None
    status: int | None = None
    sent: int = 0


@dataclass
class Loopback:
    files: dict = field(default_factory=dict)  # path -> bytes
    types: dict = field(default_factory=dict)  # path -> content type
    faults: dict = field(default_factory=lambda: defaultdict(list))
    always: dict = field(default_factory=dict)
    guard: object = None  # (Request) -> bool: whether it answered itself
    seen: list = field(default_factory=list)
    ranges: bool = True
    etags: bool = True

    def __post_init__(self):
        self.closing = threading.Event()
        owner = self

        class Handler(Request):
            loopback = owner

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    @property
    def base(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def gets(self, path):
        return [seen for seen in self.seen if seen.path == path and seen.method == "GET"]


class Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    loopback: Loopback

    def log_message(self, *arguments):
        pass

    def do_HEAD(self):
        self.content = b""
        self.respond()

    def do_GET(self):
        self.respond()

    def respond(self):
        loopback = self.loopback
        self.entry = Seen(self.command, self.path, self.headers.get("Range"))
        loopback.seen.append(self.entry)
        self.content = loopback.files.get(self.path)
        try:
            if loopback.guard is not None and loopback.guard(self):
                return
            if self.path in loopback.always:
                loopback.always[self.path](self)
            elif loopback.faults[self.path] and self.command == "GET":
                loopback.faults[self.path].pop(0)(self)
            else:
                self.serve()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def start(self, status, length=None, **headers):
        self.entry.status = status
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def write(self, data):
        self.entry.sent += len(data)
        if self.command != "HEAD":
            self.wfile.write(data)

    def serve(self):
        """As a good server: ETag, ranges, If-Range."""
        content = self.content
        if content is None:
            self.start(404, 9)
            self.write(b"not here\n")
            return
        tag = f'"{hashlib.sha256(content).hexdigest()[:12]}"'
        headers = {"Content_Type": self.loopback.types.get(self.path, "application/octet-stream")}
        if self.loopback.etags:
            headers["ETag"] = tag
        first = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        valid = self.headers.get("If-Range") in (None, tag)
        if first and valid and self.loopback.ranges:
            offset = int(first[1])
            if offset >= len(content):
                self.start(416, 0, Content_Range=f"bytes */{len(content)}")
                return
            rest = content[offset:]
            self.start(206, len(rest), Content_Range=f"bytes {offset}-{len(content) - 1}/{len(content)}", **headers)
            self.write(rest)
            return
        self.start(200, len(content), **headers)
        self.write(content)


def status(code, **headers):
    def fault(request):
        request.start(code, 5, **headers)
        request.write(b"sorry")

    return fault


def cut_after(count):
    """A right beginning, then the connection ends."""

    def fault(request):
        offset = int((request.headers.get("Range") or "bytes=0-")[6:-1])
        content = request.content
        tag = f'"{hashlib.sha256(content).hexdigest()[:12]}"'
        if offset:
            total = f"bytes {offset}-{len(content) - 1}/{len(content)}"
            request.start(206, len(content) - offset, Content_Range=total, ETag=tag)
        else:
            request.start(200, len(content), ETag=tag)
        request.write(content[offset : offset + count])
        request.close_connection = True

    return fault


def stall_after(count):
    """A right beginning, then silence until the server closes."""

    def fault(request):
        cut_after(count)(request)
        request.wfile.flush()
        request.loopback.closing.wait(30)

    return fault


def web_page(request):
    request.start(200, 26, Content_Type="text/html; charset=utf-8")
    request.write(b"<html>Please log in</html>")


def instead(content, **headers):
    """Another content, as if it were the file."""

    def fault(request):
        request.start(200, len(content), **headers)
        request.write(content)

    return fault


def announces(length):
    """The right content under a wrong Content-Length."""

    def fault(request):
        request.start(200, length)
        request.write(request.content)
        request.close_connection = True

    return fault


def redirect(target):
    def fault(request):
        request.start(302, 0, Location=target)

    return fault


def whole(request):
    """Ignores ranges."""
    request.start(200, len(request.content))
    request.write(request.content)
