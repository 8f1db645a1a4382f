#!/usr/bin/env python3
"""The straightforward recipe: what a reader would script from the tutorial, one step after another.

It is the yardstick for `labctl up` and frozen: it imports nothing of labctl, knows nothing of its tricks, and is not
made faster. Only a bundle is shared. What a node in a container cannot do without is here, each with its reason.

    sudo bench/baseline/run.py BUNDLE

Prints one JSON object a line, {"at": seconds since the start, "seconds": of this step, "step": ..., "node": ...}, and
at the end {"step": "total", "seconds": ...}. Everything that it made is removed afterwards, also after a failure.
It uses the lab's network 192.168.50.0/24: no lab can run at the same time.
"""

import argparse
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

MASTER = "k8s-master"
NODES = {MASTER: "192.168.50.10", "node-1": "192.168.50.11", "node-2": "192.168.50.12", "node-3": "192.168.50.13"}
NAME = "labctl-baseline"
IMAGE = f"{NAME}:node"
SUBNET = "192.168.50.0/24"
PODS = 14  # etcd, API server, controller manager, scheduler; two of CoreDNS; four each of kube-proxy and weave-net
DEADLINE = 600  # seconds for any one thing to come true; it takes a tenth of that
POLL = 0.5  # seconds
SWAP = "--ignore-preflight-errors=Swap"  # it would be the computer's, and a container cannot turn it off
# As linux/capability.h numbers them from 0 on.
CAPABILITIES = """
    CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
    NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
    SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
    MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ
    """.split()  # noqa: SIM905 - a list of strings on 38 lines is no easier to read

# Without these a container is no machine: mounts reach pods, systemd may write its cgroups, kubelet has its log, the
# machine has an id of its own, and a resolv.conf for pods that does not name Docker's own server (CoreDNS would ask
# itself).
START = """
mount --make-rshared /
mount -o remount,rw /sys || true
while read -r _ point _; do
  case $point in /sys/fs/cgroup*) mount -o remount,bind,rw "$point" || true ;; esac
done </proc/mounts
[ -e /dev/kmsg ] || mknod /dev/kmsg c 1 11
rm -f /etc/machine-id && systemd-machine-id-setup
grep -v '^nameserver 127' /etc/resolv.conf >/etc/resolv.pods || true
grep -q '^nameserver' /etc/resolv.pods || echo 'nameserver 192.0.2.53' >>/etc/resolv.pods
for unit in systemd-udevd systemd-modules-load systemd-logind systemd-firstboot console-getty; do
  ln -sf /dev/null "/etc/systemd/system/$unit.service"
done
exec /sbin/init
"""

INSTALL_DOCKER = """
export DEBIAN_FRONTEND=noninteractive
mkdir -p /etc/docker
cp /tmp/daemon.json /etc/docker/daemon.json
install -m 0755 /bundle/bin/runc-wrapper /usr/local/sbin/labctl-runc
apt-get install -qq -y --no-install-recommends /bundle/packages/docker/*.deb </dev/null
systemctl enable --now docker
docker version
"""

INSTALL_KUBERNETES = """
export DEBIAN_FRONTEND=noninteractive
apt-get install -qq -y --no-install-recommends /bundle/packages/kube/*.deb </dev/null
sysctl -w net.ipv4.ip_forward=1
install -m 0755 /bundle/bin/kubeadm /bundle/bin/kubelet /bundle/bin/kubectl /usr/bin/
mkdir -p /opt/cni/bin /etc/systemd/system/kubelet.service.d
cp /bundle/cni/bin/* /opt/cni/bin/
cat >/lib/systemd/system/kubelet.service <<'END'
[Unit]
Description=kubelet: The Kubernetes Node Agent
Wants=network-online.target
After=network-online.target
[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10
[Install]
WantedBy=multi-user.target
END
cat >/etc/systemd/system/kubelet.service.d/10-kubeadm.conf <<'END'
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=\\
  --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf \\
  --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
END
systemctl daemon-reload
systemctl enable kubelet
"""

