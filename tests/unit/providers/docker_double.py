"""A Docker daemon in memory, as far as labctl asks it: answers the command line through ProcessRunner."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labctl.adapters.ports import Completed
from labctl.errors import ToolError

LABEL = "labctl.lab=tutorial"


def container(
    node: str, ip: str | None, *, running: bool = True, identity: str = "", port: int = 2222, paused: bool = False
) -> dict[str, Any]:
    """docker inspect of a node's container; without ip it has no private network yet."""
    networks: dict[str, Any] = {"bridge": {"IPAMConfig": None}}
    if ip:
        networks["labctl-tutorial"] = {"IPAMConfig": {"IPv4Address": ip}}
    return {
        "Id": identity or f"id-of-{node}",
        "Name": f"/labctl-tutorial-{node}",
        "State": {"Running": running, "Paused": paused},
        "NetworkSettings": {
            "Networks": networks,
            "Ports": {"22/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]} if running else {},
        },
    }


@dataclass
class FakeDocker:
    """ProcessRunner. failing: a command that begins so fails with the text."""

    containers: list[dict[str, Any]] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)
    networks: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    failing: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    commands: list[tuple[str, ...]] = field(default_factory=list)

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        timeout: float | None = None,
        on_line: Callable[[str], None] | None = None,
        check: bool = True,
    ) -> Completed:
        argv = tuple(command)
        self.commands.append(argv)
        for start, text in self.failing.items():
            if argv[: len(start)] == start:
                if check:
                    raise ToolError(f"{argv[0]} failed", command=argv, output=text)
                return Completed(argv, 1, "", text)
        if argv[:3] == ("docker", "image", "inspect") and argv[3] not in self.images:
            return Completed(argv, 1, "", "No such image")
        return Completed(argv, 0, self._answer(argv), "")

    def _answer(self, argv: tuple[str, ...]) -> str:
        if argv[:2] == ("docker", "ps"):
            assert f"label={LABEL}" in argv
            return "\n".join(item["Id"] for item in self.containers)
        if argv[:3] == ("docker", "container", "inspect"):
            return json.dumps([item for item in self.containers if item["Id"] in argv])
        if argv[:3] in (("docker", "volume", "ls"), ("docker", "network", "ls")):
            assert f"label={LABEL}" in argv
            return "\n".join(self.volumes if argv[1] == "volume" else self.networks)
        if argv[:3] == ("docker", "image", "ls"):
            name = argv[-1].removeprefix("reference=")
            return "\n".join(image for image in self.images if image.rpartition(":")[0] == name)
        return ""

    def changes(self) -> list[str]:
        """The commands that were not only questions."""
        questions = {"ps", "ls", "inspect"}
        return [" ".join(argv) for argv in self.commands if not questions & set(argv[1:3])]
