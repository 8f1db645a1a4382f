"""The nodes of a lab where `labctl node` has made them others than the lab file's."""

from __future__ import annotations

from dataclasses import replace

from labctl.errors import ConfigError
from labctl.plan import LabPlan
from labctl.workspace.folder import Workspace

KEY = "nodes"


def as_left(plan: LabPlan, workspace: Workspace) -> tuple[LabPlan, str | None]:
    """The plan with the nodes that `labctl node` has left the lab with, and what to tell of it (None: nothing).

    Raises ConfigError where the setting is damaged.
    """
    kept = workspace.setting(KEY)
    if kept is None:
        return plan, None
    try:
        changed = LabPlan.from_json({**plan.to_json(), "nodes": kept})
    except ConfigError as error:
        raise ConfigError(
            f"the nodes in {workspace.root}/settings.json cannot be read: {error.message}",
            hint=f"remove the key {KEY} there; the lab file's nodes count then",
        ) from None
    if changed.nodes == plan.nodes:
        return plan, None
    names = ", ".join(node.name for node in changed.nodes)
    return replace(plan, nodes=changed.nodes), f"nodes as `labctl node` has left them, not as in the lab file: {names}"
