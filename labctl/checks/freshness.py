"""Whether the API tells what is so now: after machines were started again, it tells what was, until kubelets report."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from labctl.facts import Facts, NotObservedError


def stale(facts: Facts, since: float, nodes: Collection[str]) -> list[str]:
    """What of these nodes is told from before `since` (seconds since 1970): names of nodes and of kube-system's pods.

    A node's heartbeat and the start of each container in its pods must be newer; the API gives whole seconds.
    """
    try:
        old = [node.name for node in facts.nodes() if node.name in nodes and _before(node.heartbeat, since)]
        pods = [pod for pod in facts.pods() if pod.node in nodes]
        old += [pod.name for pod in pods if any(_before(time, since) for time in pod.started)]
    except NotObservedError as error:
        return [error.reason]
    return old


def _before(time: str, since: float) -> bool:
    try:
        return datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp() < int(since)
    except ValueError:
        return True
