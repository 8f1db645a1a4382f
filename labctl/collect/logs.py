"""What a helper reads besides a recording: on each node the logs of units and of kube-system's pods, and its state.

The pods' logs come from the node's disk, not from the API server: they are there when it is not.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterator

from labctl.adapters.ports import NodeShell
from labctl.errors import LabctlError
from labctl.facts import Unavailable

LOG_UNITS = ("kubelet.service", "docker.service", "containerd.service")
# The newest lines and bytes of one log; the logs of one node; seconds for all of them.
LINES, POD_LINES = 2000, 1000
LOG_BYTES, POD_BYTES = 2**20, 2**18
MOST_LOGS = 80
_NODE_SECONDS = 120.0

_STATE = "state.txt"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,100})?")
# Each line of the answer: name of the log, a tab, its content packed by gzip, in base64.
_SCRIPT = f"""
export LC_ALL=C SYSTEMD_COLORS=0 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
emit() {{
  name=$1; most=$2; shift 2
  printf '%s\\t' "$name"; "$@" 2>&1 | tail -c "$most" | gzip -c | base64 | tr -d '\\n'; echo
}}
for unit in {" ".join(LOG_UNITS)}; do
  emit "$unit.log" {LOG_BYTES} timeout 30 journalctl --no-pager -o short-iso -n {LINES} -u "$unit"
done
say() {{ echo "## $*"; timeout 15 "$@"; }}
state() {{
  say uptime; say free -m; say df -h / /var/lib/docker /var/lib/kubelet; say ip route; say docker ps -a
  say systemctl --no-pager --failed
  say iptables-save; say ls -lR /etc/kubernetes /etc/cni/net.d
}}
emit {_STATE} {LOG_BYTES} state
# The newest two of each container: where it crashed, the older one says why.
for folder in /var/log/pods/kube-system_*/*/; do
  [ -d "$folder" ] || continue
  pod=${{folder#/var/log/pods/kube-system_}}; container=${{pod#*/}}; pod=${{pod%%_*}}
  for log in $(ls -t "$folder" | head -n 2); do
    emit "$pod/${{container%/}}-$log" {POD_BYTES} tail -n {POD_LINES} "$folder$log"
  done
done
"""


def node_logs(node: str, shell: NodeShell) -> dict[str, bytes | Unavailable]:
    """The logs of one node as files logs/<node>/…, each bounded; what could not be had is Unavailable."""
    wanted = [*(f"{unit}.log" for unit in LOG_UNITS), _STATE]
    try:
        done = shell.run(node, "sh -s logs", stdin=_SCRIPT.encode(), timeout=_NODE_SECONDS, check=False)
    except LabctlError as error:
        return {f"logs/{node}/{name}": Unavailable(error.message) for name in wanted}
    nothing = Unavailable(f"{node} gave no answer: {done.stderr.strip()[-200:]}".removesuffix(": "))
    found: dict[str, bytes | Unavailable] = {f"logs/{node}/{name}": nothing for name in wanted}
    for name, content in _answers(done.stdout):
        found[f"logs/{node}/{name}"] = content
    return found


def _answers(text: str) -> Iterator[tuple[str, bytes | Unavailable]]:
    """Names and contents of the node's answer; names come from the node, so they are held to a plain form."""
    for line in text.splitlines()[:MOST_LOGS]:
        name, tab, packed = line.partition("\t")
        if tab and _NAME.fullmatch(name):
            content = _unpacked(packed)
            if isinstance(content, bytes) and "/" in name:
                content = _plain(content)
            yield name, content


def _unpacked(packed: str) -> bytes | Unavailable:
    unpack = zlib.decompressobj(wbits=31)
    try:
        content = unpack.decompress(base64.b64decode(packed, validate=True), LOG_BYTES)
    except (binascii.Error, zlib.error):
        return Unavailable("the node's answer was cut off")
    return content if unpack.eof else Unavailable("the node's answer was cut off")


def _plain(content: bytes) -> bytes:
    """A container's log as its lines, without the JSON that Docker wraps each in."""
    return b"".join(_said(line) for line in content.splitlines(keepends=True))


def _said(line: bytes) -> bytes:
    try:
        record = json.loads(line)
        return f"{record['time']} {record['log']}".encode()
    except (ValueError, LookupError, TypeError, RecursionError):
        return line
