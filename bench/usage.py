"""What a lab takes on this computer: memory and disk."""

from __future__ import annotations

import json
import re
import subprocess

from tests.hard_use import NODES

CONTAINERS = tuple(f"labctl-tutorial-{name}" for name in NODES)


def used_on_disk() -> int:
    """Bytes in use on the file system where Docker keeps its data; a hard link takes none."""
    root = _docker("info", "--format", "{{.DockerRootDir}}").strip()
    subprocess.run(["sync", "--file-system", root], check=True)
    told = subprocess.run(["df", "--block-size=1", "--output=used", root], check=True, capture_output=True, text=True)
    return int(told.stdout.splitlines()[-1])


def memory() -> float:
    """Megabytes that the lab's nodes use."""
    lines = _docker("stats", "--no-stream", "--format", "{{.MemUsage}}", *CONTAINERS).splitlines()
    return sum(_megabytes(line.split("/")[0].strip()) for line in lines)


def remove_node(node: str) -> None:
    """Take a node's container away, as somebody would by mistake."""
    _docker("rm", "--force", f"labctl-tutorial-{node}")


def size_of_images() -> int:
    """Bytes that the images of one node take, as the seed of this lab's nodes has them."""
    mounts = json.loads(_docker("inspect", "--format", "{{json .Mounts}}", CONTAINERS[0]))
    source = next(mount["Source"] for mount in mounts if mount["Destination"] == "/var/lib/docker")
    told = subprocess.run(["du", "--summarize", "--block-size=1", source], check=True, capture_output=True, text=True)
    return int(told.stdout.split()[0])


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout


def _megabytes(text: str) -> float:
    """Megabytes of what docker stats prints, such as 512.3MiB."""
    number, unit = re.fullmatch(r"([\d.]+)([KMG]?)i?B", text).groups()  # type: ignore[union-attr]
    return float(number) * {"": 1e-6, "K": 1e-3, "M": 1.0, "G": 1e3}[unit]
