"""Snapshots of virtual machines: in which order Vagrant is asked, and what a failure leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labctl.errors import ToolError
from labctl.plan import LabPlan, default_plan
from labctl.providers.host import Host
from labctl.providers.interface import Launch, Saved, Tools
from labctl.providers.machine_snapshots import MachineSnapshots
from tests.fakes import FakeMachines, World

STORE = MachineSnapshots()
NODES = ["k8s-master", "node-1", "node-2", "node-3"]
ALL = ",".join(NODES)
UP = f"up {ALL} libvirt"
NO_RUNNER: Any = None


@pytest.fixture
def plan() -> LabPlan:
    return replace(default_plan(), provider="libvirt")


@pytest.fixture
def machines() -> FakeMachines:
    return running(FakeMachines(World()))


def running(fake: FakeMachines) -> FakeMachines:
    fake.up(NODES, provider="libvirt")
    fake.calls.clear()
    return fake


def tools(machines: FakeMachines) -> Tools:
    return Tools(NO_RUNNER, machines)


def launch(plan: LabPlan, *nodes: str) -> Launch:
    return Launch(plan, Host(vagrant=True), Path("/lab"), Path("/bundle"), 16443, dict.fromkeys(nodes, 0))


def test_none_goes_on_before_all_are_saved(plan: LabPlan, machines: FakeMachines) -> None:
    assert STORE.save(plan, "77", tools(machines)) == Saved(size=None, checksum="")
    assert machines.calls == [f"suspend {ALL}", "save labctl-77", UP]
    assert STORE.holds(plan, "77", tools(machines))


def test_a_machine_that_does_not_run_is_not_saved(plan: LabPlan, machines: FakeMachines) -> None:
    machines.suspend(["node-1"])
    machines.calls.clear()
    with pytest.raises(ToolError, match="not all machines run: node-1 is paused") as caught:
        STORE.save(plan, "77", tools(machines))
    assert caught.value.hint == "labctl up"
    assert machines.calls == []


class Full(FakeMachines):
    """The disk is full, and then machines do not go on, either."""

    def save_snapshot(self, snapshot: str) -> None:
        self.calls.append(f"save {snapshot}")
        self.fails = ToolError("machines do not go on")
        raise ToolError("no space left on device")


def test_after_a_failure_machines_go_on_and_it_is_told(plan: LabPlan) -> None:
    machines = running(Full(World()))
    with pytest.raises(ToolError, match="no space left"):
        STORE.save(plan, "77", tools(machines))
    assert machines.calls == [f"suspend {ALL}", "save labctl-77", UP]


def test_restoring_one_touches_no_other(plan: LabPlan, machines: FakeMachines) -> None:
    STORE.save(plan, "77", tools(machines))
    machines.calls.clear()
    STORE.restore(launch(plan, "node-2"), "77", tools(machines))
    assert machines.calls == ["suspend node-2", "restore node-2 labctl-77", "up node-2 libvirt"]


def test_halted_machines_first_get_back_their_network(plan: LabPlan, machines: FakeMachines) -> None:
    STORE.save(plan, "77", tools(machines))
    machines.halt()
    machines.calls.clear()
    # One is too broken to come up: it is put back nevertheless.
    machines.fails = ToolError("timed out while waiting for the machine to boot")
    STORE.restore(launch(plan, *NODES), "77", tools(machines))
    assert machines.calls == [UP, f"suspend {ALL}", f"restore {ALL} labctl-77", UP]


def test_it_goes_with_a_machine(plan: LabPlan, machines: FakeMachines) -> None:
    STORE.save(plan, "77", tools(machines))
    del machines.kept["node-2"]
    assert not STORE.holds(plan, "77", tools(machines))


def test_only_labctls_own_go_where_they_are(plan: LabPlan, machines: FakeMachines) -> None:
    machines.kept = {
        "k8s-master": {"labctl-77", "labctl-88", "before-lunch"},
        "node-1": {"labctl-88"},
        "node-2": {"labctl-99", "labctl-77"},
    }
    STORE.keep_only(plan, ["88"], tools(machines))
    assert machines.calls == ["delete k8s-master,node-2 labctl-77", "delete node-2 labctl-99"]
    assert machines.kept["k8s-master"] == {"labctl-88", "before-lunch"}


class Branched(FakeMachines):
    """As VirtualBox: what two lie on cannot be removed."""

    def delete_snapshot(self, names: Sequence[str], snapshot: str) -> None:
        if snapshot == "labctl-11" and len(self.kept["node-1"]) == 3:
            self.calls.append("refused")
            raise ToolError("has more than one child")
        super().delete_snapshot(names, snapshot)


def test_what_others_lie_on_goes_once_one_of_them_is_gone(plan: LabPlan) -> None:
    machines = Branched(World(), kept={"node-1": {"labctl-11", "labctl-22", "labctl-33"}})
    STORE.keep_only(plan, ["33"], tools(machines))
    assert machines.calls == ["refused", "delete node-1 labctl-22", "delete node-1 labctl-11"]


def test_what_stays_though_it_should_go_is_told(plan: LabPlan) -> None:
    machines = Branched(World(), kept={"node-1": {"labctl-11", "labctl-22", "labctl-33"}})
    with pytest.raises(ToolError, match="more than one child"):
        STORE.keep_only(plan, ["22", "33"], tools(machines))
