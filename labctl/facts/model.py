"""Facts: everything that was seen of a lab in one look, frozen; made from files in the recording format.

What a missing or damaged file means (NotObserved with a reason) is decided here; where files come from is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from labctl.facts.certificates import CERTIFICATES_FILE, NodeCertificates, read_certificates
from labctl.facts.objects import (
    DaemonSet,
    Deployment,
    Endpoints,
    KubeObject,
    Node,
    Pod,
    Service,
)
from labctl.facts.observed import (
    NotObserved,
    NotObservedError,
    Unavailable,
    field,
    need,
    parse_json,
    quote,
    typed,
)
from labctl.facts.probes import NETWORK_FILE, NodeProbes, read_probes
from labctl.facts.units import Unit, parse_show, parse_status

Files = Mapping[str, bytes | Unavailable]
Source = Literal["live", "recording"]
K = TypeVar("K", bound=KubeObject)

NODES = "api_v1_nodes"
PODS = "api_v1_namespaces_kube-system_pods"
SERVICES = "api_v1_namespaces_kube-system_services"
ENDPOINTS = "api_v1_namespaces_kube-system_endpoints"
DEFAULT_ENDPOINTS = "api_v1_namespaces_default_endpoints"
CONFIG_MAPS = "api_v1_namespaces_kube-system_configmaps"
DAEMON_SETS = "apis_apps_v1_namespaces_kube-system_daemonsets"
DEPLOYMENTS = "apis_apps_v1_namespaces_kube-system_deployments"
REPLICA_SETS = "apis_apps_v1_namespaces_kube-system_replicasets"
NAMESPACES = "api_v1_namespaces"
ALL_PODS = "api_v1_pods"
VERSION = "version"
# What checks read, with the kind that the API server names it; a collection may hold more.
API_ANSWERS = {
    NODES: "NodeList",
    PODS: "PodList",
    SERVICES: "ServiceList",
    ENDPOINTS: "EndpointsList",
    DEFAULT_ENDPOINTS: "EndpointsList",
    CONFIG_MAPS: "ConfigMapList",
    DAEMON_SETS: "DaemonSetList",
    DEPLOYMENTS: "DeploymentList",
    REPLICA_SETS: "ReplicaSetList",
    NAMESPACES: "NamespaceList",
    ALL_PODS: "PodList",
    VERSION: "",
}
UNITS = ("kubelet.service", "docker.service", "docker.socket", "containerd.service")

_EXIT = re.compile(r"\Aexit (\d+)\n")


@dataclass(frozen=True)
class KubectlRun:
    """What `kubectl get nodes` as an ordinary user came to: exit code and everything it said."""

    exit_code: int
    output: str


@dataclass(frozen=True)
class NodeFacts:
    """What one machine said of itself. probes is None where the look started no probe pods."""

    name: str
    units: Mapping[str, Unit]
    docker_version: Mapping[str, Any] | NotObserved
    docker_info: Mapping[str, Any] | NotObserved
    ip_addr: tuple[Mapping[str, Any], ...] | NotObserved
    host: str | NotObserved
    fingerprints: Mapping[str, str] | NotObserved
    kubectl_non_root: KubectlRun | NotObserved
    certificates: NodeCertificates | NotObserved
    probes: NodeProbes | NotObserved | None = None


@dataclass(frozen=True)
class Facts:
    """One look at a lab. api maps names such as "api_v1_nodes" to the answer's JSON object."""

    source: Source
    api: Mapping[str, Mapping[str, Any] | NotObserved]
    machines: Mapping[str, NodeFacts]

    @classmethod
    def from_files(cls, files: Files, source: Source) -> Facts:
        """Facts from files by their path in the recording format ("api/api_v1_nodes.json"); never raises."""
        reader = _Reader(files, source)
        names = {key.split("/")[1] for key in files if key.startswith("nodes/") and key.count("/") > 1}
        return cls(
            source=source,
            api=_told_once({name: reader.api(name) for name in API_ANSWERS}),
            machines={name: reader.machine(name) for name in sorted(names)},
        )

    def machine(self, name: str) -> NodeFacts:
        """What the machine of that name said; all of it NotObserved if nothing is there."""
        return self.machines.get(name) or _Reader({}, self.source).machine(name)

    @property
    def probed(self) -> bool:
        """Whether probe pods were started, or at least meant to be."""
        return any(machine.probes is not None for machine in self.machines.values())

    def with_probes(self, files: Files) -> Facts:
        """These facts and what probe pods saw: nodes/<node>/network.json by its path in the recording format."""
        seen = Facts.from_files(files, self.source)
        names = {*self.machines, *seen.machines}
        machines = {name: replace(self.machine(name), probes=seen.machine(name).probes) for name in sorted(names)}
        return replace(self, machines=machines)

    @property
    def git_version(self) -> str | NotObserved:
        """The API server's version, for example v1.20.2."""
        answer = self.api[VERSION]
        try:
            version = field(need(answer), "gitVersion", str, "", of="version.json")
        except NotObservedError as error:
            return NotObserved(error.reason)
        return version or NotObserved("version.json names no gitVersion")

    def nodes(self) -> list[Node]:
        """All nodes. Like all below it raises NotObservedError if the list was not observed."""
        return list(self._list(NODES, Node))

    def pods(self) -> list[Pod]:
        """Pods of kube-system that count: not on their way out."""
        return [pod for pod in self._list(PODS, Pod) if not pod.deleted]

    def all_pods(self) -> list[Pod]:
        """Pods of all namespaces that count."""
        return [pod for pod in self._list(ALL_PODS, Pod) if not pod.deleted]

    def namespaces(self) -> list[KubeObject]:
        """All namespaces."""
        return list(self._list(NAMESPACES, KubeObject))

    def daemon_sets(self) -> list[DaemonSet]:
        """DaemonSets of kube-system."""
        return list(self._list(DAEMON_SETS, DaemonSet))

    def deployments(self) -> list[Deployment]:
        """Deployments of kube-system."""
        return list(self._list(DEPLOYMENTS, Deployment))

    def replica_sets(self) -> list[KubeObject]:
        """ReplicaSets of kube-system."""
        return list(self._list(REPLICA_SETS, KubeObject))

    def services(self) -> list[Service]:
        """Services of kube-system."""
        return list(self._list(SERVICES, Service))

    def endpoints(self, answer: str = ENDPOINTS) -> list[Endpoints]:
        """Endpoints of kube-system, or those of another list."""
        return list(self._list(answer, Endpoints))

    def config_maps(self) -> list[KubeObject]:
        """ConfigMaps of kube-system."""
        return list(self._list(CONFIG_MAPS, KubeObject))

    def _list(self, answer: str, view: type[K]) -> Iterator[K]:
        data = need(self.api[answer])
        what = f"{answer}.json"
        for item in typed(data.get("items"), list, f"items of {what}"):
            raw = typed(item, dict, f"an item of {what}")
            typed(
                typed(raw.get("metadata"), dict, f"an item's metadata in {what}").get("name"), str, f"a name in {what}"
            )
            yield view(raw)


