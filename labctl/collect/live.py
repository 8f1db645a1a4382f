"""Looks at a live lab once: the API's answers and the nodes' facts, in parallel, as the files of a recording.

Read-only. What cannot be had becomes Unavailable with its reason; judging it is the checks' business.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from labctl.adapters.ports import ClusterApi, NodeShell
from labctl.collect import certificates
from labctl.collect.units import SHOW, STATUS, by_unit
from labctl.errors import LabctlError, NotFoundError
from labctl.facts import Facts, Unavailable
from labctl.facts.certificates import CERTIFICATES_FILE, FILES, UNFINISHED
from labctl.facts.model import UNITS
from labctl.plan import LabPlan

Files = Mapping[str, "bytes | Unavailable"]

API_PATHS = (
    "/version",
    "/api/v1/nodes",
    "/api/v1/namespaces",
    "/api/v1/pods",
    "/api/v1/namespaces/default/endpoints",
    "/api/v1/namespaces/kube-system/configmaps",
    "/api/v1/namespaces/kube-system/endpoints",
    "/api/v1/namespaces/kube-system/pods",
    "/api/v1/namespaces/kube-system/services",
    "/apis/apps/v1/namespaces/kube-system/daemonsets",
    "/apis/apps/v1/namespaces/kube-system/deployments",
    "/apis/apps/v1/namespaces/kube-system/replicasets",
)
# Patience for a node whose processor is emulated, on a busy computer: one that answers costs no more for it.
_NODE_SECONDS = 90.0

_KUBECTL = "kubectl-non-root.txt"
_NODE_NAMES = (
    SHOW,
    STATUS,
    "docker-version.json",
    "docker-info.json",
    "ip-addr.json",
    "host.txt",
    "labctl.json",
    CERTIFICATES_FILE,
)
# Each line of the answer: name of the file, a tab, its content in base64. PATH is complete for an ordinary sh.
_EMIT = r"""
export LC_ALL=C SYSTEMD_COLORS=0 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
emit() { name=$1; shift; printf '%s\t' "$name"; "$@" 2>&1 | base64 --wrap 0; echo; }
"""
# -I, -S: Python takes a third of the time to start without what others have installed for it.
_CERTIFICATES_SCRIPT = f"""
certificates() {{ /usr/bin/python3 -IS - {UNFINISHED} {" ".join(FILES)} <<'END'
{Path(certificates.__file__).read_text(encoding="utf-8")}
END
}}
emit {CERTIFICATES_FILE} certificates
"""
_NODE_SCRIPT = f"""{_EMIT}
emit {SHOW} systemctl show {" ".join(UNITS)}
status() {{
  # What it says of units that there are not comes after the rest, on lines of its own.
  exec 3>&1; wrong=$(systemctl status --no-pager --full {" ".join(UNITS)} 2>&1 >&3); printf '%s\n' "$wrong"
}}
emit {STATUS} status
emit docker-version.json timeout 20 docker version --format '{{{{json .}}}}'
emit docker-info.json timeout 20 docker info --format '{{{{json .}}}}'
emit ip-addr.json ip -j addr
host() {{
  cat /proc/swaps; sysctl net.bridge.bridge-nf-call-iptables net.ipv4.ip_forward; cat /etc/os-release
  ls /etc/cni/net.d /opt/cni/bin; cat /var/lib/kubelet/kubeadm-flags.env
}}
emit host.txt host
marks() {{
  printf '{{'; comma=
  for mark in /etc/labctl/fingerprints/*; do
    [ -f "$mark" ] || continue
    printf '%s"%s": "%s"' "$comma" "${{mark##*/}}" "$(head -c 64 "$mark" | tr -cd 'a-zA-Z0-9')"; comma=', '
  done
  printf '}}'
}}
emit labctl.json marks
{_CERTIFICATES_SCRIPT}
"""
# The tutorial's prompts are an ordinary user's on the master.
_MASTER_SCRIPT = f"""
as_user() {{
  said=$(timeout 20 runuser -u vagrant -- env HOME=/home/vagrant kubectl get nodes 2>&1); echo "exit $?"; echo "$said"
}}
emit {_KUBECTL} as_user
"""


def collect(
    plan: LabPlan, shell: NodeShell, open_api: Callable[[], ClusterApi], machines: Files | None = None
) -> dict[str, bytes | Unavailable]:
    """All files of a collection by name (shared format of recordings): plan.json, api/…, nodes/<node>/….

    machines: those of the nodes, where they were seen already.
    """
    files: dict[str, bytes | Unavailable] = {"plan.json": json.dumps(plan.to_json(), indent=2).encode()}
    with ThreadPoolExecutor(max_workers=1) as pool:
        api = pool.submit(api_files, open_api, API_PATHS)
        files.update(look_at_machines(plan, shell) if machines is None else machines)
        files.update(api.result())
    return files


def look(plan: LabPlan, shell: NodeShell, open_api: Callable[[], ClusterApi], machines: Files | None = None) -> Facts:
    """One look at the live lab, as facts; machines as for collect."""
    return Facts.from_files(collect(plan, shell, open_api, machines), source="live")


def look_at_machines(plan: LabPlan, shell: NodeShell) -> dict[str, bytes | Unavailable]:
    """What all nodes say of themselves, asked at the same time."""
    with ThreadPoolExecutor(max_workers=len(plan.nodes)) as pool:
        found = pool.map(lambda node: node_files(plan, node.name, shell), plan.nodes)
    return {name: content for files in found for name, content in files.items()}


def look_at_api(open_api: Callable[[], ClusterApi]) -> Facts:
    """One look at the API alone, a fraction of a whole one; nothing is known of the machines."""
    return Facts.from_files(api_files(open_api, API_PATHS), source="live")


def look_at_certificates(plan: LabPlan, shell: NodeShell) -> Facts:
    """One look at the machines' certificates alone, a fraction of a whole one; nothing is known of anything else."""
    script = _EMIT + _CERTIFICATES_SCRIPT
    names = [node.name for node in plan.nodes]
    with ThreadPoolExecutor(max_workers=len(names)) as pool:
        seen = pool.map(lambda node: _said(node, shell, script, [CERTIFICATES_FILE]), names)
        files = {name: content for each in seen for name, content in each.items()}
    return Facts.from_files(files, source="live")


