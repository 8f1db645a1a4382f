"""Work on the contents of Docker's volumes, where hard links are to be made: in Docker's own folder, by a container."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from labctl.adapters.ports import ProcessRunner
from labctl.assets import node_script

_VOLUMES = "/volumes"
_BUNDLE = "/bundle"
_SECONDS = 600.0


def present(images: Sequence[str], volume: str, runner: ProcessRunner) -> bool:
    """Whether all these images and the volume are there."""
    asked = (["docker", "volume", "inspect", volume], ["docker", "image", "inspect", "--format", "{{.Id}}", *images])
    return all(runner.run(command, check=False).returncode == 0 for command in asked)


def in_volumes(
    script: str, volume: str, arguments: Sequence[str], image: str, runner: ProcessRunner, options: Sequence[str] = ()
) -> str:
    """Run a script of vagrant/node as root in the folder that holds all volumes; returns what it printed.

    volume: one that is there, by which the folder is found. Hard links do not cross mounts, so it is mounted whole.
    arguments: what the script gets; a volume's content is VOLUME/_data. image: has a shell. options: more
    of `docker run`; of its mounts Docker makes volumes that are not there yet. Raises ToolError.
    """
    text = node_script("layers.sh") + node_script(script)
    return _run(["sh", image, "-s", "--", *arguments], options, text, volume, runner)


def mend_layers(found: str, bundle: Path, volume: str, image: str, runner: ProcessRunner) -> str:
    """Let mend.py mend what check.sh has found, from the bundle; returns what it printed. Raises ToolError."""
    mount = ["--mount", f"type=bind,source={bundle},target={_BUNDLE},readonly"]
    program = ["python3", image, "-c", node_script("mend.py").decode(), _BUNDLE]
    return _run(program, mount, found.encode(), volume, runner)


def _run(program: list[str], options: Sequence[str], stdin: bytes, volume: str, runner: ProcessRunner) -> str:
    """program: what to start, the image, what it gets."""
    mountpoint = runner.run(["docker", "volume", "inspect", "--format", "{{.Mountpoint}}", volume]).stdout.strip()
    folder = Path(mountpoint).parent.parent
    command = [
        # It uses no network; to make one that is none would take Docker as long as all the rest of the container.
        *("docker", "run", "--rm", "--interactive", "--network", "host"),
        *("--volume", f"{folder}:{_VOLUMES}", *options, "--workdir", _VOLUMES, "--entrypoint", *program),
    ]
    return runner.run(command, stdin=stdin, timeout=_SECONDS).stdout