def _told_once(
    answers: dict[str, Mapping[str, Any] | NotObserved],
) -> Mapping[str, Mapping[str, Any] | NotObserved]:
    """The answers; if there is none at all, each with one and the same reason, for it has one cause."""
    reasons = [answer.reason for answer in answers.values() if isinstance(answer, NotObserved)]
    if len(reasons) < len(answers):
        return answers
    return dict.fromkeys(answers, NotObserved(f"the API server answered nothing: {reasons[0]}"))


def _list_fault(answer: Mapping[str, Any], kind: str) -> str:
    """Why the answer is not the whole list of that kind; empty if it is."""
    if not isinstance(answer.get("items"), list):
        return "holds no list"
    if answer.get("kind") not in (kind, "List", None):
        return f"is a {quote(str(answer['kind']))}, not a {kind}"
    metadata = answer.get("metadata")
    if isinstance(metadata, dict) and metadata.get("continue"):
        return "is cut off: the API server had more items"
    return ""


@dataclass(frozen=True)
class _Reader:
    """Reads files into facts."""

    files: Files
    source: Source

    def content(self, key: str) -> bytes | NotObserved:
        found = self.files.get(key)
        if isinstance(found, bytes):
            return found
        if found is not None:
            return NotObserved(found.reason, absent=found.absent)
        parts = key.split("/")
        if parts[0] == "nodes" and not any(each.startswith(f"nodes/{parts[1]}/") for each in self.files):
            return NotObserved(f"nothing was collected on {parts[1]}")
        return NotObserved(f"{key} was not collected", absent=True)

    def text(self, key: str) -> str | NotObserved:
        content = self.content(key)
        return content if isinstance(content, NotObserved) else content.decode("utf-8", "replace")

    def json(self, key: str) -> Any:  # noqa: ANN401 - JSON can be anything
        content = self.content(key)
        return content if isinstance(content, NotObserved) else parse_json(content, key)

    def object(self, key: str) -> Mapping[str, Any] | NotObserved:
        value = self.json(key)
        if isinstance(value, NotObserved | dict):
            return value
        return NotObserved(f"{key} does not hold an object")

    def api(self, name: str) -> Mapping[str, Any] | NotObserved:
        answer = self.object(f"api/{name}.json")
        if isinstance(answer, NotObserved):
            return answer
        if answer.get("kind") == "Status":
            return NotObserved(f"the API server refused {name}: {quote(str(answer.get('message') or answer))}")
        fault = "" if name == VERSION else _list_fault(answer, API_ANSWERS[name])
        return NotObserved(f"api/{name}.json {fault}") if fault else answer

    def machine(self, name: str) -> NodeFacts:
        folder = f"nodes/{name}"
        return NodeFacts(
            name=name,
            units={unit: self.unit(folder, unit) for unit in UNITS},
            docker_version=self.object(f"{folder}/docker-version.json"),
            docker_info=self.object(f"{folder}/docker-info.json"),
            ip_addr=self.interfaces(f"{folder}/ip-addr.json"),
            host=self.text(f"{folder}/host.txt"),
            fingerprints=self.fingerprints(f"{folder}/labctl.json"),
            kubectl_non_root=self.kubectl(f"{folder}/kubectl-non-root.txt"),
            certificates=self.certificates(f"{folder}/{CERTIFICATES_FILE}"),
            probes=self.probes(f"{folder}/{NETWORK_FILE}"),
        )

    def certificates(self, key: str) -> NodeCertificates | NotObserved:
        value = self.json(key)
        return value if isinstance(value, NotObserved) else read_certificates(value, key)

    def probes(self, key: str) -> NodeProbes | NotObserved | None:
        if key not in self.files:
            return None
        value = self.json(key)
        return value if isinstance(value, NotObserved) else read_probes(value, key)

    def unit(self, folder: str, unit: str) -> Unit:
        show_key, status_key = (f"{folder}/systemctl-{verb}-{unit}.txt" for verb in ("show", "status"))
        show, status = self.text(show_key), self.text(status_key)
        return Unit(
            name=unit,
            show=show if isinstance(show, NotObserved) else parse_show(show, show_key),
            status=status if isinstance(status, NotObserved) else parse_status(status, status_key),
        )

    def interfaces(self, key: str) -> tuple[Mapping[str, Any], ...] | NotObserved:
        value = self.json(key)
        if isinstance(value, NotObserved):
            return value
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            return NotObserved(f"{key} does not hold a list of interfaces")
        return tuple(value)

    def fingerprints(self, key: str) -> Mapping[str, str] | NotObserved:
        value = self.object(key)
        if isinstance(value, NotObserved):
            return value
        if not all(isinstance(each, str) for each in value.values()):
            return NotObserved(f"{key} holds something else than texts")
        return value

    def kubectl(self, key: str) -> KubectlRun | NotObserved:
        text = self.text(key)
        if isinstance(text, NotObserved):
            return text
        match = _EXIT.match(text)
        if match is None:
            return NotObserved(f"{key} does not begin with an exit code: {quote(text)}")
        return KubectlRun(int(match.group(1)[:3]), text[match.end() :])
