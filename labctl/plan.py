"""The plan: what a lab is to be, complete and frozen. Pure: (LabConfig, resolved bundle, provider) -> LabPlan.

Nothing here looks at the world; what depends on this computer is an argument of rendering, not part of the plan.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from labctl.errors import ConfigError
from labctl.releases import RELEASES, TUTORIAL, Versions

if TYPE_CHECKING:
    from labctl.config import LabConfig

Role = Literal["control-plane", "worker"]
T = TypeVar("T")


@dataclass(frozen=True)
class NodePlan:
    """One node: its host name, role, IPv4 address on the lab's network, processors and memory (MB)."""

    name: str
    role: Role
    ip: str
    cpus: int
    memory_mb: int


@dataclass(frozen=True)
class NetworkPlan:
    """The cluster's networks as CIDRs."""

    pod_cidr: str
    service_cidr: str

    @property
    def api_service_ip(self) -> str:
        """The address of the service `kubernetes`: the first of the service network."""
        return str(ipaddress.ip_network(self.service_cidr)[1])

    @property
    def dns_ip(self) -> str:
        """The address of kube-dns: kubeadm takes the tenth of the service network."""
        return str(ipaddress.ip_network(self.service_cidr)[10])


@dataclass(frozen=True)
class BundleRef:
    """The bundle that a lab runs from: its source, why that one, its folder and what it holds.

    fingerprint is empty while the bundle is not filled yet; versions are then what the source is expected to give.
    """

    source: str
    reason: str
    path: str
    fingerprint: str
    versions: Versions
    image_repository: str
    image_tags: Mapping[str, str]
    node_os: str


@dataclass(frozen=True)
class Box:
    """Overrides of the VM providers' box from lab.yml; None means the provider's own default."""

    name: str | None = None
    url: str | None = None
    version: str | None = None
    checksum: str | None = None


