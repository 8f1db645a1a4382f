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
    node: str,
    ip: str | None,
    *,
    running: bool = True,
    identity: str = "",
    port: int = 2222,
    paused: bool = False,
    pid: int = 4711,
) -> dict[str, Any]:
    """docker inspect of a node's container; without ip it has no private network yet."""
    networks: dict[str, Any] = {"bridge": {"IPAMConfig": None}}
    if ip:
        networks["labctl-tutorial"] = {"IPAMConfig": {"IPv4Address": ip}}
    return {
        "Id": identity or f"id-of-{node}",
        "Name": f"/labctl-tutorial-{node}",
        "State": {"Running": running, "Paused": paused, "Pid": pid if running else 0},
        "NetworkSettings": {
            "Networks": networks,
            "Ports": {"22/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]} if running else {},
        },
    }


@dataclass
class FakeDocker:
    """ProcessRunner. failing: a command that begins so fails with the text. answers: one that begins so says that."""

    containers: list[dict[str, Any]] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)
    networks: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    failing: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    answers: Mapping[tuple[str, ...], str] = field(default_factory=dict)
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
        if argv[:3] == ("docker", "image", "inspect") and not {w for w in argv[3:] if "/" in w} <= set(self.images):
            return Completed(argv, 1, "", "No such image")
        return Completed(argv, 0, self._answer(argv), "")

    def _answer(self, argv: tuple[str, ...]) -> str:
        told = next((text for start, text in self.answers.items() if argv[: len(start)] == start), None)
        if told is not None or any("labctl.bake=" in word for word in argv):
            return told or ""
        asked = " ".join(argv[1:3])
        if asked.startswith("ps"):
            assert f"label={LABEL}" in argv
            return "\n".join(item["Id"] for item in self.containers)
        if asked in ("volume ls", "network ls"):
            assert f"label={LABEL}" in argv
            return "\n".join(self.volumes if argv[1] == "volume" else self.networks)
        return {
            "container inspect": json.dumps([item for item in self.containers if item["Id"] in argv]),
            "volume inspect": "/var/lib/docker/volumes/one/_data\n",
            "image ls": "\n".join(
                image for image in self.images if argv[-1] == f"reference={image.rpartition(':')[0]}"
            ),
        }.get(asked, "")

    def changes(self) -> list[str]:
        """The commands that were not only questions."""
        questions = {"ps", "ls", "inspect"}
        return [" ".join(argv) for argv in self.commands if not questions & set(argv[1:3])]