# kubeadm's own settings but for what would not work: the bundle's images, the lab's network, a container's limits.
KUBEADM = """
apiVersion: kubeadm.k8s.io/v1beta2
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: %(master)s}
nodeRegistration: {criSocket: /var/run/dockershim.sock}
---
apiVersion: kubeadm.k8s.io/v1beta2
kind: ClusterConfiguration
kubernetesVersion: %(kubernetes)s
imageRepository: %(repository)s
etcd: {local: {imageTag: %(etcd)s}}
networking: {podSubnet: 10.32.0.0/12}
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: systemd
failSwapOn: false
resolvConf: /etc/resolv.pods
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
conntrack: {maxPerCore: 0}
"""


class FailedError(Exception):
    """A command failed or something did not come true in time."""


class Timeline:
    """Runs steps one after another and prints a line for each."""

    def __init__(self) -> None:
        self.start = time.monotonic()

    def step(self, name: str, node: str | None, work: Callable[..., object], *arguments: object) -> None:
        """Call work with the arguments and print its line."""
        begin = time.monotonic()
        work(*arguments)
        now = time.monotonic()
        line = {"at": round(now - self.start, 2), "seconds": round(now - begin, 2), "step": name, "node": node}
        print(json.dumps(line), flush=True)

    def total(self) -> None:
        """Print the last line."""
        print(json.dumps({"step": "total", "seconds": round(time.monotonic() - self.start, 2)}), flush=True)


def run(*command: str, text: str | None = None) -> str:
    """Run a command with text as its standard input; its output. Raises FailedError with all that it said."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=DEADLINE, check=False)
    if done.returncode:
        raise FailedError(
            f"{' '.join(command)[:200]}: exit {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        )
    return done.stdout


def on(node: str, script: str) -> str:
    """Run a shell script on a node as root."""
    return run("docker", "exec", "-i", f"{NAME}-{node}", "sh", "-eu", text=script)


def wait_until(what: str, true: Callable[[], bool]) -> None:
    """Ask twice a second."""
    deadline = time.monotonic() + DEADLINE
    while not true():
        if time.monotonic() > deadline:
            raise FailedError(f"gave up after {DEADLINE} s: {what}")
        time.sleep(POLL)


def privileges() -> tuple[list[str], bool]:
    """Arguments that give a node what a machine has, and whether containers in it can have all of it, too."""
    status = Path(f"/proc/{run('pidof', '-s', 'dockerd').strip()}/status").read_text()
    bounding = int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapBnd:")), 16)
    held = [name for number, name in enumerate(CAPABILITIES) if bounding >> number & 1]
    if len(held) == len(CAPABILITIES):
        return ["--privileged"], True
    # Docker refuses --privileged where it lacks a capability itself: this is the rest of it.
    options = [option for name in held for option in ("--cap-add", name)]
    for name in ("seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"):
        options += ["--security-opt", name]
    return [*options, "--device-cgroup-rule", "a *:* rwm"], False


def start_node(node: str, bundle: Path, options: list[str]) -> None:
    """A container with two interfaces, as a virtual machine of the tutorial has."""
    name = f"{NAME}-{node}"
    volumes = [f"--mount=type=volume,target=/var/lib/{folder}" for folder in ("docker", "kubelet")]
    run(
        *("docker", "run", "--detach", "--name", name, "--hostname", node, "--label", NAME),
        *("--env", "container=docker", "--cgroupns=private", "--stop-signal", "SIGRTMIN+3"),
        *("--tmpfs", "/run", "--tmpfs", "/run/lock"),
        *(*options, *volumes, "--volume", f"{bundle}:/bundle:ro", IMAGE, "sh", "-eu", "-c", START),
    )
    run("docker", "network", "connect", "--ip", NODES[node], NAME, name)
    booted = ("docker", "exec", name, "systemctl", "is-active", "--quiet", "multi-user.target")
    wait_until(f"{node} boots", lambda: subprocess.run(booted, check=False, capture_output=True).returncode == 0)


def prepare_node(timeline: Timeline, node: str, manifest: dict[str, Any], all_capabilities: bool) -> None:
    """Docker, the Kubernetes programs and the images, as the tutorial's reader installs them."""
    daemon: dict[str, Any] = {"exec-opts": ["native.cgroupdriver=systemd"]}
    if not all_capabilities:
        # runc fails where it may not raise limits.
        daemon |= {"default-runtime": "labctl", "runtimes": {"labctl": {"path": "/usr/local/sbin/labctl-runc"}}}
    on(node, f"cat >/tmp/daemon.json <<'END'\n{json.dumps(daemon)}\nEND\n")
    on(node, f"echo KUBELET_EXTRA_ARGS=--node-ip={NODES[node]} >/etc/default/kubelet")
    on(node, "".join(f"echo {address} {name} >>/etc/hosts\n" for name, address in NODES.items()))
    timeline.step("install docker", node, on, node, INSTALL_DOCKER)
    timeline.step("install kubernetes", node, on, node, INSTALL_KUBERNETES)
    wanted = ("all", "control-plane") if node == MASTER else ("all",)
    archives = dict.fromkeys(image["archive"] for image in manifest["images"] if image["nodes"] in wanted)
    script = "".join(f"docker load --quiet --input /bundle/{archive}\n" for archive in archives)
    timeline.step("load images", node, on, node, script)


