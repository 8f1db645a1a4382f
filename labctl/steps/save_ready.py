"""Step save_ready: the fresh cluster becomes the snapshot `ready`, to which `labctl reset` leads back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labctl.facts import Facts, NotObservedError
from labctl.plan import LabPlan
from labctl.steps.snapshots import save, usable
from labctl.steps.step import Lab
from labctl.steps.wait_ready import look_until
from labctl.workspace.snapshots import READY

_OWN = frozenset({"default", "kube-node-lease", "kube-public", "kube-system"})
# Kubernetes takes a namespace away some seconds after it was deleted.
_LEAVING_SECONDS = 30.0


@dataclass(frozen=True)
class SaveReady:
    """Saves `ready` once all claims hold, unless the lab has one or a learner has begun to work in it."""

    id: str = "save_ready"
    title: str = "Save the snapshot `ready`"

    def skip_reason(self, lab: Lab) -> str | None:
        """`ready` has nothing of the learner's."""
        from labctl.probe.namespace import PREFIX

        if usable(lab, READY):
            return "it is there: `labctl reset` leads back to it"
        try:
            foreign = sorted(name for name in _foreign(lab.facts()) if not name.startswith(PREFIX))
        except NotObservedError as error:
            return f"what runs in the lab cannot be seen: {error}"
        return f"the lab has work of yours in {', '.join(foreign)}" if foreign else None

    def describe(self, plan: LabPlan) -> Sequence[str]:
        """The command that does the same."""
        return (f"labctl snapshot save {READY}",)

    def run(self, lab: Lab) -> int | None:
        """Save, but never what a learner has made, though the step be asked for, nor probes. Raises ToolError."""
        reason = self.skip_reason(lab) or _probes_stay(lab, self.id)
        if reason is not None:
            lab.say(self.id, reason)
            return 0
        save(lab, READY, self.id)
        return 1


def _foreign(facts: Facts) -> set[str]:
    """Namespaces with something that the tutorial's cluster does not have."""
    spaces = {space.name for space in facts.namespaces()} - _OWN
    return spaces | ({pod.namespace for pod in facts.all_pods()} - {"kube-system"})


def _probes_stay(lab: Lab, step: str) -> str | None:
    """Wait until nothing is left of deep looks; why nothing can be saved where something is."""
    if not _foreign(lab.facts()):
        return None
    lab.say(step, "waiting until the probe pods of a deep look are gone")
    if look_until(lab, _LEAVING_SECONDS, lambda: _empty(lab.api_claims()[1])):
        return None
    return f"the probe pods of a deep look are still there after {_LEAVING_SECONDS:.0f} s: `labctl up` saves later"


def _empty(facts: Facts) -> bool:
    try:
        return not _foreign(facts)
    except NotObservedError:
        return False


STEP = SaveReady()
