"""The node images that are on this computer, and what of them nobody needs."""

from __future__ import annotations

import json

from labctl.adapters.ports import ProcessRunner
from labctl.providers.interface import NodeImage

BAKED = "labctl/baked"
SEED_LABEL = "labctl.seed"


def seed_volume(image: str) -> str:
    """The volume that holds the data-root for nodes of the image."""
    return f"labctl-seed-{image.rpartition(':')[2]}"


def node_images(runner: ProcessRunner) -> list[NodeImage]:
    """All that are there, by name. Raises ToolError."""
    names = _lines(runner, "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={BAKED}")
    if not names:
        return []
    details = json.loads(runner.run(["docker", "image", "inspect", *names]).stdout)
    return [
        NodeImage(
            name,
            size=int(detail["Size"]),
            created=str(detail["Created"]),
            used_by=tuple(_lines(runner, "ps", "--all", "--format", "{{.Names}}", "--filter", f"ancestor={name}")),
        )
        for name, detail in zip(names, details, strict=True)
    ]


def prune_images(runner: ProcessRunner) -> list[str]:
    """Remove images that no container uses, and seeds whose image is gone; what was removed. Raises ToolError."""
    removed = []
    kept = set()
    for image in node_images(runner):
        if image.used_by:
            kept.add(image.name)
            continue
        runner.run(["docker", "image", "rm", image.name], timeout=120)
        removed.append(f"image {image.name}")
    seeds = _lines(runner, "volume", "ls", "--quiet", "--filter", f"label={SEED_LABEL}")
    for volume in sorted(set(seeds) - {seed_volume(name) for name in kept}):
        runner.run(["docker", "volume", "rm", volume], timeout=120)
        removed.append(f"volume {volume}")
    return removed


def _lines(runner: ProcessRunner, *arguments: str) -> list[str]:
    return runner.run(["docker", *arguments]).stdout.split()
