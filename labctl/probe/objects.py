"""What a deep look makes in the cluster, as plain Kubernetes objects: a namespace of its own and two pods on each node.

Nothing is asked of the cluster here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labctl.facts.probes import pod_name

PORT = 8080
PURPOSE = {"app.kubernetes.io/managed-by": "labctl", "app.kubernetes.io/component": "probe"}
OWNER = "labctl/owner"
_ACCOUNT = "probe"
# A labctl that is killed removes nothing: its pods end by themselves.
_LONGEST_SECONDS = 300

# The peer says its own name and whom it saw: busybox's httpd tells a CGI program the other end's address.
_SERVE = f"""
mkdir -p /www/cgi-bin
printf '#!/bin/sh\\necho; echo "$LABCTL_PROBE $REMOTE_ADDR"\\n' >/www/cgi-bin/peer
chmod 0755 /www/cgi-bin/peer
exec httpd -f -p 0.0.0.0:{PORT} -h /www
"""
_REST = f"exec sleep {_LONGEST_SECONDS}"


def host_pod_name(node: str) -> str:
    """The name of the probe pod in the host network of a node."""
    return f"host-{node}"


def namespace(name: str, owner: str) -> dict[str, Any]:
    """The namespace of one run; owner says which process removes it again."""
    metadata = {"name": name, "labels": dict(PURPOSE), "annotations": {OWNER: owner}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def account() -> dict[str, Any]:
    """A service account of ours: pods need one, and the namespace's default one comes only after a while."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": _ACCOUNT, "labels": dict(PURPOSE)},
        "automountServiceAccountToken": False,
    }


def probe_pods(node: str, image: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The pod of the pod network, which answers, and the one in the host network, on that node."""
    server = _pod(pod_name(node), node, image, _SERVE, {"dnsPolicy": "ClusterFirst"})
    host = _pod(host_pod_name(node), node, image, _REST, {"hostNetwork": True, "dnsPolicy": "Default"})
    return server, host


def _pod(name: str, node: str, image: str, script: str, network: Mapping[str, Any]) -> dict[str, Any]:
    container = {
        "name": "probe",
        "image": image,
        # From the bundle, as the node loaded it: a pull would need a network that a lab may not have.
        "imagePullPolicy": "Never",
        "command": ["sh", "-c", script],
        # A pod's host name is cut off where its name is long.
        "env": [{"name": "LABCTL_PROBE", "value": name}],
        "resources": {"requests": {"cpu": "1m", "memory": "4Mi"}, "limits": {"memory": "64Mi"}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": dict(PURPOSE)},
        "spec": {
            # Placed here and not by the scheduler: a cordoned node has a network, too.
            "nodeName": node,
            "tolerations": [{"operator": "Exists"}],
            "serviceAccountName": _ACCOUNT,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "activeDeadlineSeconds": _LONGEST_SECONDS,
            "containers": [container],
            **network,
        },
    }
