"""What a single value of a lab file may be: names, addresses, networks, boxes.

Each check returns the value unchanged or raises an error whose text is a whole sentence part ("must be ...").
Rules between two values stand in rules.py and networks.py.
"""

from __future__ import annotations

import ipaddress
import re

from pydantic_core import PydanticCustomError

# RFC 1123, section 2.1, as Kubernetes writes it: lower case, since node names are compared as text.
DNS_LABEL = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"
NODE_NAME_MAX = 63
# Container, network and volume names are made of the lab's name and a node's.
LAB_NAME_MAX = 30
IPV4 = r"^(\d{1,3}\.){3}\d{1,3}$"
CIDR = r"^(\d{1,3}\.){3}\d{1,3}/\d{1,2}$"
BOX = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}(/[A-Za-z0-9][A-Za-z0-9._-]{0,63})?$"
BOX_VERSION = r"^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$"
# No quote, backslash, blank, control character, $, # or brace: nothing that Ruby, a shell or YAML would read as code.
BOX_URL = r"^(https?|file)://[A-Za-z0-9._~:/?@=&%+,-]{1,1000}$"
SHA256 = r"^[0-9a-f]{64}$"

# Names that /etc/hosts or the inventory (its groups) already gives another meaning.
RESERVED_NAMES = frozenset(
    {"localhost", "ip6-localhost", "ip6-loopback", "ip6-allnodes", "ip6-allrouters"}
    | {"all", "ungrouped", "nodes", "workers"}
)

PRIVATE = tuple(ipaddress.IPv4Network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
# RFC 6598: not for hosts, but clusters use it for pods and services.
SHARED = ipaddress.IPv4Network("100.64.0.0/10")


def _error(text: str) -> PydanticCustomError:
    return PydanticCustomError("lab", text)


def _matches(pattern: str, value: str) -> bool:
    # fullmatch, because `$` alone would let a final line feed pass.
    return re.fullmatch(pattern, value, re.ASCII) is not None


def _dns_label(value: str, longest: int) -> str:
    if len(value) > longest:
        raise _error(f"must have at most {longest} characters")
    if not _matches(DNS_LABEL, value):
        raise _error("must be a DNS label: a-z, 0-9 and - inside, lower case")
    return value


def node_name(value: str) -> str:
    """A DNS label that has no other meaning on the nodes."""
    if value in RESERVED_NAMES:
        raise _error("is a reserved name, choose another")
    return _dns_label(value, NODE_NAME_MAX)


def lab_name(value: str) -> str:
    """A short DNS label."""
    return _dns_label(value, LAB_NAME_MAX)


def node_ip(value: str) -> str:
    """An IPv4 address of a private range that a host of a /24 can have."""
    if ":" in value:
        raise _error("must be an IPv4 address, not IPv6")
    try:
        address = ipaddress.IPv4Address(value)
    except ValueError:
        raise _error("must be an IPv4 address such as 192.168.50.10, without leading zeros") from None
    if not any(address in network for network in PRIVATE):
        raise _error("must be in a private range: 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
    match address.packed[3]:
        case 0:
            raise _error("is the address of its /24 network itself, no node can have it")
        case 255:
            raise _error("is the broadcast address of its /24 network, no node can have it")
        case 1:
            raise _error("is the gateway of the nodes' network: this computer has it")
    return value


def cidr(value: str) -> str:
    """A private IPv4 network without host bits."""
    if ":" in value:
        raise _error("must be an IPv4 network, not IPv6")
    if not _matches(CIDR, value):
        raise _error("must be an IPv4 network such as 10.32.0.0/12")
    try:
        network = ipaddress.IPv4Network(value, strict=False)
    except ValueError:
        raise _error("must be an IPv4 network such as 10.32.0.0/12") from None
    if str(network) != value:
        raise _error("has bits set beyond its prefix, or is not written in its shortest form")
    if not any(network.subnet_of(allowed) for allowed in (*PRIVATE, SHARED)):
        raise _error("must be a private network: it would hide addresses of the Internet from the nodes")
    return value


def box(value: str) -> str:
    """A Vagrant box name, `owner/name` or `name`."""
    if not _matches(BOX, value):
        raise _error("must be a box name such as generic/debian12: letters, digits, . _ - and one /")
    return value


def box_version(value: str) -> str:
    """One exact version of a box."""
    if not _matches(BOX_VERSION, value):
        raise _error("must be one box version such as 20230607.0.0")
    return value


def box_url(value: str) -> str:
    """Where a box file lies; never with a password in it."""
    if not _matches(BOX_URL, value):
        raise _error("must be an http, https or file URL without quotes, blanks and the characters $ # { } \\")
    from urllib.parse import urlsplit  # few lab files name a box

    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise _error("is not a URL") from None
    if "@" in parts.netloc:
        raise _error("must not hold a user name or password")
    if parts.scheme == "file" and (parts.netloc or not parts.path.startswith("/")):
        raise _error("must name an absolute path: file:///folder/name.box")
    if parts.scheme != "file" and not parts.hostname:
        raise _error("must name a host")
    return value


def box_checksum(value: str) -> str:
    """A SHA-256 of the box file."""
    if not _matches(SHA256, value):
        raise _error("must be a SHA-256: 64 hexadecimal digits in lower case")
    return value
