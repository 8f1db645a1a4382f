"""The tutorial's four nodes for real: killed, finished, proven, left alone, healed, destroyed. Tests go in order."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labctl.adapters.kube import KubernetesApi
from labctl.adapters.ports import ClusterApi
from labctl.errors import ToolError
from tests.contract.cluster_api_suite import SUITE
from tests.e2e.conftest import Labctl, docker, static_pods, until
from tests.replay.authority import Authority

pytestmark = pytest.mark.e2e

NODES = ["k8s-master", "node-1", "node-2", "node-3"]
BAKED = ["base", "docker", "kube_packages"]
ROLES = [*BAKED, "control_plane", "weave_net", "workers"]


def verify(labctl: Labctl, code: int | None = None) -> dict[str, dict[str, Any]]:
    """Results of `labctl verify` by "id scope"."""
    report = json.loads(labctl("verify", "-o", "json", code=code).out)
    return {f"{check['id']} {check['scope']}": check for check in report["checks"]}


def open_claims(results: dict[str, dict[str, Any]]) -> list[str]:
    return [name for name, check in results.items() if check["outcome"] in ("fail", "error")]


def containers() -> dict[str, str]:
    rows = docker("ps", "--all", "--no-trunc", "--filter", "name=labctl-tutorial-", "--format", "{{.Names}} {{.ID}}")
    return dict(row.split() for row in rows.splitlines())


def bare_machines() -> list[str]:
    return docker("ps", "--all", "--quiet", "--filter", "label=labctl.bake=tutorial").split()


def init_is_running() -> bool:
    command = ["docker", "exec", "labctl-tutorial-k8s-master", "pgrep", "-f", "kubeadm init"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_the_bundle_is_filled_and_whole(labctl: Labctl) -> None:
    labctl("bundle", "create")
    labctl("bundle", "verify")
    shown = json.loads(labctl("bundle", "show", "-o", "json").out)
    assert shown["versions"]["kubernetes"] == "v1.21.1"


def kill_in_the_bake(labctl: Labctl) -> None:
    labctl.killed_at(
        ["up"], lambda event: event["event"] == "progress" and "packages are inst" in event.get("text", "")
    )


def test_a_bake_that_was_killed_can_be_destroyed(labctl: Labctl) -> None:
    labctl("image", "prune", "--yes")
    kill_in_the_bake(labctl)
    assert bare_machines() != []
    labctl("destroy", "--yes")
    assert bare_machines() == []
    assert docker("volume", "ls", "--quiet", "--filter", "label=labctl.bake=tutorial") == ""


def test_kill_while_the_node_image_is_baked(labctl: Labctl) -> None:
    kill_in_the_bake(labctl)


def test_kill_while_machines_are_made(labctl: Labctl) -> None:
    labctl.killed_at(["up"], lambda event: event["event"] == "progress" and "starting from" in event.get("text", ""))


def test_kill_during_kubeadm_init(labctl: Labctl) -> None:
    """The event says that the step has begun; the kill comes when kubeadm itself runs on the node."""

    def kubeadm_runs(event: dict[str, Any]) -> bool:
        return event["event"] == "step_started" and event["step"] == "control_plane" and until(init_is_running)

    labctl.killed_at(["up"], kubeadm_runs)


def test_the_next_up_finishes_the_job(labctl: Labctl) -> None:
    before = containers()
    assert len(before) == len(NODES)
    ended = labctl("up", "-o", "json")
    assert "control_plane" in ended.steps("step_started")
    assert ended.steps("step_skipped") == ["fill_bundle", "bake", "create_machines", "certificates", *BAKED]
    assert containers() == before


def test_the_settings_that_save_time_are_in_force(labctl: Labctl) -> None:
    manifests = static_pods("labctl-tutorial-k8s-master")
    assert [name for name, text in manifests.items() if "startupProbe" in text or "livenessProbe" not in text] == []
    assert [name for name, text in manifests.items() if "readinessProbe" not in text] == []
    assert "--allocate-node-cidrs=false" in manifests["kube-controller-manager"]
    key = docker("exec", "labctl-tutorial-k8s-master", "head", "-1", "/etc/kubernetes/pki/apiserver.key")
    assert "EC PRIVATE KEY" in key


@pytest.mark.parametrize("node", NODES)
def test_all_that_filters_packets_on_a_node_uses_the_same_filter(node: str) -> None:
    """Of the kernel's two: dockerd, kubelet and, in an image of its own, kube-proxy."""
    chains = docker("exec", f"labctl-tutorial-{node}", "iptables-save")
    assert {
        name for name in (":DOCKER ", ":KUBE-KUBELET-CANARY ", ":KUBE-PROXY-CANARY ") if name not in chains
    } == set()


