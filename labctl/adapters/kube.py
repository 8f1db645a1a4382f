"""Asks the lab's API server through the kubernetes client: plain JSON, certificate checked, bounded in time."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from labctl.errors import ToolError

# Seconds for the connection and for the answer: a healthy API server of four nodes answers in milliseconds.
_CONNECT_SECONDS, _ANSWER_SECONDS = 3.0, 8.0
_OBJECT = re.compile(r"^\w+\(host=[^)]*\): ")
_HINT = "`labctl up` looks at the nodes and heals the control plane"
# A kubeconfig of another cluster, or one whose certificate has expired.
_REFUSED = dict.fromkeys((401, 403), "`labctl up --from control_plane` fetches the kubeconfig anew")


class KubernetesApi:
    """Fulfils ClusterApi with the lab's kubeconfig. Building one imports the client, which costs half a second."""

    def __init__(self, kubeconfig: Path) -> None:
        import urllib3
        from kubernetes import client, config

        if not kubeconfig.is_file():
            raise ToolError("the lab has no kubeconfig yet", hint="labctl up")
        settings = client.Configuration()
        try:
            config.load_kube_config(config_file=str(kubeconfig), client_configuration=settings, persist_config=False)
        except Exception as error:
            raise ToolError(f"{kubeconfig} cannot be used: {error}", hint="labctl up --from control_plane") from None
        # The lab is on this computer: the proxy of its environment leads elsewhere.
        settings.proxy = None
        self._host = settings.host
        # The pool with the kubeconfig's certificates: the client's own calls differ from release to release.
        self._pool = client.ApiClient(settings).rest_client.pool_manager
        # Connection faults are retried; an answer, whatever it says, is an answer, and a refused certificate stays one.
        self._retries = urllib3.Retry(total=2, connect=2, read=0, status=0, redirect=0, other=0, backoff_factor=0.2)
        self._timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=_ANSWER_SECONDS)

    def get(self, path: str) -> dict[str, Any]:
        """GET a path, as ports.ClusterApi.get says."""
        import urllib3.exceptions

        command = ["kubectl", "get", "--raw", path]
        try:
            answer = self._pool.request(
                "GET",
                self._host + path,
                headers={"Accept": "application/json"},
                retries=self._retries,
                timeout=self._timeout,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ToolError(
                f"the API server at {self._host} does not answer: {_reason(error)}", command=command, hint=_HINT
            ) from None
        body: bytes = answer.data
        if answer.status >= 400:  # noqa: PLR2004
            raise ToolError(
                f"the API server refused {path}: {answer.status} {answer.reason}",
                command=command,
                output=body.decode("utf-8", "replace")[:500],
                hint=_REFUSED.get(answer.status),
            )
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            raise ToolError(f"the API server's answer to {path} is not JSON", command=command, hint=_HINT) from None
        if not isinstance(data, dict):
            raise ToolError(f"the API server's answer to {path} is not an object", command=command, hint=_HINT)
        return data

    def get_many(self, paths: Sequence[str]) -> dict[str, dict[str, Any] | Exception]:
        """GET several paths at once, as ports.ClusterApi.get_many says."""

        def one(path: str) -> dict[str, Any] | Exception:
            try:
                return self.get(path)
            except ToolError as error:
                return error

        with ThreadPoolExecutor(max_workers=max(1, len(paths))) as pool:
            return dict(zip(paths, pool.map(one, paths), strict=True))


def _reason(error: Exception) -> str:
    """What went wrong, without urllib3's names of its own objects."""
    return _OBJECT.sub("", str(getattr(error, "reason", None) or error))
