"""Asks the lab's API server by the kubeconfig that the kubernetes client reads: plain JSON, bounded in time and size.

The server's certificate is checked, whatever the kubeconfig says. What the answers mean is read in labctl/facts.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labctl.adapters.kube_faults import UnreachableError, largest_told, refused, unanswered, unreachable
from labctl.adapters.kube_lanes import at_once
from labctl.errors import NotFoundError, ToolError

if TYPE_CHECKING:
    import ssl

    from kubernetes import client
    from urllib3 import BaseHTTPResponse

_HINT = "`labctl up` looks at the nodes and heals the control plane"
_CHUNK = 2**16
# Connections that may be kept: as many as a look asks paths.
_KEPT = 12
_REFUSED, _NOT_FOUND = 400, 404


@dataclass(frozen=True)
class Patience:
    """Seconds to connect, seconds for a whole answer, tries where the connection fails, seconds between the first two.

    largest: bytes of one answer; a lab of 250 nodes has lists of 6 MB. A healthy API server answers in milliseconds.
    """

    connect: float = 3.0
    answer: float = 8.0
    tries: int = 3
    pause: float = 0.2
    largest: int = 8 * 2**20


class KubernetesApi:
    """Fulfils ClusterApi with the lab's kubeconfig. The first one imports the client, which costs half a second."""

    def __init__(self, kubeconfig: Path, patience: Patience | None = None) -> None:
        import urllib3

        if not kubeconfig.is_file():
            raise ToolError("the lab has no kubeconfig yet", hint="labctl up")
        try:
            settings = _settings(kubeconfig)
            context = _context(settings)
        except Exception as error:
            raise ToolError(f"{kubeconfig} cannot be used: {error}", hint="labctl up --from control_plane") from None
        self._host = settings.host.rstrip("/")
        self._patience = patience or Patience()
        # The client's own pool reads the certificates anew for each connection; one context serves all of them.
        # No proxy: the lab is on this computer, the proxy of its environment leads elsewhere.
        self._pool = urllib3.PoolManager(
            maxsize=_KEPT, ssl_context=context, server_hostname=settings.tls_server_name or None
        )

    def get(self, path: str) -> dict[str, Any]:
        """GET a path, as ports.ClusterApi.get says."""
        body = self._body_of(path, self._deadline())
        command = ["kubectl", "get", "--raw", path]
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            raise ToolError(f"the API server's answer to {path} is not JSON", command=command, hint=_HINT) from None
        if not isinstance(data, dict):
            raise ToolError(f"the API server's answer to {path} is not an object", command=command, hint=_HINT)
        return data

    def get_many(self, paths: Sequence[str]) -> dict[str, bytes | Exception]:
        """GET several paths at once, as ports.ClusterApi.get_many says; all have one deadline."""
        deadline = self._deadline()
        return at_once(paths, lambda path: self._body_of(path, deadline))

    def _deadline(self) -> float:
        return time.monotonic() + self._patience.connect + self._patience.answer

    def _body_of(self, path: str, deadline: float) -> bytes:
        """The body of a good answer. Raises ToolError, UnreachableError where no path would fare better."""
        command = ["kubectl", "get", "--raw", path]
        answer, body = self._answer(path, deadline, command)
        if answer.status < _REFUSED:
            return body
        kind = NotFoundError if answer.status == _NOT_FOUND else ToolError
        message, hint = refused(path, answer.status, answer.reason, body)
        raise kind(message, command=command, output=body[:500].decode("utf-8", "replace"), hint=hint)

    def _answer(self, path: str, deadline: float, command: list[str]) -> tuple[BaseHTTPResponse, bytes]:
        """The answer and its body. Only a connection that fails is tried again: GET changes nothing.

        An answer, whatever it says, is an answer; a refused certificate stays one; and who was silent for as long as
        there is patience is not waited for twice.
        """
        import tenacity
        from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._patience.tries),
            wait=tenacity.wait_exponential(self._patience.pause),
            retry=tenacity.retry_if_exception_type((NewConnectionError, ProtocolError)),
            reraise=True,
        )
        try:
            return retrying(self._once, path, deadline)
        except (HTTPError, OSError) as error:
            kind = UnreachableError if unreachable(error) else ToolError
            raise kind(unanswered(self._host, path, error), command=command, hint=_HINT) from None

    def _once(self, path: str, deadline: float) -> tuple[BaseHTTPResponse, bytes]:
        import urllib3

        left = max(deadline - time.monotonic(), 0.001)
        answer = self._pool.request(
            "GET",
            self._host + path,
            headers={"Accept": "application/json"},
            retries=False,
            redirect=False,
            timeout=urllib3.Timeout(connect=min(self._patience.connect, left), read=min(self._patience.answer, left)),
            preload_content=False,
            decode_content=False,
        )
        try:
            body = self._body(answer, path, deadline)
        except BaseException:
            answer.close()
            raise
        answer.release_conn()
        return answer, body

    def _body(self, answer: BaseHTTPResponse, path: str, deadline: float) -> bytes:
        """All of the body, as long as it ends in time and is not too large. Raises ToolError otherwise."""
        chunks, size = [], 0
        while chunk := answer.read1(_CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            if size > self._patience.largest:
                raise ToolError(largest_told(path, self._patience.largest), hint=_HINT)
            if time.monotonic() > deadline:
                raise TimeoutError(f"only {size} bytes of an answer came in time")
        return b"".join(chunks)


def _settings(kubeconfig: Path) -> client.Configuration:
    """What the kubernetes client makes of the kubeconfig. Raises whatever that raises, ValueError for plain http."""
    import yaml
    from kubernetes import client, config

    settings = client.Configuration()
    # libyaml's loader where there is one: the client's own takes milliseconds for each certificate.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content = yaml.load(kubeconfig.read_text(), Loader=loader)  # noqa: S506 - both loaders are safe ones
    config.load_kube_config_from_dict(content, client_configuration=settings, persist_config=False)
    if not str(settings.host).startswith("https://"):
        raise ValueError(f"its server {settings.host} is not reached by https")
    return settings


def _context(settings: client.Configuration) -> ssl.SSLContext:
    """The cluster's authority and the administrator's certificate; always checking, also the name."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if settings.ssl_ca_cert:
        context.load_verify_locations(cafile=settings.ssl_ca_cert)
    else:
        context.load_default_certs()
    if settings.cert_file:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    return context