def api_file(path: str) -> str:
    """The file of a collection that holds the answer to an API path; its query is no part of the name."""
    return f"api/{path.partition('?')[0].strip('/').replace('/', '_')}.json"


def api_files(open_api: Callable[[], ClusterApi], paths: Sequence[str]) -> dict[str, bytes | Unavailable]:
    """The API's answers to these paths as files api/….json."""
    try:
        answers = open_api().get_many(paths)
    except LabctlError as error:
        return {api_file(path): Unavailable(error.message) for path in paths}
    return {api_file(path): _api_file(answer) for path, answer in answers.items()}


def _api_file(answer: bytes | Exception) -> bytes | Unavailable:
    if isinstance(answer, Exception):
        return Unavailable(str(answer), absent=isinstance(answer, NotFoundError))
    return answer


def node_files(plan: LabPlan, node: str, shell: NodeShell) -> dict[str, bytes | Unavailable]:
    """What one node says of itself as files nodes/<node>/…, by one command over SSH."""
    master = node == plan.control_plane.name
    names = [*_NODE_NAMES, _KUBECTL] if master else _NODE_NAMES
    return by_unit(_said(node, shell, _NODE_SCRIPT + (_MASTER_SCRIPT if master else ""), names), f"nodes/{node}")


def _said(node: str, shell: NodeShell, script: str, names: Sequence[str]) -> dict[str, bytes | Unavailable]:
    """The files of those names that a script emits on a node."""
    try:
        done = shell.run(node, "sh -s", stdin=script.encode(), timeout=_NODE_SECONDS, check=False)
    except LabctlError as error:
        return {f"nodes/{node}/{name}": Unavailable(error.message) for name in names}
    nothing = Unavailable(f"{node} gave no answer: {done.stderr.strip()[-200:]}".removesuffix(": "))
    found: dict[str, bytes | Unavailable] = {f"nodes/{node}/{name}": nothing for name in names}
    for line in done.stdout.splitlines():
        name, tab, content = line.partition("\t")
        # Names come from the node: only those that were asked for become files of a collection.
        if tab and name in names:
            found[f"nodes/{node}/{name}"] = _decoded(content)
    return found


def _decoded(content: str) -> bytes | Unavailable:
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error:
        return Unavailable("the node's answer was cut off")
