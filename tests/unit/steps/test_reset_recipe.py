"""RESET, RESUME and HALT and what is noted of snapshots, on the lab in memory with a store that keeps ids."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from labctl.errors import ClaimsError, ConfigError, ToolError
from labctl.facts.certificates import CERTIFICATES_FILE, KUBELET
from labctl.plan import LabPlan
from labctl.providers.interface import Checked, Launch, Saved, Tools
from labctl.steps import certificates, files, save_ready, snapshots, wait_ready
from labctl.steps.certificate_dates import DAY
from labctl.steps.recipes import HALT, UP
from labctl.steps.remove_node import RemoveNode
from labctl.steps.restore_machines import RestoreMachines
from labctl.steps.runner import walk
from labctl.steps.step import Lab
from tests.unit.steps.conftest import Bench, StillProvider


@dataclass
class Store:
    """Keeps ids. fails: the next save is cut. found: what a look at it finds. stood: machines that stood still once."""

    kept: set[str] = field(default_factory=set)
    restored: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    fails: bool = False
    memory: bool = False
    found: Checked = field(default_factory=Checked)
    frozen: set[str] = field(default_factory=set)
    stood: set[str] = field(default_factory=set)

    def check(self, plan: LabPlan, identity: str, checksum: str, nodes: Sequence[str], tools: Tools) -> Checked:
        assert checksum == "sum"
        return self.found

    def save(self, plan: LabPlan, identity: str, tools: Tools) -> Saved:
        self.kept.add(identity)
        if self.fails:
            raise ToolError("no space left on device")
        return Saved(1000, "sum")

    def restore(self, launch: Launch, identity: str, tools: Tools) -> None:
        self.restored.append((identity, tuple(launch.ssh_ports)))

    def holds(self, plan: LabPlan, identity: str, tools: Tools) -> bool:
        return identity in self.kept

    def keep_only(self, plan: LabPlan, identities: Sequence[str], tools: Tools) -> None:
        self.kept &= set(identities)


class Keeping(StillProvider):
    """A provider that takes snapshots."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.snapshots = store

    def freeze(self, _plan: object, nodes: Sequence[str], *_: object) -> None:
        self.snapshots.frozen.update(nodes)
        self.snapshots.stood.update(nodes)

    def thaw(self, *_: object) -> None:
        self.snapshots.frozen.clear()

    def halt(self, *_: object) -> bool:
        return False

    def remove(self, *_: object) -> bool:
        return False


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def lab(bench: Bench, store: Store) -> Lab:
    bench.lab.provider = Keeping(store)  # type: ignore[assignment]
    walk(UP, bench.lab, "run-1")
    return bench.lab


def names(lab: Lab) -> list[str]:
    return [snapshot.name for snapshot in snapshots.snapshots(lab).all()]


def test_up_saves_ready_once(lab: Lab, store: Store) -> None:
    assert names(lab) == ["ready"]
    before = set(store.kept)
    lab.changed()
    walk(UP, lab, "run-2")
    assert store.kept == before


def test_ready_never_holds_what_a_learner_has_made(lab: Lab, bench: Bench) -> None:
    snapshots.delete(lab, "ready")
    key = "api/api_v1_namespaces.json"
    bench.world.files[key] = bench.world.files[key].replace(b'"name": "default"', b'"name": "shop"', 1)
    lab.changed()
    assert "work of yours in shop" in (save_ready.STEP.skip_reason(lab) or "")
    assert save_ready.STEP.run(lab) == 0
    assert names(lab) == []


