"""Step save_ready: the fresh cluster becomes the snapshot `ready`, to which `labctl reset` leads back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labctl.facts import NotObservedError
from labctl.plan import LabPlan
from labctl.steps.snapshots import save, usable
from labctl.steps.step import Lab
from labctl.workspace.snapshots import READY

_OWN = frozenset({"default", "kube-node-lease", "kube-public", "kube-system"})


@dataclass(frozen=True)
class SaveReady:
    """Saves `ready` once all claims hold, unless the lab has one or a learner has begun to work in it."""

    id: str = "save_ready"
    title: str = "Save the snapshot `ready`"

    def skip_reason(self, lab: Lab) -> str | None:
        """`ready` has nothing of the learner's."""
        if usable(lab, READY):
            return "it is there: `labctl reset` leads back to it"
        try:
            foreign = sorted(_foreign(lab))
        except NotObservedError as error:
            return f"what runs in the lab cannot be seen: {error}"
        return f"the lab has work of yours in {', '.join(foreign)}" if foreign else None

    def describe(self, plan: LabPlan) -> Sequence[str]:
        """The command that does the same."""
        return (f"labctl snapshot save {READY}",)

    def run(self, lab: Lab) -> int | None:
        """Save, but never what a learner has made, though the step be asked for. Raises ToolError."""
        reason = self.skip_reason(lab)
        if reason is not None:
            lab.say(self.id, reason)
            return 0
        save(lab, READY, self.id)
        return 1


def _foreign(lab: Lab) -> set[str]:
    """Namespaces with something that labctl has not put there."""
    spaces = {space.name for space in lab.facts().namespaces()} - _OWN
    return spaces | ({pod.namespace for pod in lab.facts().all_pods()} - {"kube-system"})


STEP = SaveReady()
