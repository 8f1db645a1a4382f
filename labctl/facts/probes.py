"""What probe pods on one node saw (nodes/<node>/network.json of a deep look), read tolerantly from untrusted JSON.

Only the shape is read here; which pods run and what they do is labctl/probe's, what counts is labctl/checks'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labctl.facts.observed import NotObserved, NotObservedError, field, typed

NETWORK_FILE = "network.json"


def pod_name(node: str) -> str:
    """The name of the probe pod of the pod network on a node, by which it answers its peers."""
    return f"pod-{node}"


@dataclass(frozen=True)
class Contact:
    """One sender's attempt to reach one probe pod: who answered, and the address that this peer saw.

    Where nobody answered, failure says why and the others are empty.
    """

    answered: str = ""
    saw: str = ""
    failure: str = ""


@dataclass(frozen=True)
class Lookup:
    """One name looked up: through which server, to which addresses; or failure says why to none."""

    server: str = ""
    addresses: tuple[str, ...] = ()
    failure: str = ""


@dataclass(frozen=True)
class NodeProbes:
    """What was seen from one node. address: its probe pod's own. Contacts of pods are by the name of the peer's node.

    rules: the node's packet filter rules that drop, as `iptables -S` lists them.
    """

    address: str
    pod_to_pod: Mapping[str, Contact]
    host_pod_to_pod: Mapping[str, Contact]
    node_to_pod: Contact
    dns: Lookup
    rules: tuple[str, ...]


def read_probes(data: object, name: str) -> NodeProbes | NotObserved:
    """The parsed JSON of a node's file; name is told where something is missing or of the wrong type."""
    try:
        return _read(typed(data, dict, name), name)
    except NotObservedError as error:
        return NotObserved(error.reason)


def _read(data: dict[str, Any], name: str) -> NodeProbes:
    return NodeProbes(
        address=_required(data, "address", name),
        pod_to_pod=_contacts(data, "pod-to-pod", name),
        host_pod_to_pod=_contacts(data, "host-pod-to-pod", name),
        node_to_pod=_contact(field(data, "node-to-pod", dict, {}, of=name), f"node-to-pod of {name}"),
        dns=_lookup(field(data, "dns", dict, {}, of=name), f"dns of {name}"),
        rules=_texts(data, "rules", name),
    )


def _contacts(data: dict[str, Any], key: str, name: str) -> dict[str, Contact]:
    of = f"{key} of {name}"
    return {peer: _contact(typed(each, dict, of), of) for peer, each in field(data, key, dict, {}, of=name).items()}


def _contact(data: dict[str, Any], of: str) -> Contact:
    failure = field(data, "failed", str, "", of=of)
    if failure:
        return Contact(failure=failure)
    return Contact(_required(data, "answered", of), _required(data, "saw", of))


def _lookup(data: dict[str, Any], of: str) -> Lookup:
    failure = field(data, "failed", str, "", of=of)
    if failure:
        return Lookup(failure=failure)
    return Lookup(_required(data, "server", of), _texts(data, "addresses", of))


def _texts(data: dict[str, Any], key: str, of: str) -> tuple[str, ...]:
    return tuple(typed(each, str, f"an entry in {key} of {of}") for each in field(data, key, list, [], of=of))


def _required(data: dict[str, Any], key: str, of: str) -> str:
    text = field(data, key, str, "", of=of)
    if not text:
        raise NotObservedError(f"{of} says nothing of {key}")
    return text
