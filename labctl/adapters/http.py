"""Downloads files and small documents over HTTP: resumed after a cut, bounded in time and tries, checked before use.

The only importer of httpx (inside functions: it is slow to import). What the files mean is the sources' business.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from labctl import __version__
from labctl.adapters.http_faults import (
    PassingError,
    StoppedError,
    server_fault,
    status_fault,
    transport_fault,
)
from labctl.adapters.limits import Limits, Pace, Tries
from labctl.adapters.partial import Origin, PartialFile, validator, write_all
from labctl.errors import ToolError
from labctl.sources.staging import disk_errors

if TYPE_CHECKING:
    import httpx

_OK, _PARTIAL, _UNAUTHORIZED, _RANGE = 200, 206, 401, 416
_T = TypeVar("_T")
OnBytes = Callable[[int, int | None], None]
Authorize = Callable[[str | None], Mapping[str, str]]


@dataclass(frozen=True)
class Remote:
    """A file on a server. sha256 and size where they are known beforehand; hint: what else could serve.

    authorize gives the headers that a server with tokens wants; called with its challenge after a 401.
    """

    url: str
    hint: str | None = None
    sha256: str | None = None
    size: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    authorize: Authorize | None = None


@dataclass(frozen=True)
class Answer:
    """A small document: its headers (lower-case names) and body."""

    headers: Mapping[str, str]
    body: bytes


class HttpClient:
    """Fetches with one connection pool; may be used by several threads. stop() ends all transfers soon."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None

    def stop(self) -> None:
        """Make every transfer under way raise StoppedError, waits included; partial files stay."""
        self._stop.set()

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()

    def get(self, remote: Remote, limit: int = 4 << 20) -> Answer:
        """Fetch a document of at most `limit` bytes. Raises ToolError naming the URL and what came instead."""

        def attempt() -> Answer:
            with self._open(remote, {}) as response:
                body = bytearray()
                for chunk in response.iter_raw():
                    body += chunk
                    if len(body) > limit:
                        raise server_fault(remote.url, f"sends more than {limit} bytes", remote.hint)
                return Answer({k.lower(): v for k, v in response.headers.items()}, bytes(body))

        answer = self._persist(remote, attempt, lambda: 0)
        if remote.sha256 is not None and hashlib.sha256(answer.body).hexdigest() != remote.sha256:
            got = hashlib.sha256(answer.body).hexdigest()
            raise server_fault(remote.url, f"has sha256 {got}, expected {remote.sha256}", remote.hint)
        return answer

    def download(self, remote: Remote, partial: PartialFile, on_bytes: OnBytes) -> str:
        """Bring the whole file into `partial`, going on where it ends, and return its sha256.

        The caller takes the file to its place (PartialFile.finish). Raises ToolError: refused, unreachable, not what
        was expected (the partial file is then gone), disk full (it stays).
        """
        resumed = partial.size() > 0
        with disk_errors(partial.path):
            while True:
                self._persist(remote, lambda: self._attempt(remote, partial, on_bytes), partial.size)
                sha256 = partial.sha256()
                if remote.sha256 in (None, sha256):
                    return sha256
                size = partial.size()
                partial.discard()
                if not resumed:
                    wrong = f"has sha256 {sha256} ({size} bytes), expected {remote.sha256}"
                    raise server_fault(remote.url, wrong, remote.hint)
                # The bytes of an earlier run may be the bad ones: once more from nothing.
                resumed = False

    def _attempt(self, remote: Remote, partial: PartialFile, on_bytes: OnBytes) -> None:
        offset, headers = _resume_point(remote, partial)
        if offset and offset == _expected_size(remote, partial):
            return
        total: int | None
        try:
            with self._open(remote, headers) as response:
                if response.status_code == _PARTIAL:
                    total = _total_of_range(response.headers.get("content-range", ""), offset, partial.origin())
                else:
                    offset, total = 0, _length(response.headers)
                    partial.start(Origin(remote.url, validator(response.headers), total))
                if remote.size is not None and total not in (None, remote.size):
                    partial.discard()
                    raise server_fault(remote.url, f"has {total} bytes, expected {remote.size}", remote.hint)
                self._receive(response, partial, offset, total or remote.size, on_bytes)
        except _RangeError:
            partial.discard()
            raise
        expected = total if total is not None else remote.size
        if expected is not None and partial.size() != expected:
            raise PassingError(f"{partial.size()} bytes came instead of {expected}")

    def _receive(
        self, response: httpx.Response, partial: PartialFile, offset: int, total: int | None, on_bytes: OnBytes
    ) -> None:
        pace = Pace(self._limits.slowest, self._limits.read)
        done = offset
        with partial.append() as stream:
            # As they arrive: chunks of a fixed size would be lost with a cut.
            for chunk in response.iter_raw():
                if self._stop.is_set():
                    raise StoppedError
                write_all(stream, chunk)
                done += len(chunk)
                if total is not None and done > total:
                    raise _RangeError(f"more than the expected {total} bytes came")
                on_bytes(done, total)
                pace.check(done)

    @contextlib.contextmanager
    def _open(self, remote: Remote, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """Send a GET; yields a good answer (200, or 206 to a range). Raises PassingError, ToolError."""
        wanted = {"Accept-Encoding": "identity", **remote.headers, **headers}
        response = self._send(remote.url, {**wanted, **(remote.authorize(None) if remote.authorize else {})})
        if response.status_code == _UNAUTHORIZED and remote.authorize is not None:
            challenge = response.headers.get("www-authenticate", "")
            # Where a redirect led: it is that server which asks, and a redirect would drop the token again.
            asking = str(response.url)
            response.close()
            response = self._send(asking, {**wanted, **remote.authorize(challenge)})
        try:
            self._judge(remote, response, ranged="Range" in headers)
            yield response
        finally:
            response.close()

    def _send(self, url: str, headers: Mapping[str, str]) -> httpx.Response:
        client = self._connection()
        return client.send(client.build_request("GET", url, headers=dict(headers)), stream=True)

    def _judge(self, remote: Remote, response: httpx.Response, *, ranged: bool) -> None:
        status = response.status_code
        if status == _RANGE and ranged:
            raise _RangeError("the server refuses to go on where the last try ended")
        if not (status == _OK or (status == _PARTIAL and ranged)):
            fault = status_fault(status, response.reason_phrase, response.headers)
            raise fault if isinstance(fault, PassingError) else server_fault(remote.url, fault, remote.hint)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in ("text/html", "application/xhtml+xml"):
            raise server_fault(
                remote.url, "the server answered with a web page (text/html) instead of the file", remote.hint
            )
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise server_fault(remote.url, "the server sends a compressed form that was not asked for", remote.hint)

    def _persist(self, remote: Remote, attempt: Callable[[], _T], reached: Callable[[], int]) -> _T:
        """Call attempt until it succeeds, while faults pass; tries count from the last progress (bytes on disk)."""
        from tenacity import Retrying, retry_if_exception_type
        from tenacity.nap import sleep_using_event

        tries = Tries(self._limits, reached)
        retrying = Retrying(
            retry=retry_if_exception_type(PassingError),
            stop=lambda _: self._stop.is_set() or tries.over,
            wait=lambda _: tries.wait,
            # An event instead of a sleep: stop() ends the wait.
            sleep=sleep_using_event(self._stop),
            reraise=True,
        )
        try:
            return retrying(lambda: self._tried(remote, attempt, tries))
        except PassingError as fault:
            if self._stop.is_set():
                raise StoppedError from fault
            times = f"tried {tries.total} times" if tries.total > 1 else "tried once"
            raise server_fault(remote.url, f"{fault.what} ({times})", remote.hint) from fault

    def _tried(self, remote: Remote, attempt: Callable[[], _T], tries: Tries) -> _T:
        import httpx

        if self._stop.is_set():
            raise StoppedError
        try:
            return attempt()
        except (httpx.HTTPError, httpx.InvalidURL, PassingError) as error:
            fault = transport_fault(error, self._limits.connect, self._limits.read)
            if isinstance(fault, PassingError):
                tries.failed(fault)
                raise fault from error
            raise server_fault(remote.url, fault, remote.hint) from error

    def _connection(self) -> httpx.Client:
        import httpx

        from labctl.adapters.tls import trust

        with self._lock:
            if self._client is None:
                self._client = httpx.Client(
                    timeout=httpx.Timeout(self._limits.read, connect=self._limits.connect),
                    limits=httpx.Limits(max_connections=None),
                    follow_redirects=True,
                    max_redirects=8,
                    verify=trust(),
                    headers={"User-Agent": f"labctl/{__version__}"},
                    event_hooks={"response": [_no_downgrade]},
                )
            return self._client


class _RangeError(PassingError):
    """What is here does not fit what the server has: begin again from nothing."""


def _resume_point(remote: Remote, partial: PartialFile) -> tuple[int, dict[str, str]]:
    """(bytes that are kept, headers that ask for the rest).

    Without a checksum to judge the whole by, only the server's own mark of the version makes going on safe.
    """
    origin, size = partial.origin(), partial.size()
    mark = origin.validator if origin is not None and origin.url == remote.url else None
    if origin is None or size == 0 or (mark is None and remote.sha256 is None):
        return 0, {}
    headers = {"Range": f"bytes={size}-"}
    return size, {**headers, "If-Range": mark} if mark is not None else headers


def _expected_size(remote: Remote, partial: PartialFile) -> int | None:
    origin = partial.origin()
    return remote.size if remote.size is not None else (origin.total if origin is not None else None)


def _total_of_range(content_range: str, offset: int, origin: Origin | None) -> int:
    """The whole file's size as a 206 answer tells it. Raises _RangeError if it is not the rest that was asked for."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", content_range.strip())
    if found is None or int(found[1]) != offset:
        raise _RangeError(f"asked for the bytes from {offset}, the server sent {content_range or 'others'}")
    total = int(found[2])
    if origin is not None and origin.total not in (None, total):
        raise _RangeError(f"the file had {origin.total} bytes, now it has {total}")
    return total


def _length(headers: Mapping[str, str]) -> int | None:
    value = headers.get("content-length", "")
    return int(value) if value.isdigit() else None


def _no_downgrade(response: httpx.Response) -> None:
    """Refuse to be redirected from https to http: what is pinned at its first fill has no other protection."""
    if response.has_redirect_location and response.url.scheme == "https":
        target = response.url.join(response.headers["location"])
        if target.scheme != "https":
            raise ToolError(f"{response.url}: redirects to {target}, which is not protected by TLS")