def test_every_claim_holds(labctl: Labctl) -> None:
    results = verify(labctl, code=0)
    assert open_claims(results) == []
    assert {results[f"nodes.version {node}"]["outcome"] for node in NODES} == {"pass"}
    assert results["nodes.version node-1"]["actual"] == "v1.21.1"
    assert results["weave-net.image lab"]["outcome"] == "drift"
    assert results["kubectl.non-root lab"]["outcome"] == "pass"
    print(json.dumps({name: check["outcome"] for name, check in results.items()}))


def test_a_second_up_changes_nothing(labctl: Labctl) -> None:
    before = containers()
    ended = labctl("up", "-o", "json")
    assert ended.steps("step_started") == []
    assert containers() == before


def test_roles_run_again_change_nothing(labctl: Labctl) -> None:
    ended = labctl("up", "--from", "base", "-o", "json")
    changed = {event["step"]: event["changed"] for event in ended.events if event["event"] == "step_finished"}
    assert changed == dict.fromkeys([*ROLES, "wait_ready", "save_ready"], 0)


# Role -> (node, what spoils something of its work, how many tasks must repair it). Two where a service also has to
# take up what was repaired.
SPOILED: dict[str, list[tuple[str, str, int]]] = {
    "base": [
        ("node-1", "echo 'net.ipv4.ip_forward = 1' > /etc/sysctl.d/90-labctl.conf", 1),
        ("node-2", "chmod 0600 /etc/sysctl.d/90-labctl.conf", 1),
        ("node-3", "rm /etc/labctl/fingerprints/base", 1),
    ],
    "docker": [
        ("node-1", "echo '{}' > /etc/docker/daemon.json", 2),
        ("node-2", "gpasswd --delete vagrant docker", 1),
    ],
    "kube_packages": [
        ("node-1", "chmod 0700 /usr/bin/kubectl", 1),
        ("node-2", "truncate --size=100 /opt/cni/bin/bridge", 1),
        ("node-3", "echo '[Service]' >> /etc/systemd/system/kubelet.service.d/10-kubeadm.conf", 2),
    ],
    "control_plane": [
        ("k8s-master", "echo '# mine' >> /etc/labctl/kubeadm.yml", 1),
        ("k8s-master", "rm /home/vagrant/.kube/config", 1),
        ("k8s-master", "chmod 0644 /root/.kube/config", 1),
    ],
    "weave_net": [("k8s-master", "echo '# mine' >> /etc/labctl/weave-net.yaml", 1)],
    "workers": [("node-1", "echo 0 > /etc/labctl/fingerprints/workers", 1)],
}


def test_what_is_spoiled_is_repaired_by_its_own_task(labctl: Labctl) -> None:
    for spoils in SPOILED.values():
        for node, command, _ in spoils:
            docker("exec", f"labctl-tutorial-{node}", "sh", "-c", command)
    ended = labctl("up", "--from", "base", "-o", "json")
    changed = {event["step"]: event["changed"] for event in ended.events if event["event"] == "step_finished"}
    expected = {role: sum(tasks for _, _, tasks in spoils) for role, spoils in SPOILED.items()}
    assert {role: changed[role] for role in ROLES} == expected
    assert open_claims(verify(labctl, code=0)) == []


def test_a_collection_is_judged_as_the_lab_is_and_holds_no_secret(labctl: Labctl) -> None:
    archive = labctl.folder / "for-a-helper.tar.gz"
    labctl("collect", "-o", str(archive))
    report = json.loads(labctl("verify", "--from", str(archive), "-o", "json").out)
    asked_live = ("network.", "dns.", "kubectl.")
    judged = {f"{each['id']} {each['scope']}": each["outcome"] for each in report["checks"]}
    live = {name: each["outcome"] for name, each in verify(labctl, code=0).items()}
    assert {name: told for name, told in judged.items() if not name.startswith(asked_live)} == {
        name: told for name, told in live.items() if not name.startswith(asked_live)
    }
    kubeconfig = (labctl.data / "labs/tutorial/kubeconfig").read_text()
    secrets = re.findall(r"(?:client-key-data|client-certificate-data): (\S{40})", kubeconfig)
    secrets += docker(
        "exec", "labctl-tutorial-k8s-master", "sh", "-c", "tail -n +2 /etc/kubernetes/pki/sa.key"
    ).split()[:3]
    with tarfile.open(archive) as packed:
        for member in packed.getmembers():
            content = packed.extractfile(member)
            text = content.read().decode(errors="replace") if content else ""
            assert not [secret for secret in secrets if secret in text], member.name
            assert "PRIVATE KEY-----" not in text, member.name


