"""What can go wrong when a server is asked, sorted into what passes by itself and what does not.

Only judging and wording belong here; asking is http.py's. httpx is imported inside the functions: it costs a
fifth of a second, which commands that download nothing need not pay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from labctl.errors import ToolError

TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500
_LONGEST_ASKED_WAIT = 60.0


class PassingError(Exception):
    """The request may well succeed when made again: a cut, a time-out, 429, 5xx. wait: seconds the server asked for."""

    def __init__(self, what: str, wait: float | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.wait = wait


class StoppedError(Exception):
    """Another transfer failed or the user interrupted: this one ended early, its partial file stays."""


def server_fault(url: str, what: str, hint: str | None) -> ToolError:
    """The error that names the address, what came instead of the file, and what else could serve."""
    return ToolError(f"{url}: {what}", hint=hint)


def status_fault(status: int, reason: str, headers: Mapping[str, str]) -> PassingError | str:
    """A refused request: a PassingError for 429 and 5xx, else the sentence for the final error."""
    what = f"the server answered {status} {reason}".rstrip()
    if status == TOO_MANY_REQUESTS or status >= SERVER_ERROR:
        return PassingError(what, _asked_wait(headers.get("retry-after")))
    return what


def transport_fault(error: Exception, connect: float, read: float) -> PassingError | str:
    """An httpx exception: a PassingError for faults of the connection, else the sentence for the final error."""
    import ssl

    import httpx

    if isinstance(error, PassingError):
        return error
    if any(isinstance(cause, ssl.SSLError) for cause in _causes(error)):
        return f"no trusted TLS connection: {error}"
    what = str(error) or type(error).__name__
    # The first kind that fits; subclasses stand before their bases.
    final: tuple[tuple[type[Exception], str], ...] = (
        (httpx.TooManyRedirects, "the server redirects in a circle"),
        (httpx.UnsupportedProtocol, f"cannot be asked: {what}"),
        (httpx.InvalidURL, f"is no address: {what}"),
        (httpx.ProxyError, f"the proxy refuses: {what}"),
    )
    passing: tuple[tuple[type[Exception], str], ...] = (
        (httpx.ConnectTimeout, f"no connection within {connect:g} s"),
        (httpx.TimeoutException, f"no bytes came for {read:g} s"),
        (httpx.ConnectError, f"no connection: {what}"),
        (httpx.TransportError, f"the connection was cut: {what}"),
    )
    for kind, sentence in final:
        if isinstance(error, kind):
            return sentence
    found = next((sentence for kind, sentence in passing if isinstance(error, kind)), None)
    return PassingError(found) if found is not None else f"{type(error).__name__}: {what}"


def _asked_wait(value: str | None) -> float | None:
    """Retry-After in seconds, bounded; a date is answered by our own backoff."""
    if value is None or not value.strip().isdigit():
        return None
    return min(float(value), _LONGEST_ASKED_WAIT)


def _causes(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__
