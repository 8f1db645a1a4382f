"""What a step is, and what every step gets to work with (Lab)."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from labctl.adapters.ports import NOT_CREATED, ClusterApi, ClusterObjects, Machines, NodeShell, Playbooks, ProcessRunner
from labctl.assets import asset
from labctl.events import Progress, Reporter
from labctl.plan import BundleRef, LabPlan
from labctl.providers.host import Host
from labctl.providers.interface import Provider, Tools
from labctl.releases import Versions
from labctl.sources.bundle import Bundle
from labctl.sources.interface import Source
from labctl.workspace import Workspace

if TYPE_CHECKING:
    from labctl.checks.model import CheckReport
    from labctl.facts import Facts, Files, NotObserved
    from labctl.facts.certificates import NodeCertificates

# Roles that do not depend on which nodes a lab has: what they do can be part of a node image.
BAKED_ROLES = ("base", "docker", "kube_packages")
# Roles after which a node is a member of the cluster.
_JOINED = frozenset({"control_plane", "workers"})
# Claims that are judged by what machines say of themselves.
_OF_MACHINES = ("kubelet.*", "docker.*", "kubectl.*")
# How long what machines have said of themselves counts as being of now.
_AHEAD_SECONDS = 10.0


@dataclass
class Lab:
    """One lab at work: its plan, the tools, and the last look at the world.

    source is None where the bundle is there already. copy_bundle: move the bundle over SSH although the provider
    could mount it.
    """

    plan: LabPlan
    workspace: Workspace
    provider: Provider
    host: Host
    source: Source | None
    runner: ProcessRunner
    shell: NodeShell
    machines: Machines
    playbooks: Playbooks
    # The same tools for machines that another folder describes (ssh_config, inventory.yml).
    elsewhere: Callable[[Path], tuple[NodeShell, Playbooks, Machines]]
    open_api: Callable[[], ClusterApi]
    open_objects: Callable[[], ClusterObjects]
    reporter: Reporter
    copy_bundle: bool = False
    # The plan of which this run has rendered the lab's files.
    rendered: LabPlan | None = None
    # Machines in fresh_nodes were started again at that moment (seconds since 1970): what the API tells of them from
    # before says nothing.
    fresh_since: float = 0.0
    fresh_nodes: frozenset[str] = frozenset()
    # Whether something was changed under the pods of nodes that are in the cluster: a kubelet or Docker may have been
    # started anew, and the API tells what was before for some seconds.
    shaken: bool = False
    # Whether a step has done something since the last look.
    stale: bool = False
    # Until when (seconds since 1970) all certificates are good, where that is known of machines not asked yet.
    certificates_until: int | None = None
    _facts: Facts | None = None
    # What the machines say of themselves ahead of the next look, and since when (seconds of the monotonic clock).
    _ahead: tuple[float, Future[Files]] | None = None

    def facts(self) -> Facts:
        """The last look at the world; looks again if something changed since."""
        if self._facts is None:
            from labctl.collect import look

            ahead, self._ahead = self._ahead, None
            machines = ahead[1].result() if ahead and time.monotonic() - ahead[0] < _AHEAD_SECONDS else None
            self._facts = look(self.plan, self.shell, self.open_api, machines)
        return self._facts

    def look_ahead(self) -> None:
        """Begin to ask the machines what the next look needs of them; if that comes soon, it asks the API alone."""
        from labctl.collect import look_at_machines

        if self._ahead is None or time.monotonic() - self._ahead[0] >= _AHEAD_SECONDS:
            pool = ThreadPoolExecutor(max_workers=1)
            self._ahead = (time.monotonic(), pool.submit(look_at_machines, self.plan, self.shell))
            pool.shutdown(wait=False)

    @property
    def tools(self) -> Tools:
        """What the provider works on this lab with."""
        return Tools(self.runner, self.machines)

    def changed(self) -> None:
        """The world is no longer as it was seen."""
        self._facts = None
        self.stale = False

    def api_claims(self) -> tuple[CheckReport, Facts]:
        """The claims that the API alone proves, judged by its answers of now: a fraction of a whole look's work."""
        from labctl.checks.judge import judge
        from labctl.collect import look_at_api

        seen = look_at_api(self.open_api)
        return judge(self.plan, seen, (), _OF_MACHINES), seen

    def certificates(self) -> Mapping[str, NodeCertificates | NotObserved]:
        """Each node's certificates by the last look, or, where something was done since, by a look at them alone."""
        from labctl.collect import look_at_certificates

        old = self._facts is None or self.stale
        seen = look_at_certificates(self.plan, self.shell) if old else self.facts()
        return {node.name: seen.machine(node.name).certificates for node in self.plan.nodes}

    def renewed(self, nodes: Iterable[str]) -> None:
        """These machines are being started again now."""
        self.fresh_since = time.time()
        self.fresh_nodes |= set(nodes)
        self.stale = True

    def claims(self, only: Sequence[str] = (), skip: Sequence[str] = (), *, deep: bool = False) -> CheckReport:
        """Every claim judged by the last look, with the seconds that took; only and skip are globs of claim ids.

        deep: probe pods join that look, where a claim is wanted that needs them.
        """
        from labctl.checks.judge import judge, wants_probe_pods

        begun = time.monotonic()
        if deep and wants_probe_pods(only, skip):
            self._facts = self.facts().with_probes(self._probed(self.facts()))
        report = judge(self.plan, self.facts(), only, skip)
        return replace(report, seconds=round(time.monotonic() - begun, 2))

    def _probed(self, facts: Facts) -> Files:
        from labctl.probe import Prober

        def image() -> str:
            return self.bundle.manifest.image("busybox")

        return Prober(self.plan, image, self.shell, self.open_objects, self.runner.cancel).probe(facts)

    @property
    def bundle(self) -> Bundle:
        """The bundle that the lab runs from. Raises ToolError if it is not there."""
        return Bundle.open(Path(self.plan.bundle.path))

    def adopt(self, bundle: Bundle) -> None:
        """Make the plan name what the bundle really holds."""
        self.plan = replace(self.plan, bundle=bundle_ref(bundle, self.plan.bundle.source, self.plan.bundle.reason))

    @property
    def mounts_bundle(self) -> bool:
        """Whether nodes see the bundle's folder of this computer."""
        return self.provider.capabilities.bundle == "mount" and not self.copy_bundle

    @property
    def bakes(self) -> bool:
        """Whether its machines start from a node image; nodes with a mounted bundle that is to be copied do not."""
        return self.provider.oven is not None and (self.mounts_bundle or self.provider.capabilities.bundle == "copy")

    def fingerprint(self, role: str) -> str:
        """What a node carries once that role is done: role's files, plan and what the roles know of the nodes.

        For BAKED_ROLES it is the same in all labs of a release, bundle and kind of node.
        """
        baked = role in BAKED_ROLES
        told = f"{self.plan.release} {self.plan.bundle.fingerprint}" if baked else self.plan.fingerprint()
        digest = hashlib.sha256(told.encode())
        digest.update(json.dumps(self.provider.node_environment(self.host).as_vars(), sort_keys=True).encode())
        places = [asset("playbooks", name) for name in (f"{role}.yml", f"roles/{role}", "files", "tasks")]
        for file in (file for place in places for file in (place, *sorted(place.rglob("*"))) if file.is_file()):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
        return digest.hexdigest()[:16]

    def bake_mark(self) -> str:
        """What BAKED_ROLES leave on a node, as one fingerprint."""
        return hashlib.sha256(" ".join(self.fingerprint(role) for role in BAKED_ROLES).encode()).hexdigest()[:16]

    def node_image(self) -> str | None:
        """The baked image that machines of this lab start from, if there is one and they are to."""
        oven = self.provider.oven
        if oven is None or not self.bakes:
            return None
        mark = self.bake_mark()
        return oven.image(self.plan, mark) if oven.holds(self.plan, mark, self.runner) else None

    def unmarked(self, role: str, mark: str) -> list[str]:
        """Names of the nodes that do not carry the mark of that role."""
        seen = self.facts()
        return [node.name for node in self.plan.nodes if _marks(seen, node.name).get(role) != mark]

    def all_there(self) -> bool:
        """Whether all machines are there, running or not, as far as that can be told without Vagrant."""
        states = self.provider.states(self.plan, self.runner)
        if states is not None:
            return NOT_CREATED not in states.values()
        known = self.workspace.root / ".vagrant/machines"
        return all((known / node.name / self.provider.name / "id").is_file() for node in self.plan.nodes)

    def joined(self) -> frozenset[str]:
        """Names of the nodes that kubeadm has made members of the cluster, by the marks that they carry."""
        return frozenset(node.name for node in self.plan.nodes if _JOINED & set(_marks(self.facts(), node.name)))

    def say(self, step: str, text: str, node: str | None = None) -> None:
        """Tell the user what is going on."""
        self.reporter.emit(Progress(step, text, node))


