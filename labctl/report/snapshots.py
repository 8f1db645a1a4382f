"""Prints the snapshots of a lab."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TextIO

from labctl.report.words import size
from labctl.workspace.snapshots import Snapshot

# Where no size and no checksum is known here.
_KEPT = "kept by the hypervisor"


def as_row(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as plain data; size in bytes, None where a hypervisor keeps it."""
    return {**asdict(snapshot), "nodes": list(snapshot.nodes)}


def print_snapshots(found: Sequence[Snapshot], output: str, stream: TextIO) -> None:
    """Print a list: one line each, or with output "json" one document."""
    if output == "json":
        rows = [as_row(each) for each in found]
        stream.write(json.dumps({"schema": "labctl.snapshots/v1", "snapshots": rows}, indent=2) + "\n")
        return
    if not found:
        stream.write("there is no snapshot; `labctl snapshot save NAME` makes one\n")
    for each in found:
        stream.write(f"{each.name:<20} {each.created[:16].replace('T', ' ')}  {_size(each)}\n")


def print_snapshot(snapshot: Snapshot, problem: str | None, output: str, stream: TextIO) -> None:
    """Print all that is known of one; problem: why it cannot be restored, None if it can."""
    if output == "json":
        data = {"schema": "labctl.snapshot/v1", **as_row(snapshot), "problem": problem}
        stream.write(json.dumps(data, indent=2) + "\n")
        return
    rows = {
        "name": snapshot.name,
        "saved": snapshot.created,
        "kubernetes": snapshot.kubernetes,
        "nodes": ", ".join(snapshot.nodes),
        "size": _size(snapshot),
        "plan": snapshot.plan,
        "checksum": snapshot.checksum or _KEPT,
        "restorable": problem or "yes",
    }
    for key, value in rows.items():
        stream.write(f"{key:<12} {value}\n")


def _size(snapshot: Snapshot) -> str:
    return _KEPT if snapshot.size is None else size(snapshot.size)