def test_vagrant_knows_the_machines_that_labctl_has_started(labctl: Labctl) -> None:
    folder = labctl.data / "labs" / "tutorial"
    told = subprocess.run(["vagrant", "status"], cwd=folder, capture_output=True, text=True, check=True).stdout
    assert all(re.search(rf"^{node} +running \(docker\)$", told, re.MULTILINE) for node in NODES), told
    command = ["vagrant", "ssh", "node-1", "--command", "hostname"]
    assert subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip() == "node-1"


def test_two_at_once_and_the_second_is_told(labctl: Labctl) -> None:
    first = labctl.start("up", "--from", "weave_net", "-o", "json")
    assert first.stdout is not None
    first.stdout.readline()
    refused = labctl("up", code=5)
    assert "another labctl works on the lab tutorial" in refused.err
    assert labctl("status", "-o", "json").code == 0
    first.communicate(timeout=300)
    assert first.returncode == 0


def test_ssh_and_kubectl(labctl: Labctl) -> None:
    assert labctl("ssh", "node-1", "--", "hostname").out.strip() == "node-1"
    assert labctl("ssh", "k8s-master", "--", "whoami").out.strip() == "vagrant"
    listed = labctl("kubectl", "--", "get", "nodes", "--no-headers").out
    assert [line.split()[0] for line in listed.splitlines()] == NODES
    assert labctl("ssh", "node-9", "--", "true", code=3).err


@pytest.mark.parametrize("promise", SUITE, ids=lambda promise: promise.__name__)
def test_the_real_api_keeps_the_contract(labctl: Labctl, promise: Callable[[ClusterApi], None]) -> None:
    promise(KubernetesApi(labctl.data / "labs" / "tutorial" / "kubeconfig"))


def test_the_real_api_is_not_believed_by_another_authority(labctl: Labctl, tmp_path: Path) -> None:
    real = (labctl.data / "labs" / "tutorial" / "kubeconfig").read_text()
    stranger = base64.b64encode(Authority("kubernetes").pem).decode()
    (tmp_path / "kubeconfig").write_text(re.sub(r"(certificate-authority-data:) \S+", rf"\1 {stranger}", real))
    with pytest.raises(ToolError, match=r"the certificate of the API server at .* is refused"):
        KubernetesApi(tmp_path / "kubeconfig").get("/version")


def test_a_stopped_kubelet_is_found_and_healed(labctl: Labctl) -> None:
    docker("exec", "labctl-tutorial-node-2", "systemctl", "stop", "kubelet")
    results = verify(labctl, code=1)
    assert results["kubelet.service node-2"]["outcome"] == "fail"
    assert results["kubelet.command-line node-2"]["because"] == {"check": "kubelet.service", "scope": "node-2"}
    ended = labctl("up", "-o", "json")
    assert "kube_packages" in ended.steps("step_started")
    assert open_claims(verify(labctl, code=0)) == []


def test_a_node_container_restarted_by_hand_comes_back(labctl: Labctl) -> None:
    """The API tells what was so before until kubelet reports again, so one look is no proof: four in a row are."""
    docker("restart", "--time", "1", "labctl-tutorial-node-3")
    labctl("up", "-o", "json")
    assert until(lambda: all(open_claims(verify(labctl)) == [] for _ in range(4)), 180)


def test_secrets_stay_private(labctl: Labctl) -> None:
    lab = labctl.data / "labs" / "tutorial"
    for name in ("kubeconfig", "id_ed25519", "ssh_config"):
        assert (lab / name).stat().st_mode & 0o077 == 0, name
    key = next(line for line in (lab / "kubeconfig").read_text().splitlines() if "client-key-data" in line).split()[1]
    for path in (path for path in lab.rglob("*") if path.is_file() and path.name != "kubeconfig"):
        text = path.read_text(errors="replace")
        assert key not in text, path
        assert "--token " not in text, path


def test_destroy_leaves_nothing(labctl: Labctl) -> None:
    assert "--yes" in labctl("destroy", code=2).err
    labctl("destroy", "--yes")
    assert containers() == {}
    assert "labctl-tutorial" not in docker("volume", "ls", "--format", "{{.Name}}")
    assert "192.168.50" not in docker("network", "ls", "--format", "{{.Name}}")
    # What labs share stays until it is asked to go, as the bundle does.
    assert re.findall("^labctl/.*", docker("image", "ls", "--format", "{{.Repository}}"), re.MULTILINE) == [
        "labctl/baked"
    ]
    assert list((labctl.data / "labs").iterdir()) == []
    assert labctl("verify", code=3).err
