"""One lab, broken on purpose in one way after the other: verify finds each, `up` or the printed fix heals it.

And what probe pods leave behind, however a deep look ends: nothing. Tests go in order on one lab of this file.
"""

from __future__ import annotations

import ipaddress
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Labctl, docker, until

pytestmark = pytest.mark.e2e

NODES = ["k8s-master", "node-1", "node-2", "node-3"]
DROP_IN = "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf"
UP = "labctl up"
PROBE = "app.kubernetes.io/component=probe"
THIRD = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "third", "namespace": "kube-system"},
    "spec": {
        "selector": {"matchLabels": {"app": "third"}},
        "template": {
            "metadata": {"labels": {"app": "third"}},
            "spec": {"containers": [{"name": "third", "image": "nowhere.invalid/third:1", "imagePullPolicy": "Never"}]},
        },
    },
}


@dataclass
class Lab:
    """The lab that is up, and a shell as its user has it: labctl and kubectl by name."""

    labctl: Labctl
    bundle: Path

    def type(self, command: str, stdin: str = "") -> str:
        """Output of a command line that ends well."""
        programs = [str(Path(sys.executable).parent), str(self.bundle / "bin"), os.environ["PATH"]]
        kubeconfig = str(self.labctl.data / "labs/tutorial/kubeconfig")
        environment = {**self.labctl.environment, "PATH": os.pathsep.join(programs), "KUBECONFIG": kubeconfig}
        print(f"$ {command}", flush=True)
        done = subprocess.run(
            ["sh", "-c", command],
            check=False,
            input=stdin,
            env=environment,
            cwd=self.labctl.folder,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def verify(self, *flags: str) -> dict[str, dict[str, Any]]:
        """Results by "id scope"."""
        report = json.loads(self.labctl("verify", "-o", "json", *flags, code=None).out)
        return {f"{check['id']} {check['scope']}": check for check in report["checks"]}

    def settled(self, expected: dict[str, str | None], *flags: str) -> dict[str, dict[str, Any]]:
        """The results as soon as exactly these claims FAIL or could not be looked at, each with its cause."""
        results: dict[str, dict[str, Any]] = {}

        def as_expected() -> bool:
            results.update(self.verify(*flags))
            return open_claims(results) == expected

        assert until(as_expected), open_claims(results)
        return results

    def two_nodes(self) -> dict[str, str]:
        """Two nodes and their pods' networks; no DNS server is among these pods."""
        # One that is being replaced may still be ending.
        assert until(lambda: len(self.servers()) <= 2)
        one, other = [node for node in NODES if node not in self.servers()][:2]
        return {"one": one, "pods_of_one": self.pod_network(one), "pods_of_other": self.pod_network(other)}

    def servers(self) -> set[str]:
        """Nodes with a DNS server."""
        return set(self.type("kubectl -n kube-system get pods -l k8s-app=kube-dns -o jsonpath={..nodeName}").split())

    def pod_network(self, node: str) -> str:
        """The /24 around the address of a node's bridge: that node's pods, and no other's, are in it."""
        (bridge,) = json.loads(self.type(f"labctl ssh {node} -- ip -j -4 addr show weave"))
        return str(ipaddress.ip_network(f"{bridge['addr_info'][0]['local']}/24", strict=False))

    def probe_pods(self) -> list[str]:
        """Names of the probe pods that the cluster knows."""
        return self.type(f"kubectl get pods -A -l {PROBE} -o name").split()

    def probes(self) -> list[str]:
        """Names of what probe pods need and are, in the cluster and on the nodes."""
        found = [*self.probe_pods(), *self.type(f"kubectl get namespaces -l {PROBE} -o name").split()]
        for node in NODES:
            label = "label=io.kubernetes.container.name=probe"
            found += docker("exec", f"labctl-tutorial-{node}", "docker", "ps", "-q", "--filter", label).split()
        return found


def open_claims(results: dict[str, dict[str, Any]]) -> dict[str, str | None]:
    """What FAILs or could not be looked at, with the claim that it follows from."""
    return {
        name: check["because"] and f"{check['because']['check']} {check['because']['scope']}"
        for name, check in results.items()
        if check["outcome"] in ("fail", "error")
    }


@pytest.fixture(scope="module")
def lab(labctl: Labctl) -> Iterator[Lab]:
    labctl("bundle", "create")
    path = json.loads(labctl("plan", "-o", "json").out)["plan"]["bundle"]["path"]
    yield Lab(labctl, Path(path))
    labctl("destroy", "--yes", code=None)


def test_up_ends_with_a_deep_look(lab: Lab) -> None:
    report = lab.labctl("up", "-o", "json").events[-1]["report"]
    assert report["counts"]["skip"] == 0
    assert {check["outcome"] for check in report["checks"]} == {"pass", "drift"}
    assert until(lambda: lab.probes() == [])


def test_a_deep_look_proves_every_pair(lab: Lab) -> None:
    results = lab.verify("--deep")
    assert {check["outcome"] for check in results.values()} == {"pass", "drift"}
    for claim in ("network.pod-to-pod lab", "network.host-pod-to-pod lab"):
        assert results[claim]["actual"]["pairs reached without NAT"] == 16
    for node in NODES:
        assert results[f"network.node-to-pod {node}"]["actual"] == {"reached": True}
        assert results[f"dns.resolves {node}"]["actual"] == {"address": "10.96.0.1", "server": "10.96.0.10"}


@dataclass(frozen=True)
class Breakage:
    """command breaks the lab; found: every claim that does not hold then, with its cause; healed by `labctl up` or,
    where labctl did not make what is wrong, by the fix that the first of them prints."""

    name: str
    command: str
    found: dict[str, str | None]
    heal: str = "the printed fix"
    stdin: str = ""
    flags: tuple[str, ...] = ()


BREAKAGES = (
    Breakage(
        "docker is disabled on a node",
        "labctl ssh node-1 -- sudo systemctl disable docker",
        {"docker.service node-1": None},
        UP,
    ),
    Breakage(
        "kubelet's drop-in is removed",
        f"labctl ssh node-2 -- sudo rm {DROP_IN} && labctl ssh node-2 -- sudo systemctl daemon-reload",
        {"kubelet.service node-2": None},
        UP,
    ),
    Breakage(
        "CoreDNS is scaled to 1",
        "kubectl -n kube-system scale deployment coredns --replicas=1",
        {
            "coredns.deployment lab": None,
            "coredns.pods lab": "coredns.deployment lab",
            "coredns.endpoints lab": "coredns.deployment lab",
        },
        UP,
    ),
    Breakage(
        "kube-dns is deleted",
        "kubectl -n kube-system delete service kube-dns",
        {
            "coredns.service lab": None,
            "coredns.endpoints lab": "coredns.service lab",
            "services.only-kube-dns lab": "coredns.service lab",
        },
        UP,
    ),
    Breakage("a node is cordoned", "kubectl cordon node-3", {"nodes.ready node-3": None}),
    Breakage("a third DaemonSet", "kubectl apply -f -", {"daemonsets.exactly-two lab": None}, stdin=json.dumps(THIRD)),
    Breakage(
        "packets between the pods of two nodes are dropped",
        "labctl ssh {one} -- sudo iptables -I FORWARD -s {pods_of_one} -d {pods_of_other} -j DROP",
        {"network.pod-to-pod lab": None, "network.host-pod-to-pod lab": "network.pod-to-pod lab"},
        flags=("--deep",),
    ),
)


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda each: each.name.replace(" ", "-"))
def test_broken_found_healed(lab: Lab, breakage: Breakage) -> None:
    lab.type(
        breakage.command.format(**lab.two_nodes()) if "{" in breakage.command else breakage.command, breakage.stdin
    )
    # What controllers do about it takes a moment; then exactly this is left.
    results = lab.settled(breakage.found, *breakage.flags)
    fix = results[next(iter(breakage.found))]["fix"]
    if breakage.heal != UP and not breakage.flags:
        # What labctl did not make, up does not take back: it says at once what to type.
        assert fix in lab.labctl("up", code=1).err
    lab.type(UP if breakage.heal == UP else fix)
    lab.settled({}, *breakage.flags)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_deep_look_leaves_nothing(lab: Lab, sent: signal.Signals) -> None:
    process = lab.labctl.start("verify", "--deep")
    assert until(lambda: lab.probe_pods() != [])
    process.send_signal(sent)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert until(lambda: lab.probes() == [])


def test_what_a_killed_deep_look_leaves_goes_with_the_next(lab: Lab) -> None:
    process = lab.labctl.start("verify", "--deep")
    assert until(lambda: lab.probe_pods() != [])
    process.kill()
    process.communicate(timeout=60)
    assert lab.probes()
    assert open_claims(lab.verify("--deep")) == {}
    assert until(lambda: lab.probes() == [])


def test_two_deep_looks_at_once_do_not_disturb_each_other(lab: Lab) -> None:
    both = [lab.labctl.start("verify", "--deep", "-o", "json") for _ in range(2)]
    reports = [json.loads(process.communicate(timeout=120)[0]) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert [report["counts"]["skip"] for report in reports] == [0, 0]
    assert until(lambda: lab.probes() == [])
