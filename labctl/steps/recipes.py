"""The recipes: what labctl's commands do, as lists that can be read aloud."""

from __future__ import annotations

from labctl.errors import UsageError
from labctl.steps import (
    bake,
    base,
    certificates,
    control_plane,
    create_machines,
    destroy_machines,
    docker,
    fill_bundle,
    halt_machines,
    kube_packages,
    restore_machines,
    save_ready,
    wait_ready,
    weave_net,
    workers,
)
from labctl.steps.step import Step

UP: tuple[Step, ...] = (
    fill_bundle.STEP,
    bake.STEP,
    create_machines.STEP,
    # Before all that asks the API, where an expired certificate is told nothing.
    certificates.STEP,
    base.STEP,
    docker.STEP,
    kube_packages.STEP,
    control_plane.STEP,
    # Before the workers: the master's pod network and CoreDNS come up while they join.
    weave_net.STEP,
    workers.STEP,
    wait_ready.STEP,
    save_ready.STEP,
)


def reset(snapshot: str, nodes: tuple[str, ...] = ()) -> tuple[Step, ...]:
    """RESET: these machines (all, if none is named) as they were in a snapshot, and every claim proven again."""
    return (restore_machines.RestoreMachines(snapshot, nodes), certificates.STEP, wait_ready.STEP)


HALT: tuple[Step, ...] = (halt_machines.STEP,)

RESUME: tuple[Step, ...] = (create_machines.STEP, certificates.STEP, wait_ready.STEP)

DESTROY: tuple[Step, ...] = (destroy_machines.STEP,)


def position(recipe: tuple[Step, ...], step_id: str) -> int:
    """Where a step stands in a recipe, from 0. Raises UsageError naming the steps there are."""
    ids = [step.id for step in recipe]
    if step_id not in ids:
        raise UsageError(f"there is no step {step_id}", hint=f"the steps are {', '.join(ids)}")
    return ids.index(step_id)
