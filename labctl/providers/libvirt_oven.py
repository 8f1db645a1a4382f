"""Boxes of libvirt: what vagrant-libvirt does otherwise when it packages a machine, and keeps of a box.

The rest is machine_oven.py's.
"""

from __future__ import annotations

from pathlib import Path

from labctl.adapters.ports import ProcessRunner
from labctl.errors import ToolError
from labctl.providers.interface import Baking
from labctl.providers.machine_oven import MachineOven
from labctl.workspace.files import write_whole

_URI = "qemu:///system"
_POOL = "default"
# vagrant-libvirt edits the packed disk by these of libguestfs, which starts a machine of its own for that, and stops
# where they are not installed. before-package.sh has done that work already, on the machine.
_EDITORS = ("virt-sysprep", "virt-sparsify")
_NOTHING = "#!/bin/sh\n# In place of libguestfs' program: labctl has prepared the machine before it was packed.\n"


class LibvirtOven(MachineOven):
    """As MachineOven."""

    def pack(self, baking: Baking, mark: str) -> str:
        """The plugin passes over failures of its own tools: the box is looked at before it counts."""
        image = super().pack(baking, mark)
        box = self.folder(image)
        runner = baking.tools.runner
        for disk in sorted(box.glob("*.img")) if box is not None else []:
            told = runner.run(["qemu-img", "info", str(disk)], timeout=60).stdout
            if "backing file:" in told:
                self.remove(image, runner)
                raise ToolError(
                    "vagrant-libvirt made a box that cannot do without the one it came from",
                    command=["qemu-img", "rebase", "-p", "-b", "", str(disk)],
                    output=told,
                    hint="the disks in libvirt's storage pool must be readable for you",
                )
        return image

    def programs(self, baking: Baking) -> Path:
        """Nothing in place of libguestfs."""
        folder = baking.folder / "bin"
        folder.mkdir(exist_ok=True)
        for name in _EDITORS:
            write_whole(folder / name, _NOTHING, 0o755)
        return folder

    def forget(self, image: str, runner: ProcessRunner) -> None:
        """vagrant-libvirt leaves the box's disk in the pool."""
        virsh = ["virsh", "--quiet", "--connect", _URI]
        for line in runner.run([*virsh, "vol-list", _POOL]).stdout.splitlines():
            volume = (line.split() or [""])[0]
            if volume.startswith(f"{image}_vagrant_box_image"):
                runner.run([*virsh, "vol-delete", "--pool", _POOL, volume])
