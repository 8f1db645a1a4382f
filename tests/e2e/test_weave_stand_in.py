"""The stand-in for weave-net on four nodes made of network namespaces: the kernel is real, the API server is a file.

What only a cluster shows (kubelet, CNI plugins, services) is the lab's own run.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

SOURCE = Path(__file__).parents[2] / "labctl" / "sources" / "distribution" / "go" / "weave-kube"
SWITCH = "lw-switch"
API = "192.168.50.1"
NODES = {f"lw-node-{number}": f"192.168.50.{10 + number}" for number in range(4)}
ROOT = [] if os.geteuid() == 0 else ["sudo", "-n"]
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"

API_SERVER = """
import http.server, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = open(sys.argv[1] + "/nodes.json", "rb").read()
        self.send_response(200 if self.headers["Authorization"] == "Bearer secret" else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
server = http.server.ThreadingHTTPServer((sys.argv[2], 6443), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + "/ca.crt", sys.argv[1] + "/key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""
ECHO_PEER = """
import socket
server = socket.create_server(("0.0.0.0", 8080))
while True:
    client, peer = server.accept()
    client.sendall(peer[0].encode())
    client.close()
"""
ASK_PEER = "import socket, sys; print(socket.create_connection((sys.argv[1], 8080), 3).recv(99).decode())"
ASK_STATUS = """
import urllib.error, urllib.request
try:
    print(urllib.request.urlopen("http://127.0.0.1:6784/status").status)
except urllib.error.HTTPError as error:
    print(error.code)
except OSError:
    print(0)
"""
# The container's view: the computer's programs, the service account and the node's CNI folder in their places.
CONTAINER = f"""
root=$1/root-$2
for part in bin sbin lib lib64 usr etc proc sys dev; do
  [ ! -e /$part ] || {{ mkdir -p $root/$part && mount --rbind /$part $root/$part; }}
done
mkdir -p $root/run $root{ACCOUNT} $root/host/etc/cni/net.d $1/$2
cp $1/ca.crt $1/token $root{ACCOUNT}/
cp $1/weave-kube $root/weave-kube
mount --bind $1/$2 $root/host/etc/cni/net.d
exec env HOSTNAME=$2 API_HOST={API} chroot $root /weave-kube
"""


def run(*command: str, check: bool = True) -> str:
    done = subprocess.run([*ROOT, *command], check=False, capture_output=True, text=True, timeout=60)
    assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def inside(namespace: str, *command: str, check: bool = True) -> str:
    return run("ip", "netns", "exec", namespace, *command, check=check)


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 15
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


class Cluster:
    """Nodes are namespaces on one switch; a pod is a namespace on its node's bridge."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.namespaces: list[str] = []
        self.pods: dict[str, str] = {}

    def namespace(self, name: str, *commands: str) -> None:
        run("ip", "netns", "add", name)
        self.namespaces.append(name)
        for command in ("ip link set lo up", *commands):
            inside(name, *command.split())

    def spawn(self, name: str, namespace: str, *command: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [*ROOT, "ip", "netns", "exec", namespace, *command], stdout=log, stderr=subprocess.STDOUT
            )

    def stop(self, name: str) -> int:
        process = self.processes.pop(name)
        # sudo hands SIGTERM on to its command.
        run("kill", str(process.pid))
        return process.wait(timeout=10)

    def publish(self, nodes: list[str]) -> None:
        items = [
            {"metadata": {"name": n}, "status": {"addresses": [{"type": "InternalIP", "address": NODES[n]}]}}
            for n in nodes
        ]
        new = self.folder / "nodes.new"
        new.write_text(json.dumps({"kind": "NodeList", "items": items}))
        new.rename(self.folder / "nodes.json")

    def make_machines(self) -> None:
        self.namespace(SWITCH, "ip link add br0 type bridge", "ip link set br0 up", f"ip addr add {API}/24 dev br0")
        for node, address in NODES.items():
            self.namespace(node)
            run("ip", "link", "add", "eth1", "netns", node, "type", "veth", "peer", "name", node, "netns", SWITCH)
            inside(SWITCH, "ip", "link", "set", node, "master", "br0", "up")
            for command in (
                f"ip addr add {address}/24 dev eth1",
                "ip link set eth1 up",
                f"ip route add default via {API}",
                "iptables -P FORWARD DROP",  # as Docker does
                "sysctl -qw net.ipv4.ip_forward=1",
            ):
                inside(node, *command.split())
        self.spawn("api", SWITCH, sys.executable, "-c", API_SERVER, str(self.folder), API)

    def start_weave(self, node: str) -> None:
        self.spawn(node, node, "unshare", "--mount", "sh", "-eu", "-c", CONTAINER, "sh", str(self.folder), node)

    def add_pod(self, node: str) -> str:
        """Attach a pod as the conflist that weave-kube wrote says; its name."""
        pod = node.replace("node", "pod")
        conflist = json.loads((self.folder / node / "10-weave.conflist").read_text())
        bridge = conflist["plugins"][0]
        addresses = bridge["ipam"]["ranges"][0][0]
        self.namespace(pod)
        self.pods[pod] = addresses["rangeStart"]
        bits = addresses["subnet"].split("/")[1]
        run("ip", "link", "add", "eth0", "netns", pod, "type", "veth", "peer", "name", pod, "netns", node)
        inside(node, *f"ip link set {pod} mtu {bridge['mtu']} master {bridge['bridge']} up".split())
        inside(pod, *f"ip addr add {addresses['rangeStart']}/{bits} dev eth0".split())
        inside(pod, *f"ip link set eth0 mtu {bridge['mtu']} up".split())
        inside(pod, *f"ip route add default via {addresses['gateway']}".split())
        self.echo(pod)
        return pod

    def echo(self, namespace: str) -> None:
        self.spawn(f"echo-{namespace}", namespace, sys.executable, "-c", ECHO_PEER)

    def remove(self) -> None:
        for name in list(self.processes):
            self.stop(name)
        for name in self.namespaces:
            run("ip", "netns", "del", name)
        # What weave-kube wrote is root's.
        run("chmod", "-R", "a+rwX", str(self.folder))


def status(node: str) -> str:
    return inside(node, sys.executable, "-c", ASK_STATUS)


def asks(namespace: str, address: str) -> str:
    """The address under which the peer saw the question; empty if it was not reached."""
    return inside(namespace, sys.executable, "-c", ASK_PEER, address, check=False)


def entries(node: str) -> str:
    return inside(node, "bridge", "fdb", "show", "dev", "vxlan-6784")


def is_answered(namespace: str, address: str, own: str) -> bool:
    return asks(namespace, address) == own


def has_no_entry(node: str, address: str) -> bool:
    return address not in entries(node)


def is_ready(node: str) -> None:
    until(lambda: status(node) == "200", f"{node} is not ready")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three of the four nodes in the cluster, a pod on each."""
    folder = tmp_path_factory.mktemp("weave")
    go = shutil.which("go") or "/usr/lib/go-1.19/bin/go"
    subprocess.run(
        [go, "build", "-o", str(folder / "weave-kube"), "."], cwd=SOURCE, check=True, env={**os.environ, "GOENV": "off"}
    )
    subject = ["-subj", "/CN=api", "-addext", f"subjectAltName=IP:{API}"]
    files = ["-keyout", str(folder / "key"), "-out", str(folder / "ca.crt")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject, *files],
        check=True,
        capture_output=True,
    )
    (folder / "token").write_text("secret")
    made = Cluster(folder)
    made.publish(list(NODES)[:3])
    try:
        made.make_machines()
        for node in list(NODES)[:3]:
            made.start_weave(node)
        for node in list(NODES)[:3]:
            is_ready(node)
            made.add_pod(node)
        yield made
    finally:
        made.remove()


def test_pods_reach_all_pods_without_nat(cluster: Cluster) -> None:
    for pod, own in cluster.pods.items():
        for address in cluster.pods.values():
            until(partial(is_answered, pod, address, own), f"{pod} to {address}")


def test_nodes_reach_all_pods_with_their_bridges_address(cluster: Cluster) -> None:
    for number, node in enumerate(list(NODES)[:3]):
        assert {asks(node, address) for address in cluster.pods.values()} == {f"10.32.{10 + number}.1"}


def test_what_leaves_the_pod_range_is_masqueraded(cluster: Cluster) -> None:
    cluster.echo(SWITCH)
    until(lambda: asks("lw-pod-0", API) == "192.168.50.10", "the world outside")


def test_a_node_that_comes_is_reached_and_one_that_goes_is_forgotten(cluster: Cluster) -> None:
    cluster.publish(list(NODES))
    cluster.start_weave("lw-node-3")
    is_ready("lw-node-3")
    pod = cluster.add_pod("lw-node-3")
    until(lambda: asks("lw-pod-0", cluster.pods[pod]) == cluster.pods["lw-pod-0"], "the new node's pod")
    until(lambda: "192.168.50.13" in entries("lw-node-0"), "no entry for the new node")
    cluster.stop("lw-node-3")
    cluster.publish(list(NODES)[:3])
    del cluster.pods[pod]
    for node in list(NODES)[:3]:
        until(partial(has_no_entry, node, "192.168.50.13"), f"{node} remembers who left")
        is_ready(node)


@pytest.mark.parametrize(
    "damage",
    [
        "bridge fdb del 00:00:00:00:00:00 dev vxlan-6784 dst 192.168.50.11",
        "ip link del vxlan-6784",
        "ip addr flush dev weave",
        "ip link set weave down",
    ],
)
def test_damage_is_told_at_once_and_repaired(cluster: Cluster, damage: str) -> None:
    inside("lw-node-0", "sh", "-c", f"{damage} && {sys.executable} -c '{ASK_STATUS}' > {cluster.folder}/told")
    assert (cluster.folder / "told").read_text().strip() == "503"
    is_ready("lw-node-0")
    until(lambda: asks("lw-pod-0", cluster.pods["lw-pod-1"]) == cluster.pods["lw-pod-0"], "no pod reached")


def test_flushed_rules_come_back(cluster: Cluster) -> None:
    inside("lw-node-0", "iptables", "-t", "nat", "-F")
    inside("lw-node-0", "iptables", "-F")
    until(lambda: "-i weave -j ACCEPT" in inside("lw-node-0", "iptables", "-S", "FORWARD"), "FORWARD")
    until(lambda: "-j MASQUERADE" in inside("lw-node-0", "iptables", "-t", "nat", "-S"), "POSTROUTING")


def test_pods_keep_their_network_while_weave_restarts(cluster: Cluster) -> None:
    assert cluster.stop("lw-node-1") == 0
    assert asks("lw-pod-0", cluster.pods["lw-pod-1"]) == cluster.pods["lw-pod-0"]
    cluster.start_weave("lw-node-1")
    is_ready("lw-node-1")


def test_it_stays_ready_without_the_api_until_the_bridge_is_gone(cluster: Cluster) -> None:
    cluster.stop("api")
    until(lambda: "connection refused" in (cluster.folder / "lw-node-0.log").read_text(), "the API is missed")
    assert status("lw-node-0") == "200"
    inside("lw-node-0", "sh", "-c", f"ip link del weave && {sys.executable} -c '{ASK_STATUS}' > {cluster.folder}/told")
    assert (cluster.folder / "told").read_text().strip() == "503"
    is_ready("lw-node-0")
