"""Step fill_bundle: everything the lab is made from, in one folder on this computer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labctl.plan import LabPlan
from labctl.sources.bundle import Bundle
from labctl.steps.step import Lab


@dataclass(frozen=True)
class FillBundle:
    """Fills the bundle from the chosen source; nothing to do where one is there."""

    id: str = "fill_bundle"
    title: str = "Fill the bundle: binaries, images, packages"

    def skip_reason(self, lab: Lab) -> str | None:
        """A bundle whose manifest is there was whole when it was renamed into place."""
        return None if lab.source is not None else f"the bundle is in {lab.plan.bundle.path}"

    def describe(self, plan: LabPlan) -> Sequence[str]:
        """The command that does the same."""
        return (f"labctl bundle create --source {plan.bundle.source}",)

    def run(self, lab: Lab) -> int | None:
        """Fill or, where it is there and the step was asked for, check every file. Raises ToolError."""
        destination = Path(lab.plan.bundle.path)
        if lab.source is None:
            lab.say(self.id, "checking every file of the bundle")
            lab.bundle.require_whole()
            return 0
        lab.source.fill(destination, lab.reporter)
        lab.adopt(Bundle.open(destination))
        lab.source = None
        return len(lab.bundle.manifest.files)


STEP = FillBundle()