def test_labctls_own_probes_are_no_work_of_a_learner_but_not_saved_either(
    lab: Lab, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots.delete(lab, "ready")
    key = "api/api_v1_namespaces.json"
    before = bench.world.files[key]
    bench.world.files[key] = before.replace(b'"name": "default"', b'"name": "labctl-probe-00c0ffee"', 1)
    lab.changed()
    assert save_ready.STEP.skip_reason(lab) is None
    monkeypatch.setattr(save_ready, "_LEAVING_SECONDS", 0.0)
    assert save_ready.STEP.run(lab) == 0
    assert names(lab) == []
    assert any("still there" in getattr(event, "text", "") for event in bench.told.events)
    # They go while it waits.
    monkeypatch.setattr(save_ready, "_LEAVING_SECONDS", 30.0)
    monkeypatch.setattr(wait_ready, "_POLL_SECONDS", 0.01)
    looks: list[int] = []

    def look() -> Any:
        looks.append(1)
        if len(looks) > 1:
            bench.world.files[key] = before
        return Lab.api_claims(lab)

    monkeypatch.setattr(lab, "api_claims", look)
    lab.changed()
    assert save_ready.STEP.run(lab) == 1
    assert names(lab) == ["ready"]
    assert len(looks) > 1


def test_a_save_that_fails_leaves_the_old_one_whole(lab: Lab, store: Store) -> None:
    before = snapshots.snapshots(lab).get("ready")
    store.fails = True
    with pytest.raises(ToolError):
        snapshots.save(lab, "ready", "save_snapshot")
    assert snapshots.snapshots(lab).get("ready") == before
    assert snapshots.usable(lab, "ready")
    store.fails = False
    snapshots.save(lab, "other", "save_snapshot")
    # What the failed one had written is gone.
    assert store.kept == {before.id, snapshots.snapshots(lab).get("other").id}


def test_a_new_one_of_that_name_replaces_the_old_ones_data(lab: Lab, store: Store) -> None:
    old = snapshots.snapshots(lab).get("ready").id
    snapshots.save(lab, "ready", "save_snapshot")
    assert old not in store.kept
    assert len(store.kept) == 1


def test_one_of_another_plan_is_refused_with_the_reason(lab: Lab) -> None:
    lab.plan = replace(lab.plan, nodes=lab.plan.nodes[:-1])
    with pytest.raises(ConfigError, match="was made of another plan"):
        snapshots.restorable(lab, "ready")
    assert not snapshots.usable(lab, "ready")


def test_one_whose_data_is_gone_is_told(lab: Lab, store: Store) -> None:
    store.kept.clear()
    with pytest.raises(ToolError, match="is not there any more"):
        snapshots.restorable(lab, "ready")


def test_without_its_bundle_no_machine_is_taken_away(lab: Lab, store: Store) -> None:
    (Path(lab.plan.bundle.path) / "manifest.json").unlink()
    with pytest.raises(ToolError, match="bundle"):
        walk((RestoreMachines("ready"),), lab, "run-2")
    assert store.restored == []
    assert store.stood
    assert not store.frozen, "they run on"


def test_machines_that_are_to_go_do_not_hold_up_who_makes_them_again(lab: Lab, store: Store) -> None:
    walk((RestoreMachines("ready", ("node-2",)),), lab, "run-2")
    assert store.frozen == {"node-2"}


def test_certificates_of_machines_from_one_snapshot_are_known_before_they_start(lab: Lab, bench: Bench) -> None:
    found = snapshots.snapshots(lab).get("ready")
    until = int(time.time()) + 200 * DAY
    snapshots.snapshots(lab).put(replace(found, certificates_until=until))
    walk((RestoreMachines("ready", ("node-2",)), certificates.STEP), lab, "run-2")
    assert lab.certificates_until is None, "the others have lived on"
    before = bench.world.looks
    walk((RestoreMachines("ready"), certificates.STEP), lab, "run-3")
    assert lab.certificates_until == until
    assert bench.world.looks == before


def test_a_snapshot_notes_until_when_its_certificates_are_good(lab: Lab, bench: Bench) -> None:
    end = 4_000_000_000
    for node in lab.plan.nodes:
        told = {"clock": int(time.time()), "unfinished": False, "files": {KUBELET[0]: [[0, end]]}}
        bench.world.files[f"nodes/{node.name}/{CERTIFICATES_FILE}"] = json.dumps(told).encode()
    lab.changed()
    assert snapshots.save(lab, "lesson-3", "save_snapshot").certificates_until == end


def test_restoring_makes_the_named_machines_again(lab: Lab, store: Store) -> None:
    walk((RestoreMachines("ready", ("node-2",)),), lab, "run-2")
    assert [nodes for _, nodes in store.restored] == [("node-2",)]
    assert lab.fresh_nodes == {"node-2"}


def test_a_damaged_snapshot_is_refused_before_anything_is_taken_away(lab: Lab, store: Store) -> None:
    store.found = Checked(lost=("/bin/mine: its layer is not of the bundle",))
    with pytest.raises(ToolError, match="the snapshot ready is damaged: /bin/mine") as caught:
        walk((RestoreMachines("ready"),), lab, "run-2")
    assert "labctl snapshot delete ready" in (caught.value.hint or "")
    assert store.restored == []


def test_what_was_mended_is_told_and_the_restore_goes_on(lab: Lab, bench: Bench, store: Store) -> None:
    store.found = Checked(mended=("/usr/bin/kube-proxy",))
    walk((RestoreMachines("ready"),), lab, "run-2")
    assert len(store.restored) == 1
    assert [e for e in bench.told.events if "/usr/bin/kube-proxy" in getattr(e, "text", "")]


def test_machines_with_their_memory_go_on_and_catch_up(lab: Lab, store: Store, bench: Bench) -> None:
    store.memory = True
    bench.shell.commands.clear()
    begun = time.time()
    walk((RestoreMachines("ready", ("node-1", "node-2")),), lab, "run-2")
    clocks = {node: command for node, command in bench.shell.commands if command.startswith("date --set=@")}
    assert sorted(clocks) == ["node-1", "node-2"]
    assert all(command.endswith("systemctl try-restart kubelet.service") for command in clocks.values())
    assert all(float(command.split("@")[1].split()[0]) >= begun - 1 for command in clocks.values())
    # Containers run on: none of them will ever have been started since.
    assert lab.fresh_nodes == frozenset()
    assert lab.shaken


def test_a_save_with_memory_costs_machines_time_but_no_kubelet(lab: Lab, store: Store, bench: Bench) -> None:
    store.memory = True
    bench.shell.commands.clear()
    snapshots.save(lab, "lesson-3", "save_snapshot")
    typed = [command for _, command in bench.shell.commands if command != "true"]
    assert len(typed) == len(lab.plan.nodes)
    assert all("date --set=@" in command and "kubelet" not in command for command in typed)


def test_what_the_api_tells_from_before_proves_nothing(lab: Lab) -> None:
    """The recording's heartbeats are old: after a restore the claims hold, and yet there is something to wait for."""
    walk((RestoreMachines("ready"),), lab, "run-2")
    with pytest.raises(ClaimsError, match="news of k8s-master"):
        walk((wait_ready.WaitReady(seconds=0),), lab, "run-3")
    lab.fresh_since = 0.0
    walk((wait_ready.WaitReady(seconds=0),), lab, "run-4")
    assert lab.fresh_nodes == frozenset()


def test_machines_that_were_healed_must_give_news_too(lab: Lab, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    healed: Any = lambda *_: ["node-1: started", "node-2: connected to the network labctl-tutorial"]  # noqa: E731
    monkeypatch.setattr(lab.provider, "heal", healed, raising=False)
    begun = time.time()
    del bench.world.marks["node-1"]["bundle"]
    lab.changed()
    walk(UP[2:3], lab, "run-2")
    assert lab.fresh_nodes == {"node-1"}
    assert lab.fresh_since >= begun


def test_halt_stops_what_runs(lab: Lab, bench: Bench) -> None:
    walk(HALT, lab, "run-2")
    assert bench.machines.calls[-1] == "halt"
    walk(HALT, lab, "run-3")
    assert bench.machines.calls.count("halt") == 1


def test_halt_also_stops_what_a_cut_save_has_left_paused(lab: Lab, bench: Bench) -> None:
    bench.machines.suspend([node.name for node in lab.plan.nodes])
    walk(HALT, lab, "run-2")
    assert bench.machines.calls[-1] == "halt"


def test_a_removed_node_is_drained_and_deleted_before_its_machine_goes(lab: Lab, bench: Bench) -> None:
    lab.plan = replace(lab.plan, nodes=lab.plan.nodes[:-1])
    bench.shell.commands.clear()
    bench.shell.answers["get node"] = "node/node-3\n"
    walk((RemoveNode("node-3"),), lab, "run-2")
    typed = [command for node, command in bench.shell.commands if node == "k8s-master"]
    assert [command.split()[2] for command in typed] == ["get", "drain", "delete"]
    assert bench.machines.calls[-1] == "remove node-3"


def test_a_node_that_the_cluster_does_not_know_only_loses_its_machine(lab: Lab, bench: Bench) -> None:
    bench.shell.commands.clear()
    walk((RemoveNode("node-3"),), lab, "run-2")
    assert len(bench.shell.commands) == 1
    assert bench.machines.calls[-1] == "remove node-3"


def test_no_two_things_of_a_lab_get_one_port(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    offered = iter([5000, 5000, 5001, 5000, 5001, 5002])
    monkeypatch.setattr(files, "_free_port", lambda: next(offered))
    ports = [files.ssh_port(lab.workspace, node) for node in ("a", "b", "c")]
    assert ports == [5000, 5001, 5002]
    assert files.ssh_port(lab.workspace, "a") == 5000
