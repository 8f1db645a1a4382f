from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from labctl.plan import default_plan
from labctl.providers.host import Host
from labctl.providers.registry import provider_named
from labctl.sources.bundle import Bundle, sha256_file
from labctl.steps import wait_ready
from labctl.steps.step import Lab, bundle_ref
from labctl.workspace import Workspace
from tests.fake_objects import FakeObjects
from tests.fakes import FakeApi, FakeMachines, FakePlaybooks, FakeShell, Recorder, World

VERSION = "v1.20.2"  # what the healthy recording runs


def write_bundle(root: Path) -> Bundle:
    """A bundle of a few small files, whole and with a manifest."""
    weave = json.dumps(
        {
            "kind": "DaemonSet",
            "metadata": {"name": "weave-net"},
            "spec": {"template": {"spec": {"containers": [{"name": "weave", "image": "x"}]}}},
        }
    )
    contents = {
        "bin/kubeadm": "kubeadm",
        "manifests/weave-net.yaml": weave,
        "node/root.tar": "root",
        "images/all.tar": "a",
    }
    for name, text in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    plan = default_plan(VERSION)
    document: dict[str, Any] = {
        "schema": "labctl.bundle/v1",
        "release": "tutorial",
        "source": "distribution",
        "arch": "amd64",
        "node_os": "debian-12",
        "versions": {name: getattr(plan.versions, name) for name in plan.versions.__dataclass_fields__},
        "image_repository": "registry.k8s.io",
        "image_tags": dict(plan.bundle.image_tags),
        "images": [
            {"ref": "labctl.local/busybox:1.35.0", "id": "sha256:1", "archive": "images/all.tar", "nodes": "all"},
        ],
        "packages": {"docker": ["docker.io"], "kube": ["conntrack"]},
        "notes": [],
        "files": [
            {
                "path": name,
                "sha256": sha256_file(root / name),
                "size": len(text),
                "mode": "0644",
                "url": None,
                "pinned": "built",
            }
            for name, text in contents.items()
        ],
    }
    (root / "manifest.json").write_text(json.dumps(document))
    return Bundle.open(root)


@dataclass
class Bench:
    """A lab on fakes, with the fakes in reach."""

    lab: Lab
    world: World
    shell: FakeShell
    machines: FakeMachines
    playbooks: FakePlaybooks
    objects: FakeObjects
    told: Recorder = field(default_factory=Recorder)


class StillProvider:
    """The virtualbox provider without its hypervisor: prepares, heals, bakes and cleans up nothing."""

    oven = None

    def __init__(self) -> None:
        self._real = provider_named("virtualbox")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def prepare(self, *_: object) -> None:
        return None

    def freeze(self, *_: object) -> None:
        return None

    def thaw(self, *_: object) -> None:
        return None

    def heal(self, *_: object) -> list[str]:
        return []

    def cleanup(self, *_: object) -> list[str]:
        return ["removed nothing"]


class NoRunner:
    """No program may be run in these tests."""

    def run(self, command: Any, **_: Any) -> Any:
        raise AssertionError(f"a program was run: {command}")

    def cancel(self) -> None:
        """There is none to end."""


@pytest.fixture(autouse=True)
def no_settling(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster in memory has nothing to settle."""
    monkeypatch.setattr(wait_ready, "_SETTLE_SECONDS", 0.0)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    world = World()
    from dataclasses import replace

    bundle = write_bundle(tmp_path / "bundle")
    plan = default_plan(VERSION)
    plan = replace(plan, bundle=bundle_ref(bundle, "distribution", "a test"))
    workspace = Workspace("tutorial", base=tmp_path / "labs")
    workspace.prepare()
    objects = FakeObjects()
    shell, machines, playbooks, told = FakeShell(world), FakeMachines(world), FakePlaybooks(world), Recorder()
    lab = Lab(
        plan=plan,
        workspace=workspace,
        provider=StillProvider(),  # type: ignore[arg-type]
        host=Host(vagrant=True, virtualbox=True),
        source=None,
        runner=NoRunner(),
        shell=shell,
        machines=machines,
        playbooks=playbooks,
        elsewhere=lambda _: (shell, playbooks, machines),
        open_api=FakeApi(world).open,
        open_objects=lambda: objects,
        reporter=told,
    )
    return Bench(lab, world, shell, machines, playbooks, objects, told)
