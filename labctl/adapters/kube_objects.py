"""Makes and removes objects in the lab's cluster, over the same connections as kube.py looks at it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from labctl.adapters.kube import KubernetesApi
from labctl.errors import ToolError

# Seconds. A webhook that does not answer holds the API server's own answer back for 10 and more.
_CONNECT_SECONDS, _ANSWER_SECONDS = 3.0, 8.0
_HINT = "`labctl up` looks at the nodes and heals the control plane"
# No grace: what is deleted goes at once, and what belongs to it goes without anybody waiting.
_AT_ONCE = {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0, "propagationPolicy": "Background"}
_REFUSED, _NOT_FOUND = 400, 404


class KubernetesObjects(KubernetesApi):
    """Fulfils ClusterObjects with the lab's kubeconfig."""

    def create(self, path: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """POST an object, as ports.ClusterObjects.create says."""
        name = str(document["metadata"]["name"])
        status, answer = self._send("POST", path, document)
        if status >= _REFUSED:
            raise _refused(f"make {name}", status, answer)
        return answer

    def delete(self, path: str) -> None:
        """DELETE, as ports.ClusterObjects.delete says."""
        status, answer = self._send("DELETE", path, _AT_ONCE)
        if status >= _REFUSED and status != _NOT_FOUND:
            raise _refused(f"delete {path}", status, answer)

    def _send(self, method: str, path: str, document: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """The status and the object of the answer; an answer that is none is told as a message."""
        import urllib3

        try:
            answer = self._pool.request(
                method,
                self._host + path,
                body=json.dumps(document).encode(),
                headers={"Accept": "application/json", "Content-Type": "application/json"},
                # A connection that fails has changed nothing: it is tried again. Whatever came after that is not.
                retries=urllib3.Retry(total=2, connect=2, read=0, status=0, redirect=0, other=0, backoff_factor=0.2),
                timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_ANSWER_SECONDS),
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            why = getattr(error, "reason", None) or error
            raise ToolError(f"the API server at {self._host} does not answer: {why}", hint=_HINT) from None
        try:
            data = json.loads(answer.data)
        except (ValueError, RecursionError):
            data = None
        said = answer.data.decode("utf-8", "replace")[:500]
        return answer.status, data if isinstance(data, dict) else {"message": said}


def _refused(what: str, status: int, answer: Mapping[str, Any]) -> ToolError:
    return ToolError(f"the API server refused to {what}: {answer.get('message') or status}", hint=_HINT)
