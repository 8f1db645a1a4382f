"""What follows from the certificates that machines have: which are to be renewed, and where renewing does not help.

Pure: everything is judged by the machine's own clock at the moment of the look.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone

from labctl.errors import ToolError
from labctl.facts import NotObserved
from labctl.facts.certificates import (
    AUTHORITIES,
    CONTROL_PLANE,
    KUBECTL,
    KUBELET,
    KUBELET_KUBECONFIG,
    NodeCertificates,
)

Seen = Mapping[str, "NodeCertificates | NotObserved"]

DAY = 86_400
# A certificate is good for a year, and a kubelet that runs asks for its next one when 36 to 109 days are left: nothing
# that renews itself is touched, and a lab that is halted over a vacation comes back with good ones.
NEAR = 30 * DAY
# What is valid only so much later is so before wait_ready gives up.
_BEHIND = 120

# What the role certificates renews together, and the files that it renews by it.
PARTS = {"control_plane": CONTROL_PLANE, "kubelet": (*KUBELET, KUBELET_KUBECONFIG), "kubectl": KUBECTL}
# Written last of each part: before it is there, kubeadm has not finished, and what is half is its own to mend.
_LAST = {"control_plane": CONTROL_PLANE[-1], "kubelet": KUBELET_KUBECONFIG}
# May hold no certificate: they name another file, or are a learner's own.
_MAY_HOLD_NONE = (KUBELET_KUBECONFIG, *KUBECTL)


def due(seen: Seen) -> dict[str, list[str]]:
    """Name of a node -> which PARTS of it are to be renewed; nodes where nothing is are left out."""
    found = {node: list(_due(one)) for node, one in seen.items() if isinstance(one, NodeCertificates)}
    return {node: parts for node, parts in found.items() if parts}


def _due(one: NodeCertificates) -> Iterator[str]:
    for part, files in PARTS.items():
        made = part not in _LAST or _LAST[part] in one.files
        cut_off = one.unfinished and part in _LAST
        if made and (cut_off or any(_file_is_due(one, path) for path in files)):
            yield part


def _file_is_due(one: NodeCertificates, path: str) -> bool:
    held = one.files.get(path)
    if held is None:
        return False
    if isinstance(held, NotObserved):
        # What a learner has made of a kubeconfig of theirs is not for us to judge.
        return path not in KUBECTL
    if not held:
        return path not in _MAY_HOLD_NONE
    return any(each.until - one.clock < NEAR for each in held)


def days_left(seen: Seen) -> int | None:
    """For how many days all that is renewed here is still good; None where there is nothing of the kind."""
    left = [until - one.clock for one, until in _ends(seen)]
    return min(left) // DAY if left else None


def good_until(seen: Seen) -> int | None:
    """When the first of what is renewed here ends (seconds since 1970).

    None where that is not known of all machines, or something is to be renewed or wrong now.
    """
    if any(isinstance(one, NotObserved) for one in seen.values()) or trouble(seen) or due(seen):
        return None
    return min((until for _, until in _ends(seen)), default=None)


def _ends(seen: Seen) -> Iterator[tuple[NodeCertificates, int]]:
    """Each end of what is renewed here, and whose it is."""
    renewed = [path for files in PARTS.values() for path in files]
    for one in seen.values():
        if isinstance(one, NodeCertificates):
            for path, held in one.files.items():
                if path in renewed and not isinstance(held, NotObserved):
                    yield from ((one, each.until) for each in held)


def has_cluster(one: NodeCertificates | NotObserved | None) -> bool:
    """Whether this is a master on which kubeadm has finished."""
    return isinstance(one, NodeCertificates) and _LAST["control_plane"] in one.files


def trouble(seen: Seen) -> ToolError | None:
    """Where new certificates would not help: a clock that is behind, an authority that has expired itself."""
    for node, one in seen.items():
        if isinstance(one, NodeCertificates) and any(last in one.files for last in _LAST.values()):
            found = _clock_is_behind(node, one) or _authority_has_expired(node, one)
            if found is not None:
                return found
    return None


def _clock_is_behind(node: str, one: NodeCertificates) -> ToolError | None:
    for path, held in one.files.items():
        since = max((each.since for each in held), default=0) if not isinstance(held, NotObserved) else 0
        if since - one.clock > _BEHIND:
            return ToolError(
                f"the clock of {node} is behind: it says {_date(one.clock)}, but the certificate in {path} is valid "
                f"only from {_date(since)} on",
                hint="set it right, then do this again; a node in a container has this computer's clock, a virtual "
                f"machine its own: labctl ssh {node} -- sudo date --utc --set '...'",
            )
    return None


def _authority_has_expired(node: str, one: NodeCertificates) -> ToolError | None:
    for path in AUTHORITIES:
        held = one.files.get(path) or ()
        if not isinstance(held, NotObserved) and any(each.until <= one.clock for each in held):
            return ToolError(
                f"the cluster's own authority, {path} on {node}, has expired on {_date(held[0].until)}: all trust in "
                "the cluster hangs on it, so it cannot be renewed",
                hint="labctl destroy && labctl up",
            )
    return None


def _date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
