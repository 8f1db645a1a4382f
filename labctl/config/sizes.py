"""Sizes of nodes: defaults by role, what kubeadm refuses, what must be a typing error."""

from __future__ import annotations

from collections.abc import Iterator

from labctl.config.faults import Entry, Fault, number

CONTROL_PLANE_CPUS, CONTROL_PLANE_MEMORY_MB = 2, 2048
WORKER_CPUS, WORKER_MEMORY_MB = 1, 1536
MIN_CPUS, MAX_CPUS = 1, 64
MIN_MEMORY_MB, MAX_MEMORY_MB = 768, 262_144
# kubeadm's preflight checks NumCPU and Mem (app/preflight/checks.go of v1.21).
MIN_CONTROL_PLANE_CPUS, MIN_CONTROL_PLANE_MEMORY_MB = 2, 1700


def faults(entry: Entry) -> Iterator[Fault]:
    """What is wrong with one node's sizes."""
    index, node = entry
    control_plane = node.get("role") == "control-plane"
    cpus, memory = number(node, "cpus"), number(node, "memory_mb")
    if cpus is not None and (wrong := _wrong_cpus(cpus, control_plane)):
        yield Fault(("nodes", index, "cpus"), wrong, str(cpus))
    if memory is not None and (wrong := _wrong_memory(memory, control_plane)):
        yield Fault(("nodes", index, "memory_mb"), wrong, str(memory))


def _wrong_cpus(cpus: int, control_plane: bool) -> str | None:
    if control_plane and cpus < MIN_CONTROL_PLANE_CPUS:
        return f"cpus: kubeadm refuses a control plane with less than {MIN_CONTROL_PLANE_CPUS} CPUs"
    if not MIN_CPUS <= cpus <= MAX_CPUS:
        return f"cpus must be between {MIN_CPUS} and {MAX_CPUS}"
    return None


def _wrong_memory(memory: int, control_plane: bool) -> str | None:
    if control_plane and memory < MIN_CONTROL_PLANE_MEMORY_MB:
        return f"memory_mb: kubeadm refuses a control plane with less than {MIN_CONTROL_PLANE_MEMORY_MB} MB"
    if memory < MIN_MEMORY_MB:
        return f"memory_mb must be at least {MIN_MEMORY_MB}: Docker, kubelet and weave-net leave pods no room below"
    if memory > MAX_MEMORY_MB:
        return f"memory_mb must be at most {MAX_MEMORY_MB}, it counts in MB"
    return None
