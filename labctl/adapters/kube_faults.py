"""What to say when the API server refuses or does not answer. Sending and retrying is kube.py's."""

from __future__ import annotations

import json
import ssl

from labctl.errors import ToolError

_QUOTED = 160
# A kubeconfig of another cluster, or one whose certificate has expired.
_HINTS = dict.fromkeys((401, 403), "`labctl up --from control_plane` fetches the kubeconfig anew")


class UnreachableError(ToolError):
    """There is no connection to the API server, or no trust: no other path would fare better."""


def refused(path: str, status: int, reason: str | None, body: bytes) -> tuple[str, str | None]:
    """The message and the hint for an answer of 400 or more; with what the API server's Status says, if it is one."""
    message = f"the API server refused {path}: {status} {reason or ''}".rstrip()
    said = _status_message(body)
    return (f"{message}: {said}" if said else message), _HINTS.get(status)


def _status_message(body: bytes) -> str:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    text = data.get("message") if isinstance(data, dict) else None
    return " ".join(text.split())[:_QUOTED] if isinstance(text, str) else ""


def largest_told(path: str, largest: int) -> str:
    """The message for an answer that does not end where any of a lab does."""
    return f"the API server's answer to {path} is larger than {largest / 2**20:.3g} MB: it was not read to its end"


def unreachable(error: Exception) -> bool:
    """Whether it is the connection that could not be made, not the answer that did not come."""
    from urllib3 import exceptions

    refusals = (exceptions.ConnectTimeoutError, ssl.SSLCertVerificationError)
    return any(isinstance(each, refusals) for each in _chain(error))


def unanswered(host: str, path: str, error: Exception) -> str:
    """The message for an exception of urllib3 or of the operating system, without urllib3's names of its objects."""
    from urllib3 import exceptions

    for each in _chain(error):
        if isinstance(each, ssl.SSLCertVerificationError):
            return f"the certificate of the API server at {host} is refused: {each.verify_message}"
        if isinstance(each, ssl.SSLError):
            return f"the API server at {host} takes no TLS connection of ours: {each.reason or each}"
        if isinstance(each, exceptions.IncompleteRead):
            return f"the API server's answer to {path} was cut off after {each.partial} bytes"
    # urllib3's NewConnectionError, a refusal at once, is a ConnectTimeoutError by descent only.
    if isinstance(error, exceptions.ConnectTimeoutError) and not isinstance(error, exceptions.NewConnectionError):
        return f"the API server at {host} does not answer: no connection in time"
    if isinstance(error, exceptions.ReadTimeoutError | TimeoutError):
        return f"the API server at {host} did not answer {path} in time"
    return f"the API server at {host} does not answer: {_root(error)}"


def _chain(error: BaseException) -> list[BaseException]:
    """The exception and what caused it."""
    found: list[BaseException] = []
    next_one: BaseException | None = error
    while next_one is not None and next_one not in found:
        found.append(next_one)
        inner = next((each for each in next_one.args if isinstance(each, BaseException)), None)
        next_one = inner or next_one.__cause__ or next_one.__context__
    return found


def _root(error: BaseException) -> str:
    """The operating system's own words where there are any."""
    words = [each.strerror for each in _chain(error) if isinstance(each, OSError) and each.strerror]
    return words[0] if words else str(error)