@dataclass(frozen=True)
class LabPlan:
    """A whole lab. nodes keep the order of the lab file; exactly one has the role control-plane.

    fast: with the settings that save time while the cluster comes up, else with kubeadm's own.
    """

    name: str
    release: str
    provider: str
    provider_reason: str
    nodes: tuple[NodePlan, ...]
    network: NetworkPlan
    bundle: BundleRef
    box: Box = field(default_factory=Box)
    fast: bool = True

    @property
    def control_plane(self) -> NodePlan:
        """The node that runs the control plane."""
        return next(node for node in self.nodes if node.role == "control-plane")

    @property
    def workers(self) -> tuple[NodePlan, ...]:
        """All other nodes."""
        return tuple(node for node in self.nodes if node.role == "worker")

    @property
    def versions(self) -> Versions:
        """Versions of what the lab runs."""
        return self.bundle.versions

    @property
    def api_endpoint(self) -> str:
        """Where the API server answers, as `kubectl cluster-info` shows it."""
        return f"https://{self.control_plane.ip}:6443"

    def node(self, name: str) -> NodePlan:
        """The node of that name. Raises ConfigError naming the ones there are."""
        for node in self.nodes:
            if node.name == name:
                return node
        known = ", ".join(node.name for node in self.nodes)
        raise ConfigError(f"the lab {self.name} has no node {name}", hint=f"its nodes are {known}")

    def fingerprint(self) -> str:
        """16 hex digits over all that makes a difference on the nodes: not the reasons, not the bundle's folder."""
        data = self.to_json()
        data.pop("provider_reason")
        data["bundle"] = {k: v for k, v in data["bundle"].items() if k not in ("reason", "path", "source")}
        text = json.dumps(data, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """The plan as plain data (plan.json of a lab's folder and of a collection)."""
        data = asdict(self)
        data["nodes"] = [asdict(node) for node in self.nodes]
        data["bundle"]["image_tags"] = dict(self.bundle.image_tags)
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LabPlan:
        """The plan that to_json wrote. Raises ConfigError where the data is not one (recordings come from anywhere)."""
        try:
            bundle = dict(data["bundle"])
            versions = _read(Versions, bundle.pop("versions"))
            tags = {str(name): _of_type(tag, str) for name, tag in bundle.pop("image_tags").items()}
            plan = cls(
                name=_of_type(data["name"], str),
                release=_of_type(data["release"], str),
                provider=_of_type(data["provider"], str),
                provider_reason=_of_type(data["provider_reason"], str),
                nodes=tuple(_read(NodePlan, node) for node in data["nodes"]),
                network=_read(NetworkPlan, data["network"]),
                bundle=_read(BundleRef, bundle, versions=versions, image_tags=tags),
                box=_read(Box, data.get("box", {})),
                fast=_of_type(data.get("fast", True), bool),
            )
            _check(plan)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise ConfigError(
                f"this plan cannot be read: {error!r}", hint="it was not written by this labctl"
            ) from None
        return plan


def _of_type(value: object, kind: type[T]) -> T:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{value!r} is not of the type {kind.__name__}")
    return value


def _read(kind: type[T], data: Mapping[str, Any], **more: object) -> T:
    """A dataclass of texts and whole numbers from plain data; more: fields that were read already."""
    kinds: dict[str, type] = {entry.name: int if entry.type == "int" else str for entry in fields(kind)}  # type: ignore[arg-type]
    kept = {key: value if value is None and kind is Box else _of_type(value, kinds[key]) for key, value in data.items()}
    return kind(**kept, **more)


def _check(plan: LabPlan) -> None:
    """Raise ValueError for what no lab file can say, and what would be a defect further on."""
    if [node.role for node in plan.nodes].count("control-plane") != 1:
        raise ValueError("exactly one node is the control plane")
    for node in plan.nodes:
        ipaddress.IPv4Address(node.ip)
        if node.role not in ("control-plane", "worker"):
            raise ValueError(f"there is no role {node.role}")
    for cidr in (plan.network.pod_cidr, plan.network.service_cidr):
        ipaddress.IPv4Network(cidr)
    _ = (plan.network.api_service_ip, plan.network.dns_ip)


@dataclass(frozen=True)
class PlannedStep:
    """A step that `up` would take; done is why there is nothing to do, commands what a learner would type."""

    id: str
    title: str
    done: str | None
    commands: tuple[str, ...]


def expected_bundle(source: str, reason: str, path: str, release: str = TUTORIAL.id) -> BundleRef:
    """What a bundle of that source will hold, for a plan made before it is filled."""
    supply = RELEASES[release].supplies[source]
    return BundleRef(
        source=source,
        reason=reason,
        path=path,
        fingerprint="",
        versions=supply.versions,
        image_repository=supply.image_repository,
        image_tags=dict(supply.image_tags),
        node_os=supply.node_os,
    )


def make_plan(config: LabConfig, bundle: BundleRef, provider: str, provider_reason: str) -> LabPlan:
    """The plan of a lab file with its provider and bundle chosen."""
    nodes = tuple(NodePlan(n.name, n.role, n.ip, n.cpus, n.memory_mb) for n in config.nodes)
    return LabPlan(
        name=config.name,
        release=config.release,
        provider=provider,
        provider_reason=provider_reason,
        nodes=nodes,
        network=NetworkPlan(config.network.pod_cidr, config.network.service_cidr),
        bundle=bundle,
        box=Box(config.box, config.box_url, config.box_version, config.box_checksum),
        fast=config.fast,
    )


def default_plan(kubernetes: str = TUTORIAL.kubernetes) -> LabPlan:
    """The tutorial's own lab, by which a recording without a plan is judged."""
    names = ("k8s-master", "node-1", "node-2", "node-3")
    nodes = tuple(
        NodePlan(
            name,
            "worker" if i else "control-plane",
            f"192.168.50.{10 + i}",
            1 if i else 2,
            1536 if i else 2048,
        )
        for i, name in enumerate(names)
    )
    bundle = expected_bundle("upstream", "the tutorial's own", "")
    versions = replace(bundle.versions, kubernetes=kubernetes)
    return LabPlan(
        name="tutorial",
        release=TUTORIAL.id,
        provider="virtualbox",
        provider_reason="the tutorial's own",
        nodes=nodes,
        network=NetworkPlan("10.32.0.0/12", "10.96.0.0/12"),
        bundle=replace(bundle, versions=versions),
    )
