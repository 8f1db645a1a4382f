"""Node images of virtual machines: boxes, made by `vagrant package` of a bare machine that the roles went over.

Such a box holds the bundle, Docker with its images, and Kubernetes. Machines are clones of its one disk: VirtualBox's
linked clones, libvirt's disks that begin as the box's.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from labctl.adapters.ports import ProcessRunner
from labctl.assets import node_script
from labctl.errors import ToolError
from labctl.plan import LabPlan
from labctl.providers.host import vagrant_home
from labctl.providers.interface import BAKING, Baking, NodeImage
from labctl.render import VagrantRendering, render_vagrantfile
from labctl.workspace import labs_folder
from labctl.workspace.files import write_whole

BAKED = "labctl-baked-"
# What makes a box of a machine: with another number boxes are baked anew.
_FORM = 1
_SECONDS = 3600.0
# Of a box's folder: its disks and what says which box it is. The rest its Vagrantfile may name (a kernel, firmware).
_OF_EVERY_BOX = ("Vagrantfile", "metadata.json", "info.json", "vagrant_private_key")
_DISKS = (".img", ".qcow2", ".vmdk", ".vdi", ".vhd", ".ovf", ".mf")


class MachineOven:
    """Fulfils interface.Oven by Vagrant alone."""

    launcher = None

    def __init__(self, provider: str) -> None:
        self._provider = provider

    def image(self, plan: LabPlan, mark: str) -> str:
        """By the roles' mark and by the box that the bare machine comes from."""
        told = f"{mark} {self._provider} {plan.box} {_FORM}"
        return f"{BAKED}{hashlib.sha256(told.encode()).hexdigest()[:16]}"

    def holds(self, plan: LabPlan, mark: str, runner: ProcessRunner) -> bool:  # noqa: ARG002 - of the protocol
        """As Vagrant keeps boxes: to ask it takes seconds. It puts a box in its place when that is whole."""
        return self.folder(self.image(plan, mark)) is not None

    def heat(self, baking: Baking, rendering: VagrantRendering) -> str:
        """By `vagrant up` in a folder of its own, with Vagrant's usual key, which is to stay in the box."""
        self.discard(baking)
        lines = (*rendering.config_lines, "# The key stays the box's own, for each machine to replace.")
        rendering = replace(rendering, config_lines=(*lines, "config.ssh.insert_key = false"))
        write_whole(baking.folder / "Vagrantfile", render_vagrantfile(baking.alone, rendering))
        baking.tools.machines.up([BAKING], provider=self._provider, on_line=baking.tell)
        return baking.tools.machines.ssh_config()

    def pack(self, baking: Baking, mark: str) -> str:
        """By `vagrant package` and `vagrant box add`."""
        image, file = self.image(baking.plan, mark), baking.folder / "package.box"
        script = node_script("at-rest.sh") + node_script("before-package.sh")
        baking.shell.run(BAKING, "sh -s", stdin=script, timeout=_SECONDS)
        base = self._base(baking)
        command = ["vagrant", "package", BAKING, "--output", str(file), *self._inherited(base)]
        file.unlink(missing_ok=True)
        self._vagrant(baking, command, self.programs(baking))
        if not file.is_file():
            raise ToolError("Vagrant ended well, but made no box", command=command)
        self._vagrant(baking, ["vagrant", "box", "add", "--force", "--name", image, str(file)])
        file.unlink()
        return image

    def images(self, runner: ProcessRunner) -> list[NodeImage]:  # noqa: ARG002 - of the protocol
        """As Vagrant keeps them; a lab's machines say from which box they come."""
        used: dict[str, list[str]] = {}
        for meta in sorted(labs_folder().glob(f"*/.vagrant/machines/*/{self._provider}/box_meta")):
            lab, machine = meta.parts[-6], meta.parts[-3]
            used.setdefault(str(_json(meta).get("name")), []).append(f"{lab}/{machine}")
        found = []
        for folder in sorted(_boxes().glob(f"{BAKED}*")):
            box = _box_folder(folder.name, self._provider)
            if box is not None:
                size = sum(file.stat().st_size for file in box.rglob("*") if file.is_file())
                made = datetime.fromtimestamp((box / "metadata.json").stat().st_mtime, timezone.utc)
                found.append(NodeImage(folder.name, size, made.isoformat(), tuple(used.get(folder.name, ()))))
        return found

    def prune(self, runner: ProcessRunner) -> list[str]:
        """By `vagrant box remove`, and what the hypervisor has kept of them."""
        removed = []
        for image in self.images(runner):
            if not image.used_by:
                self.remove(image.name, runner)
                self.forget(image.name, runner)
                removed.append(f"box {image.name}")
        return removed

    def discard(self, baking: Baking) -> None:
        """Destroy the bare machine, if there is one."""
        if (baking.folder / ".vagrant").is_dir():
            baking.tools.machines.destroy()
            shutil.rmtree(baking.folder / ".vagrant")
        (baking.folder / "package.box").unlink(missing_ok=True)

    def folder(self, image: str) -> Path | None:
        """Where Vagrant keeps the box; None where there is none."""
        return _box_folder(image, self._provider)

    def programs(self, baking: Baking) -> Path | None:  # noqa: ARG002 - for a provider to say
        """A folder of programs that `vagrant package` is to find before all others."""
        return None

    def remove(self, image: str, runner: ProcessRunner) -> None:
        """Remove a box from where Vagrant keeps it. Raises ToolError."""
        command = ["vagrant", "box", "remove", image, "--provider", self._provider, "--force"]
        runner.run(command, timeout=_SECONDS)

    def forget(self, image: str, runner: ProcessRunner) -> None:
        """Remove what the hypervisor keeps of a box that is gone."""

    def _base(self, baking: Baking) -> Path:
        """The folder of the box that the bare machine comes from."""
        meta = _json(baking.folder / f".vagrant/machines/{BAKING}/{self._provider}/box_meta")
        return vagrant_home() / str(meta.get("directory", "none"))

    def _inherited(self, base: Path) -> list[str]:
        """Options that let the new box keep what the old one's Vagrantfile says, and the files that it may name."""
        if not (base / "Vagrantfile").is_file():
            return []
        others = [
            str(file)
            for file in sorted(base.iterdir())
            if file.is_file() and file.name not in _OF_EVERY_BOX and file.suffix not in _DISKS
        ]
        return ["--vagrantfile", str(base / "Vagrantfile"), *(["--include", ",".join(others)] if others else [])]

    @staticmethod
    def _vagrant(baking: Baking, command: Sequence[str], programs: Path | None = None) -> None:
        path = {"PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"} if programs else {}
        runner = baking.tools.runner
        runner.run(command, cwd=baking.folder, env=path, timeout=_SECONDS, on_line=baking.tell)


def _boxes() -> Path:
    return vagrant_home() / "boxes"


def _box_folder(name: str, provider: str) -> Path | None:
    """Where Vagrant keeps a box: NAME/VERSION/PROVIDER, since 2.4 with the processor's name before the provider's."""
    files = sorted((_boxes() / name).glob(f"*/**/{provider}/metadata.json"))
    return files[0].parent if files else None


def _json(file: Path) -> dict[str, object]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
