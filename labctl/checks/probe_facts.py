"""What the probe pods' claims share: ordered pairs of nodes, whose address a peer may see, and rules that drop packets.

Claims are in part3_network.py.
"""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from labctl.checks.model import At
from labctl.facts import Facts, NotObserved, NotObservedError, need
from labctl.facts.observed import field
from labctl.facts.probes import Contact, NodeProbes, pod_name
from labctl.plan import NodePlan

REACHED = "pairs reached without NAT"
BRIDGES = "seen by its bridge's address"
FAILED = "not reached"
UNSEEN = "not looked at"
RULES = "dropped by"
_LISTED = 4
# weave-net's own last word on what its policies have not let through.
_WEAVE_RULE = ["-A", "FORWARD", "-o", "weave", "-j", "DROP"]

Sought = tuple[Collection[str], str]  # addresses that a sender may have, address of the peer


def probes_of(facts: Facts, node: str) -> NodeProbes:
    """What was seen from a node. Raises NotObservedError with the reason if nothing was."""
    probes = facts.machine(node).probes
    return need(NotObserved(f"the look holds nothing of probe pods on {node}") if probes is None else probes)


def expected_pairs(at: At) -> dict[str, Any]:
    """Every ordered pair of nodes, each with itself too."""
    return {REACHED: len(at.plan.nodes) ** 2}


def observe_pods(facts: Facts, at: At) -> dict[str, Any]:
    """The pairs of pods; a peer is to see the sender's own pod address."""
    return _pairs(facts, at, host=False)


def observe_hosts(facts: Facts, at: At) -> dict[str, Any]:
    """The pairs from host network to pods; a peer is to see the node's address, or that of the node's bridge."""
    return _pairs(facts, at, host=True)


def _pairs(facts: Facts, at: At, *, host: bool) -> dict[str, Any]:
    seen, unseen = _seen(facts, at)
    failed: dict[str, str] = {}
    bridges: dict[str, str] = {}
    sought: list[Sought] = []
    for sender in (node for node in at.plan.nodes if node.name in seen):
        probes = seen[sender.name]
        contacts = probes.host_pod_to_pod if host else probes.pod_to_pod
        own = {sender.ip, *bridge_addresses(facts, at, sender.name)} if host else {probes.address}
        for peer in seen:
            contact = contacts.get(peer, Contact(failure="nothing was said of it"))
            fault = _fault(contact, peer, own, sender.ip if host else probes.address)
            if fault:
                failed[f"{sender.name} -> {peer}"] = fault
                sought.append((own, seen[peer].address))
            elif host and contact.saw != sender.ip:
                bridges[sender.name] = contact.saw
    if unseen and not failed:
        raise NotObservedError("; ".join(dict.fromkeys(unseen.values())))
    more = {BRIDGES: bridges, FAILED: failed, UNSEEN: unseen, RULES: rules_against(facts, at, sought)}
    return {REACHED: len(seen) ** 2 - len(failed), **{key: value for key, value in more.items() if value}}


def _seen(facts: Facts, at: At) -> tuple[dict[str, NodeProbes], dict[str, str]]:
    """What the nodes' probes saw, and for the other nodes why there is nothing."""
    seen, unseen = {}, {}
    for node in at.plan.nodes:
        try:
            seen[node.name] = probes_of(facts, node.name)
        except NotObservedError as error:
            unseen[node.name] = error.reason
    return seen, unseen


def _fault(contact: Contact, peer: str, own: Collection[str], address: str) -> str:
    if contact.failure:
        return contact.failure
    if contact.answered != pod_name(peer):
        return f"{contact.answered} answered instead"
    return "" if contact.saw in own else f"the peer saw {contact.saw}, not {address}: NAT"


def bridge_addresses(facts: Facts, at: At, node: str) -> Iterator[str]:
    """Addresses of the pod network that the node itself holds; none where they could not be read."""
    interfaces = facts.machine(node).ip_addr
    pods = ipaddress.ip_network(at.plan.network.pod_cidr)
    for interface in () if isinstance(interfaces, NotObserved) else interfaces:
        for each in field(interface, "addr_info", list, [], of="ip-addr.json"):
            address = str(each.get("local")) if isinstance(each, dict) else ""
            if _within(address, pods):
                yield address


def _within(address: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(address) in network
    except ValueError:
        return False


def rules_against(facts: Facts, at: At, sought: Iterable[Sought]) -> dict[str, list[str]]:
    """Node -> its packet filter rules that drop what was sought in vain, as `iptables -S` lists them."""
    wanted = list(sought)
    found: dict[str, list[str]] = {}
    for node in at.plan.nodes:
        probes = facts.machine(node.name).probes
        rules = probes.rules if isinstance(probes, NodeProbes) else ()
        hits = [rule for rule in rules if any(_drops(rule, senders, peer) for senders, peer in wanted)]
        if hits:
            found[node.name] = hits
    return found


def _drops(rule: str, senders: Collection[str], peer: str) -> bool:
    words = _words(rule)
    if not words or words == _WEAVE_RULE or "!" in words:
        return False
    there = any(_matches(words, "-s", sender) for sender in senders) and _matches(words, "-d", peer)
    # A dropped answer looks like a dropped question.
    back = any(_matches(words, "-d", sender) for sender in senders) and _matches(words, "-s", peer)
    return there or back


def _words(rule: str) -> list[str]:
    try:
        return shlex.split(rule)
    except ValueError:
        return []


def _matches(words: list[str], option: str, address: str) -> bool:
    """Whether the rule's network for that option, if it has one, holds the address."""
    if option not in words:
        return True
    try:
        return _within(address, ipaddress.ip_network(words[words.index(option) + 1]))
    except (ValueError, IndexError):
        return False


def pairs_fix(at: At, actual: Any) -> str:  # noqa: ANN401 - what was observed
    """Take out the rules that drop, which are not labctl's; else make the pod network anew."""
    rules: Mapping[str, list[str]] = (actual or {}).get(RULES, {})
    nodes = [node for node in at.plan.nodes if node.name in rules]
    commands = [_removal(node, rule) for node in nodes for rule in rules[node.name]]
    return " && ".join(commands) or "labctl up --from weave_net"


def _removal(node: NodePlan, rule: str) -> str:
    return f"labctl ssh {node.name} -- sudo iptables -D {shlex.join(_words(rule)[1:])}"


def compare_pairs(_expected: object, actual: dict[str, Any]) -> str | None:
    """Each pair that was not reached with its reason, and what may be the cause."""
    failed = [f"{pair}: {reason}" for pair, reason in actual.get(FAILED, {}).items()]
    if not failed:
        return None
    told = [*failed[:_LISTED], *([f"{len(failed) - _LISTED} more"] if len(failed) > _LISTED else [])]
    told += [f"{node} has the rule {rule}" for node, rules in actual.get(RULES, {}).items() for rule in rules]
    return "; ".join(told + list(dict.fromkeys(actual.get(UNSEEN, {}).values())))


def show_pairs(actual: Any) -> str:  # noqa: ANN401 - expected or observed
    """How many pairs, and whose bridge stood for its node."""
    bridges = [f"{node} was seen as {address}" for node, address in actual.get(BRIDGES, {}).items()]
    return "; ".join([f"{actual[REACHED]} {REACHED}", *bridges])
