"""Typed views of the Kubernetes objects that claims are about, over the API's raw JSON.

A property raises NotObservedError where its own value is of the wrong type, so that one odd field spoils only the
claims that read it. No judging here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labctl.facts.observed import field, typed

_ROLE_PREFIX = "node-role.kubernetes.io/"


@dataclass(frozen=True)
class KubeObject:
    """Any object of the API; raw is its JSON."""

    raw: Mapping[str, Any]

    @property
    def name(self) -> str:
        """metadata.name, checked when the list was read."""
        return str(self.raw["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """metadata.namespace."""
        return self.text("metadata.namespace")

    @property
    def uid(self) -> str:
        """metadata.uid."""
        return self.text("metadata.uid")

    @property
    def labels(self) -> dict[str, Any]:
        """metadata.labels."""
        return self.mapping("metadata.labels")

    @property
    def deleted(self) -> bool:
        """Whether it has a deletionTimestamp: it is on its way out and does not count."""
        return bool(self.text("metadata.deletionTimestamp"))

    def text(self, path: str) -> str:
        """The text at a path, empty where absent."""
        return field(self.raw, path, str, "", of=self.name)

    def number(self, path: str) -> int:
        """The number at a path, 0 where absent (the API leaves zeros out)."""
        return field(self.raw, path, int, 0, of=self.name)

    def flag(self, path: str) -> bool:
        """The truth value at a path, False where absent."""
        return field(self.raw, path, bool, False, of=self.name)

    def mapping(self, path: str) -> dict[str, Any]:
        """The object at a path, empty where absent."""
        return field(self.raw, path, dict, {}, of=self.name)

    def objects(self, path: str) -> list[dict[str, Any]]:
        """The list of objects at a path, empty where absent."""
        found = field(self.raw, path, list, [], of=self.name)
        return [typed(each, dict, f"an entry in {path} of {self.name}") for each in found]

    def controlled_by(self, kind: str, owner: KubeObject) -> bool:
        """Whether its controlling owner is that very object (kind, name and uid)."""
        return any(
            ref.get("controller") is True
            and (ref.get("kind"), ref.get("name"), ref.get("uid")) == (kind, owner.name, owner.uid)
            for ref in self.objects("metadata.ownerReferences")
        )


class Node(KubeObject):
    """A node, with the columns of `kubectl get nodes -o wide`."""

    @property
    def internal_ip(self) -> str:
        """The first InternalIP, as kubectl shows it; empty if there is none."""
        addresses = self.objects("status.addresses")
        found = [each.get("address") for each in addresses if each.get("type") == "InternalIP"]
        return typed(found[0], str, f"the InternalIP of {self.name}") if found else ""

    @property
    def ready(self) -> tuple[str, str]:
        """Status (True, False, Unknown, or empty if it has none) and message of the condition Ready."""
        for each in self.objects("status.conditions"):
            if each.get("type") == "Ready":
                of = f"the condition Ready of {self.name}"
                return field(each, "status", str, "", of=of), field(each, "message", str, "", of=of)
        return "", "it has no condition Ready"

    @property
    def heartbeat(self) -> str:
        """When its kubelet last said how it is (RFC 3339); empty if it never did."""
        beats = [
            each.get("lastHeartbeatTime") for each in self.objects("status.conditions") if each.get("type") == "Ready"
        ]
        return str(beats[0] or "") if beats else ""

    @property
    def cordoned(self) -> bool:
        """spec.unschedulable."""
        return self.flag("spec.unschedulable")

    @property
    def repelling_taints(self) -> list[tuple[str, str]]:
        """Key and effect of the taints that keep ordinary pods away (NoSchedule, NoExecute)."""
        taints = [(str(each.get("key")), str(each.get("effect"))) for each in self.objects("spec.taints")]
        return [(key, effect) for key, effect in taints if effect in ("NoSchedule", "NoExecute")]

    @property
    def roles(self) -> str:
        """The ROLES column: names from the role labels, sorted and joined by commas; empty for <none>."""
        roles = {key[len(_ROLE_PREFIX) :] for key in self.labels if key.startswith(_ROLE_PREFIX)}
        extra = self.labels.get("kubernetes.io/role")
        return ",".join(sorted(role for role in (*roles, extra) if isinstance(role, str) and role))

    def info(self, key: str) -> str:
        """A text of status.nodeInfo."""
        return self.text(f"status.nodeInfo.{key}")


class Pod(KubeObject):
    """A pod, with the columns of `kubectl get pods -o wide`."""

    @property
    def ready(self) -> str:
        """The READY column: containers that run and are ready, over all containers."""
        statuses = self.objects("status.containerStatuses")
        states = [field(each, "state", dict, {}, of=f"a container of {self.name}") for each in statuses]
        flags = [field(each, "ready", bool, False, of=f"a container of {self.name}") for each in statuses]
        ready = [state for state, flag in zip(states, flags, strict=True) if flag and "running" in state]
        return f"{len(ready)}/{len(self.objects('spec.containers'))}"

    @property
    def started(self) -> list[str]:
        """When each of its containers that run was started (RFC 3339)."""
        of = f"a container of {self.name}"
        states = [field(each, "state", dict, {}, of=of) for each in self.objects("status.containerStatuses")]
        return [field(state, "running.startedAt", str, "", of=of) for state in states if "running" in state]

    @property
    def phase(self) -> str:
        """status.phase."""
        return self.text("status.phase")

    @property
    def node(self) -> str:
        """The node that it was placed on; empty if on none."""
        return self.text("spec.nodeName")

    @property
    def ip(self) -> str:
        """status.podIP."""
        return self.text("status.podIP")

    @property
    def is_mirror(self) -> bool:
        """Whether a kubelet put it there to show a static pod of its own: the annotation, and the node as owner."""
        if not self.mapping("metadata.annotations").get("kubernetes.io/config.mirror"):
            return False
        owners = self.objects("metadata.ownerReferences")
        return any((each.get("kind"), each.get("name")) == ("Node", self.node) for each in owners)

    @property
    def images(self) -> list[str]:
        """Images of all containers, init containers included."""
        return container_images(self.mapping("spec"), self.name)


class DaemonSet(KubeObject):
    """A DaemonSet, with the columns of `kubectl get daemonsets`."""

    @property
    def counts(self) -> dict[str, int]:
        """desired, current, ready, up-to-date, available."""
        return {
            "desired": self.number("status.desiredNumberScheduled"),
            "current": self.number("status.currentNumberScheduled"),
            "ready": self.number("status.numberReady"),
            "up-to-date": self.number("status.updatedNumberScheduled"),
            "available": self.number("status.numberAvailable"),
        }

    @property
    def node_selector(self) -> str:
        """The NODE SELECTOR column."""
        selector = self.mapping("spec.template.spec.nodeSelector")
        return ",".join(f"{key}={value}" for key, value in sorted(selector.items())) or "<none>"

    @property
    def images(self) -> list[str]:
        """Images of its pod template."""
        return container_images(self.mapping("spec.template.spec"), self.name)


class Deployment(KubeObject):
    """A Deployment, with the columns of `kubectl get deployments`."""

    @property
    def replicas(self) -> int:
        """How many pods it asks for."""
        return self.number("spec.replicas")

    @property
    def ready(self) -> str:
        """The READY column."""
        return f"{self.number('status.readyReplicas')}/{self.replicas}"

    @property
    def up_to_date(self) -> int:
        """The UP-TO-DATE column."""
        return self.number("status.updatedReplicas")

    @property
    def available(self) -> int:
        """The AVAILABLE column."""
        return self.number("status.availableReplicas")


class Service(KubeObject):
    """A Service, with the columns of `kubectl get service`."""

    @property
    def external_ips(self) -> list[str]:
        """Addresses of the EXTERNAL-IP column, empty for <none>."""
        ingress = self.objects("status.loadBalancer.ingress")
        listed = field(self.raw, "spec.externalIPs", list, [], of=self.name)
        balanced = [each.get("ip") or each.get("hostname") for each in ingress]
        return [str(each) for each in (*listed, *balanced)]

    @property
    def ports(self) -> list[str]:
        """The PORT(S) column as a list: 53/UDP, with :nodePort where it has one."""
        return [port_text(each) for each in self.objects("spec.ports")]


class Endpoints(KubeObject):
    """The Endpoints of a service."""

    @property
    def ready_ips(self) -> list[str]:
        """All ready addresses, sorted, each once: it stands in one subset for each set of ports."""
        subsets = self.objects("subsets")
        found = [each for subset in subsets for each in _entries(subset, "addresses", self.name)]
        return sorted({typed(each.get("ip"), str, f"an address of {self.name}") for each in found})

    @property
    def ports(self) -> list[str]:
        """Ports of the subsets with ready addresses, sorted, each once."""
        subsets = [each for each in self.objects("subsets") if _entries(each, "addresses", self.name)]
        return sorted({port_text(each) for subset in subsets for each in _entries(subset, "ports", self.name)})


def port_text(port: Mapping[str, Any]) -> str:
    """A port as kubectl writes it; TCP where the API says nothing."""
    number, protocol = port.get("port"), port.get("protocol") or "TCP"
    return f"{number}:{port['nodePort']}/{protocol}" if port.get("nodePort") else f"{number}/{protocol}"


def container_images(spec: Mapping[str, Any], name: str) -> list[str]:
    """Images of the containers and init containers of a pod spec."""
    containers: Iterable[dict[str, Any]] = (
        *_entries(spec, "containers", name),
        *_entries(spec, "initContainers", name),
    )
    return [typed(each.get("image"), str, f"an image of {name}") for each in containers]


def _entries(data: Mapping[str, Any], key: str, name: str) -> list[dict[str, Any]]:
    found = field(data, key, list, [], of=name)
    return [typed(each, dict, f"an entry in {key} of {name}") for each in found]
