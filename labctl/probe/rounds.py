"""One node's round: its probe pods and the node itself reach every peer, by one SSH command; what was said, as JSON.

Scripts run in busybox's sh within the pods and in the node's own sh outside; both say one line an attempt.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labctl.facts.observed import quote
from labctl.plan import LabPlan
from labctl.probe.objects import PORT

KINDS = ("pod-to-pod", "host-pod-to-pod")
NAME = "kubernetes.default.svc.cluster.local"
# What timeout(1) and a killed program exit with.
_TIMED_OUT = ("124", "137", "143")
_PART = 4

# A pod's server may need a moment, a busy computer two: tries until 6 s have passed, each at most 3 s.
_TRY = r"""
attempt() { # KIND NAME COMMAND...: KIND, NAME, exit code and what was said, in one line
  kind=$1 name=$2 end=$(($(date +%s) + 6))
  shift 2
  while :; do
    said=$("$@" 2>&1)
    code=$?
    [ $code -ne 0 ] && [ "$(date +%s)" -lt $end ] || break
    sleep 1
  done
  printf '%s\t%s\t%s\t%s\n' "$kind" "$name" "$code" "$(echo "$said" | tr '\n\t\r' '|  ')"
}
"""
_IN_POD = (
    _TRY
    + rf"""
kind=$1 name=$2
shift 2
for peer; do
  attempt "$kind" "${{peer%%=*}}" timeout 3 wget -q -O - "http://${{peer#*=}}:{PORT}/cgi-bin/peer" &
done
[ -z "$name" ] || attempt dns "$name" timeout 3 nslookup -type=a "$name" &
wait
"""
)
_ON_NODE = (
    "export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    + _TRY
    + rf"""
pod=$1 host=$2 own=$3
shift 3
in_pod={shlex.quote(_IN_POD)}
docker exec "$pod" sh -c "$in_pod" sh {KINDS[0]} {NAME} "$@" &
docker exec "$host" sh -c "$in_pod" sh {KINDS[1]} '' "$@" &
ask='exec 3<>"/dev/tcp/$0/{PORT}" && printf "GET /cgi-bin/peer HTTP/1.0\r\n\r\n" >&3 && cat <&3'
attempt node-to-pod "" timeout 3 bash -c "$ask" "$own" &
iptables -S | sed -n -E 's/^(-A (FORWARD|INPUT|OUTPUT) .*-j (DROP|REJECT).*)$/rule\t\t0\t\1/p'
wait
"""
)


@dataclass(frozen=True)
class Started:
    """A node's probe pods that run: the address of the one, and both as Docker knows them."""

    address: str
    pod: str
    host: str


def command(own: Started, peers: Mapping[str, Started]) -> tuple[str, bytes]:
    """The command of a node's round and its standard input."""
    arguments = [own.pod, own.host, own.address, *(f"{name}={each.address}" for name, each in peers.items())]
    return "sh -s -- " + " ".join(shlex.quote(each) for each in arguments), _ON_NODE.encode()


def read_round(plan: LabPlan, own: Started, said: str) -> dict[str, Any]:
    """What a node's network.json holds, from what the round printed."""
    found: dict[str, Any] = {"address": own.address, **{kind: {} for kind in KINDS}, "rules": []}
    known = {node.name for node in plan.nodes}
    for kind, name, code, text in _lines(said):
        if kind in KINDS and name in known:
            found[kind][name] = _contact(code, text)
        elif kind == "node-to-pod":
            found[kind] = _contact(code, text)
        elif kind == "dns":
            found[kind] = _lookup(code, text)
        elif kind == "rule":
            found["rules"].append(text.strip("|"))
    return found


def _lines(said: str) -> Iterable[list[str]]:
    parts = (line.split("\t") for line in said.split("\n"))
    return (each for each in parts if len(each) == _PART)


def _contact(code: str, text: str) -> dict[str, str]:
    """The peer's answer is the last line: its name and the address that it saw."""
    words = text.strip("|").split("|")[-1].split()
    if code == "0" and len(words) == 2:  # noqa: PLR2004
        return {"answered": words[0], "saw": words[1]}
    return {"failed": _failure(code, text)}


def _lookup(code: str, text: str) -> dict[str, Any]:
    head, _, answer = text.partition("Name:")
    server = re.search(r"Server:\s*([0-9.]+)", head)
    addresses = re.findall(r"Address(?: \d+)?:\s*([0-9.]+)", answer)
    if code == "0" and server and addresses:
        return {"server": server.group(1), "addresses": addresses}
    return {"failed": _failure(code, text)}


def _failure(code: str, text: str) -> str:
    lowered = text.lower()
    if code in _TIMED_OUT or "timed out" in lowered:
        return "timed out"
    if "connection refused" in lowered:
        return "connection refused"
    if "no route to host" in lowered:
        return "no route to host"
    return quote(text.replace("|", " ")) or f"exit code {code}"
