"""Step certificates: a cluster whose certificates are near their end, or past it, gets new ones from its own authority.

Before everything that asks the API: with an expired certificate nobody is told anything there.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from labctl.collect.certificates import embedded, validities
from labctl.errors import ToolError
from labctl.facts import NotObserved
from labctl.plan import LabPlan
from labctl.steps.certificate_dates import DAY, NEAR, Seen, days_left, due, has_cluster, trouble
from labctl.steps.control_plane import fetch_kubeconfig
from labctl.steps.files import ensure_lab_files
from labctl.steps.role import tell_task
from labctl.steps.step import Lab
from labctl.steps.wait_ready import look_until
from labctl.workspace.snapshots import Snapshot

# A node that has just started, on a busy computer, needs that long until its API answers and nodes have reported.
_BACK_SECONDS = 90.0


@dataclass(frozen=True)
class Certificates:
    """Applies the role to the nodes that need it, then fetches this computer's kubeconfig."""

    id: str = "certificates"
    title: str = "Renew certificates that are near their end"

    def skip_reason(self, lab: Lab) -> str | None:
        """Every certificate that could be seen is good for long enough."""
        if lab.certificates_until is not None:
            return f"the snapshot's certificates are good for {(lab.certificates_until - int(time.time())) // DAY} days"
        seen = lab.certificates()
        if trouble(seen) or due(seen) or is_due_here(lab, seen):
            return None
        unseen = [one for one in seen.values() if isinstance(one, NotObserved)]
        if len(unseen) == len(seen):
            return f"no certificate can be seen: {unseen[0].reason}"
        if unseen:
            return f"what could be seen is not near its end ({unseen[0].reason})"
        days = days_left(seen)
        return "there are no certificates yet" if days is None else f"the certificates are good for {days} days"

    def describe(self, plan: LabPlan) -> Sequence[str]:
        """The commands that a learner would type."""
        master = plan.control_plane.name
        user = "sudo kubeadm kubeconfig user --config kubeadm.yml --org system:nodes --client-name system:node"
        return (
            "sudo kubeadm certs check-expiration",
            "sudo kubeadm certs renew all --config kubeadm.yml",
            *(f"{master}$ {user}:{node.name} > {node.name}.conf" for node in plan.nodes),
            "sudo systemctl restart kubelet",
        )

    def run(self, lab: Lab) -> int | None:
        """Renew what is due. Raises ToolError, also where new certificates would not help."""
        seen = lab.certificates()
        wrong = trouble(seen)
        if wrong is not None:
            raise wrong
        wanted = due(seen)
        changes = self._apply(lab, wanted) if wanted else 0
        if is_due_here(lab, seen) or "control_plane" in wanted.get(lab.plan.control_plane.name, ()):
            fetch_kubeconfig(lab)
        if wanted:
            # What was seen before is no reason for the steps after this one to do anything; neither is a control plane
            # that is only just coming back. Where it does not, they mend it.
            lab.changed()
            self._prove(lab)
            lab.say(self.id, "waiting for the control plane to come back")
            look_until(lab, _BACK_SECONDS, lambda: not lab.api_claims()[0].broken)
            lab.changed()
        return changes

    def _apply(self, lab: Lab, wanted: Mapping[str, Sequence[str]]) -> int:
        ensure_lab_files(lab)
        # Kubelets and the control plane are started anew under the pods.
        lab.shaken = True
        done = lab.playbooks.run(
            [self.id],
            extra_vars={"certificates_due": wanted},
            limit=list(wanted),
            on_event=lambda event: tell_task(lab, self.id, event),
        )
        return sum(done.changed.values())

    def _prove(self, lab: Lab) -> None:
        left = due(lab.certificates())
        if left:
            parts = "; ".join(f"{node}: {', '.join(parts)}" for node, parts in left.items())
            raise ToolError(
                f"certificates are not good although they were renewed ({parts})",
                hint=f"labctl ssh {next(iter(left))} -- sudo kubeadm certs check-expiration",
            )


def is_due_here(lab: Lab, seen: Seen) -> bool:
    """Whether this computer's kubeconfig is to be fetched again from a master that has one to give."""
    return has_cluster(seen.get(lab.plan.control_plane.name)) and _kubeconfig_is_due(lab)


def _kubeconfig_is_due(lab: Lab) -> bool:
    file = lab.workspace.kubeconfig
    if not file.is_file():
        return False
    try:
        found = validities(embedded(file.read_text(encoding="utf-8")))
    except (ValueError, IndexError, OverflowError):
        return True
    return any(until - time.time() < NEAR for _, until in found)


def vouched(lab: Lab, snapshot: Snapshot) -> bool:
    """Whether machines made from that snapshot need not be asked for their certificates, by what is noted of it."""
    until, now = snapshot.certificates_until, time.time()
    # A clock that was set back makes good certificates invalid: the step tells of it, once it has asked the machines.
    set_back = datetime.fromisoformat(snapshot.created).timestamp() > now
    return until is not None and until - now >= NEAR and not set_back and not _kubeconfig_is_due(lab)


STEP = Certificates()
