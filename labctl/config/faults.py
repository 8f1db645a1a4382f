"""What a rule tells when it is broken, and how rules read data of which any part may be missing or wrong.

The rules themselves stand in rules.py, sizes.py and networks.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Keys and indexes from the top of the file.
Path = tuple[str | int, ...]
# A node's index in the file with its data.
Entry = tuple[int, Mapping[str, Any]]

# One computer cannot carry more; beyond this a typing error is likelier.
MAX_NODES = 50


@dataclass(frozen=True)
class Fault:
    """One mistake: where, what is wrong (a whole statement), and the wrong value as text."""

    path: Path
    message: str
    value: str


def readable_nodes(data: Mapping[str, Any]) -> list[Entry]:
    """The nodes that are mappings, at most MAX_NODES of them."""
    nodes = data.get("nodes")
    if not isinstance(nodes, list | tuple):
        return []
    return [(i, node) for i, node in enumerate(nodes[:MAX_NODES]) if isinstance(node, Mapping)]


def number(node: Mapping[str, Any], key: str) -> int | None:
    """A whole number of a node, None where there is none."""
    value = node.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