def _marks(facts: Facts, node: str) -> Mapping[str, str]:
    marks = facts.machine(node).fingerprints
    return marks if isinstance(marks, dict) else {}


def bundle_ref(bundle: Bundle, source: str, reason: str) -> BundleRef:
    """What a plan says of a bundle that is there."""
    manifest = bundle.manifest
    return BundleRef(
        source=source,
        reason=reason,
        path=str(bundle.root),
        fingerprint=bundle.fingerprint(),
        versions=Versions(**dict(manifest.versions)),
        image_repository=manifest.image_repository,
        image_tags=dict(manifest.image_tags),
        node_os=manifest.node_os,
    )


class Step(Protocol):
    """One step of a recipe; id is also the name of its playbook and role, where it has one."""

    @property
    def id(self) -> str:
        """What `--from` takes."""
        ...

    @property
    def title(self) -> str:
        """What the step does, in words."""
        ...

    def skip_reason(self, lab: Lab) -> str | None:
        """Why nothing is to be done, asking the world; None if something is."""
        ...

    def describe(self, plan: LabPlan) -> Sequence[str]:
        """The commands that a learner would type."""
        ...

    def run(self, lab: Lab) -> int | None:
        """Do what is missing; returns how many changes were made, where known. Raises LabctlError."""
        ...
