"""Part 2 of the tutorial, control plane: where the API server answers, and the master's four static pods."""

from __future__ import annotations

from typing import Any

from labctl.checks.model import At, Check
from labctl.facts import Facts, NotObserved, NotObservedError
from labctl.facts.kubeadm import config_endpoints
from labctl.facts.model import DEFAULT_ENDPOINTS
from labctl.facts.objects import Endpoints

GET_MASTER_PODS = "kubectl get pods -n kube-system |grep master"
COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")


_RUNNING_AT = "Kubernetes control plane is running at"


def observe_endpoint(facts: Facts, _at: At) -> list[str]:
    """Every address that the cluster itself gives for its API server, each once.

    kubeadm-config says it on every kubeadm cluster up to 1.21; the endpoints of the service `kubernetes` where a look
    asked for them. Raises NotObservedError if neither does, or one of them cannot be read.
    """
    found = config_endpoints(facts.config_maps())
    answer = facts.api[DEFAULT_ENDPOINTS]
    if not (isinstance(answer, NotObserved) and answer.absent):
        found += _reached([each for each in facts.endpoints(DEFAULT_ENDPOINTS) if each.name == "kubernetes"])
    if not found:
        raise NotObservedError("neither kubeadm-config nor the endpoints of the service kubernetes name an address")
    return sorted(set(found))


def _reached(of_service: list[Endpoints]) -> list[str]:
    pairs = [(ip, port.partition("/")[0]) for each in of_service for ip in each.ready_ips for port in each.ports]
    return [f"https://{ip}:{port}" for ip, port in pairs] or ["none that the service kubernetes reaches"]


ENDPOINT = Check(
    id="control-plane.endpoint",
    scope="lab",
    title="the API server answers at the master's address",
    source="Part 2, cluster-info",
    command="kubectl cluster-info",
    shown=f"{_RUNNING_AT} https://192.168.50.10:6443",
    judged="kubeadm-config and the endpoints of the service `kubernetes` give the master's address and port 6443; your "
    "own kubeconfig is not looked at",
    breaks="kubeadm init with another --apiserver-advertise-address",
    fix="labctl up --from control_plane",
    expect=lambda at: [at.plan.api_endpoint],
    observe=observe_endpoint,
    show=lambda actual: "\n".join(f"{_RUNNING_AT} {address}" for address in actual),
)


def observe_component(facts: Facts, at: At, component: str) -> dict[str, Any] | None:
    """The static pod of a component, or what stands in its place; None if there is none."""
    wanted = f"{component}-{at.plan.control_plane.name}"
    pods = facts.pods()
    found = [pod for pod in pods if pod.name == wanted]
    others = [pod.name for pod in pods if pod.is_mirror and pod.name == f"{component}-{pod.node}" != wanted]
    if not found:
        return None
    pod = found[0]
    return {
        "pods": [wanted, *others],
        "ready": pod.ready,
        "status": pod.phase,
        "node": pod.node or "<none>",
        "static pod": pod.is_mirror,
    }


def expect_component(at: At, component: str) -> dict[str, Any]:
    """One pod, ready, on the master, shown there by its kubelet."""
    master = at.plan.control_plane.name
    return {
        "pods": [f"{component}-{master}"],
        "ready": "1/1",
        "status": "Running",
        "node": master,
        "static pod": True,
    }


def component_rows(actual: Any) -> str:  # noqa: ANN401 - expected or observed
    """Its row of kubectl get pods, with what is odd about it, and rows of pods that should not be there."""
    if actual is None:
        return "no such pod"
    name, *others = actual["pods"]
    odd = [] if name.endswith(f"-{actual['node']}") else [f"on {actual['node']}"]
    odd += [] if actual["static pod"] else ["not a static pod"]
    return "\n".join(("   ".join((name, actual["ready"], actual["status"], *odd)), *others))


def component_check(component: str) -> Check:
    """The claim about one component of the control plane."""
    return Check(
        id=f"control-plane.{component}",
        scope="lab",
        title=f"{component} runs as a static pod on the master",
        source="Part 2, control plane components",
        command=GET_MASTER_PODS,
        shown=f"{component}-k8s-master   1/1   Running",
        judged="exactly one such pod, all its containers ready, phase Running, on the master, and put there by the "
        "master's kubelet (a mirror pod), not by the API",
        breaks=f"sudo mv /etc/kubernetes/manifests/{component}.yaml /root/ (on k8s-master)",
        fix="labctl up --from control_plane",
        expect=lambda at: expect_component(at, component),
        observe=lambda facts, at: observe_component(facts, at, component),
        show=component_rows,
    )


CHECKS = (ENDPOINT, *(component_check(component) for component in COMPONENTS))
