"""Asks the lab's API server through the kubernetes client: plain JSON, certificate checked, bounded in time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from labctl.errors import ToolError

# Seconds for the connection and for the answer: a healthy API server of four nodes answers in milliseconds.
_TIMEOUT = (3.0, 8.0)


class KubernetesApi:
    """Fulfils ClusterApi with the lab's kubeconfig. Building one imports the client, which costs half a second."""

    def __init__(self, kubeconfig: Path) -> None:
        import urllib3
        from kubernetes import client, config

        if not kubeconfig.is_file():
            raise ToolError("the lab has no kubeconfig yet", hint="labctl up")
        settings = client.Configuration()
        # Connection faults are retried; an answer, whatever it says, is an answer.
        settings.retries = urllib3.Retry(total=2, connect=2, read=0, status=0, redirect=0, backoff_factor=0.2)
        try:
            config.load_kube_config(config_file=str(kubeconfig), client_configuration=settings, persist_config=False)
        except Exception as error:
            raise ToolError(f"{kubeconfig} cannot be used: {error}", hint="labctl up --from control_plane") from None
        self._client = client.ApiClient(settings)
        self._host = settings.host
        self._failure = client.ApiException

    def get(self, path: str) -> dict[str, Any]:
        """GET a path, as ports.ClusterApi.get says."""
        import urllib3.exceptions

        command = ["kubectl", "get", "--raw", path]
        try:
            answer = self._client.call_api(
                "GET", self._host + path, header_params={"Accept": "application/json"}, _request_timeout=_TIMEOUT
            )
            body = answer.read()
            if answer.status >= 400:  # noqa: PLR2004
                text = body.decode("utf-8", "replace")[:500]
                raise ToolError(f"the API server refused {path}: {answer.status}", command=command, output=text)
            data = json.loads(body)
        except self._failure as error:
            raise ToolError(f"the API server refused {path}: {error.status}", command=command) from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ToolError(
                f"the API server at {self._host} does not answer: {_reason(error)}", command=command
            ) from None
        except ValueError:
            raise ToolError(f"the API server's answer to {path} is not JSON", command=command) from None
        if not isinstance(data, dict):
            raise ToolError(f"the API server's answer to {path} is not an object", command=command)
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
    inner = getattr(error, "reason", None) or error
    return str(inner).split("object at", maxsplit=1)[0] if inner is error else str(inner).split(">: ")[-1]
