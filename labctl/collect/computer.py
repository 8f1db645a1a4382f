"""Facts of this computer that a helper needs: versions, memory, disk, routes, and why a provider would not work.

Neither its name nor its user's is among them. What a fact means is not judged here.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from labctl import __version__
from labctl.adapters.ports import ProcessRunner
from labctl.errors import LabctlError
from labctl.providers.host import probe_host

_TOOLS = {
    "vagrant": ("vagrant", "--version"),
    "docker": ("docker", "version", "--format", "{{json .}}"),
    "ssh": ("ssh", "-V"),
    "kvm": ("ls", "-l", "/dev/kvm"),
    "virtualbox": ("VBoxManage", "--version"),
    "routes": ("ip", "route"),
    "addresses": ("ip", "-brief", "address"),
    "docker_networks": ("docker", "network", "ls"),
    "docker_disk": ("docker", "system", "df"),
}
_SECONDS = 20.0
_MB = 2**20
# What of the environment changes how labctl and its tools work.
_VARIABLES = ("LABCTL_", "VAGRANT_", "DOCKER_", "COMPOSE_", "XDG_")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")


def computer_file(
    runner: ProcessRunner, folders: Mapping[str, Path], environment: Mapping[str, str] = os.environ
) -> bytes:
    """The file computer.json: a JSON object. folders: those whose free space counts, by what they are for."""
    with ThreadPoolExecutor(max_workers=len(_TOOLS) + 1) as pool:
        host = pool.submit(_or_why, lambda: asdict(probe_host(runner)))
        said = {name: pool.submit(_or_why, _asking(runner, command)) for name, command in _TOOLS.items()}
        facts = {
            "labctl": __version__,
            "python": sys.version,
            "libraries": _or_why(_libraries),
            "os": _or_why(lambda: platform.freedesktop_os_release()["PRETTY_NAME"]),
            "kernel": platform.release(),
            "machine": platform.machine(),
            "processors": os.cpu_count(),
            "memory_mb": _or_why(_memory),
            "disk_free_mb": {name: _or_why(_free(folder)) for name, folder in folders.items()},
            "environment": {name: value for name, value in sorted(environment.items()) if _matters(name)},
            "tools": {name: answer.result() for name, answer in said.items()},
            "host": host.result(),
        }
    return json.dumps(facts, indent=2, sort_keys=True, default=sorted).encode() + b"\n"


def _or_why(ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - a fact can be anything
    """A fact, or in its place why it could not be had."""
    try:
        return ask()
    except LabctlError as error:
        return f"not to be had: {error.message}"
    except Exception as error:  # an odd computer is what a helper wants to hear of, in whatever words
        return f"not to be had: {type(error).__name__}: {error}"


def _asking(runner: ProcessRunner, command: tuple[str, ...]) -> Callable[[], str]:
    return lambda: runner.run(command, timeout=_SECONDS, check=False).output[:_MB]


def _libraries() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("ansible-core", "ansible-runner", "kubernetes", "python-vagrant")}


def _memory() -> dict[str, int]:
    import psutil

    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    return {
        "total": memory.total // _MB,
        "available": memory.available // _MB,
        "swap": swap.total // _MB,
        "swap_used": swap.used // _MB,
    }


def _free(folder: Path) -> Callable[[], int]:
    """Free megabytes where the folder is, or will be."""
    there = next((each for each in (folder, *folder.parents) if each.exists()), Path("/"))
    return lambda: shutil.disk_usage(there).free // _MB


def _matters(name: str) -> bool:
    return name.startswith(_VARIABLES) or name.lower() in _PROXIES