def all_ready() -> bool:
    """Whether every node and every pod of kube-system is there and Ready."""
    kubectl = "kubectl --kubeconfig /etc/kubernetes/admin.conf --namespace kube-system get --output json"
    nodes = json.loads(on(MASTER, f"{kubectl} nodes"))["items"]
    pods = json.loads(on(MASTER, f"{kubectl} pods"))["items"]
    if len(nodes) != len(NODES) or len(pods) != PODS:
        return False
    return all(
        any(one["type"] == "Ready" and one["status"] == "True" for one in item["status"].get("conditions", ()))
        for item in nodes + pods
    )


def bring_up(bundle: Path) -> None:
    """The whole recipe."""
    manifest = json.loads((bundle / "manifest.json").read_text())
    options, all_capabilities = privileges()
    values = {
        "master": NODES[MASTER],
        "kubernetes": manifest["versions"]["kubernetes"],
        "repository": manifest["image_repository"],
        "etcd": manifest["image_tags"]["etcd"],
    }
    init = f"cat >/root/kubeadm.yml <<'END'\n{KUBEADM % values}END\nkubeadm init --config /root/kubeadm.yml {SWAP}\n"
    admin = "export KUBECONFIG=/etc/kubernetes/admin.conf\n"
    timeline = Timeline()
    timeline.step("import node image", None, run, "docker", "import", str(bundle / "node/root.tar"), IMAGE)
    timeline.step("create network", None, run, "docker", "network", "create", "--subnet", SUBNET, NAME)
    for node in NODES:
        timeline.step("start", node, start_node, node, bundle, options)
    for node in NODES:
        prepare_node(timeline, node, manifest, all_capabilities)
    timeline.step("kubeadm init", MASTER, on, MASTER, init)
    apply = admin + "kubectl apply --filename /bundle/manifests/weave-net.yaml\n"
    timeline.step("apply weave-net", MASTER, on, MASTER, apply)
    join = on(MASTER, admin + "kubeadm token create --print-join-command").strip() + f" {SWAP}\n"
    for node in NODES:
        if node != MASTER:
            timeline.step("kubeadm join", node, on, node, join)
    timeline.step("wait until all is Ready", None, wait_until, "all Ready", all_ready)
    timeline.total()


def remove_all() -> None:
    """Remove what this script has made, in this run or in one that was cut off."""
    containers = run("docker", "ps", "--all", "--quiet", "--filter", f"label={NAME}").split()
    if containers:
        run("docker", "rm", "--force", "--volumes", *containers)
    for kind, name in (("network", NAME), ("image", IMAGE)):
        present = subprocess.run(("docker", kind, "inspect", name), check=False, capture_output=True)
        if present.returncode == 0:
            run("docker", kind, "rm", name)


def stop(number: int, _frame: FrameType | None) -> None:
    """Leave through the clean-up."""
    raise FailedError(f"stopped by signal {number}")


def main() -> int:
    """Run, then remove everything."""
    parser = argparse.ArgumentParser(description="Times the straightforward way to the tutorial's cluster.")
    parser.add_argument("bundle", type=Path, help="folder of a bundle from the distribution")
    bundle = parser.parse_args().bundle.resolve()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        remove_all()
        bring_up(bundle)
    except (FailedError, OSError, KeyError, ValueError, subprocess.TimeoutExpired) as error:
        print(f"baseline failed: {error}", file=sys.stderr)
        return 1
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        remove_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
