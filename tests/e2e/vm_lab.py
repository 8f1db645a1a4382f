"""A lab of virtual machines for one test module: host made ready, box made, labctl with a Vagrant home of its own.

What the machines are to prove stands in the tests.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.conftest import Labctl
from tests.e2e.vm_box import box, checksum
from tests.e2e.vm_host import Holdings, holdings, install, remove_volumes, running_libvirt

# A name of ours, so that what vagrant-libvirt keeps of the box is known by it.
BOX = "labctl-e2e-debian-12"


@dataclass
class VmLabctl(Labctl):
    """labctl, whose Vagrant keeps boxes in `home`; before: what libvirt held before the lab."""

    # An emulated processor on a busy computer; a quiet one needs a fifth of it.
    patience: float = 5400
    home: Path = Path()
    before: Holdings = field(default_factory=Holdings)

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "VAGRANT_HOME": str(self.home)}

    def left(self) -> Holdings:
        """What libvirt holds now and did not before; the image of the box is the box's, not a lab's."""
        new = holdings() - self.before
        kept = frozenset(name for name in new.volumes if f"/{BOX}_vagrant_box_image" not in name)
        return Holdings(new.domains, new.networks, kept, new.bridges)


def lab_file(name: str, nodes: Sequence[tuple[str, str, str]]) -> str:
    """A lab file of machines (name, role, address) with our box."""
    file = box()
    rows = "".join(f"  - {{name: {node}, role: {role}, ip: {ip}, cpus: 2}}\n" for node, role, ip in nodes)
    return (
        f"name: {name}\nprovider: libvirt\nnodes:\n{rows}"
        f"box: {BOX}\nbox_url: file://{file}\nbox_checksum: {checksum(file)}\n"
    )


@contextmanager
def vm_labctl() -> Iterator[VmLabctl]:
    """labctl on a host that runs virtual machines; afterwards labs, boxes and their images are gone.

    The folder lies where the user that QEMU runs as may enter: the box holds the machines' kernel.
    """
    install()
    with running_libvirt():
        before = holdings()
        folder = Path(tempfile.mkdtemp(prefix="labctl-e2e-", dir="/var/tmp"))
        folder.chmod(0o755)
        labctl = VmLabctl(folder / "data", folder, home=folder / "vagrant", before=before)
        labctl.home.mkdir()
        try:
            yield labctl
        finally:
            _remove(labctl)
            shutil.rmtree(folder)


def _remove(labctl: VmLabctl) -> None:
    labs = labctl.data / "labs"
    for lab in sorted(labs.iterdir()) if labs.is_dir() else []:
        if lab.is_dir():
            labctl("destroy", "--yes", "-n", lab.name, code=None)
    labctl("image", "prune", "--yes", code=None)
    remove_volumes(sorted((holdings() - labctl.before).volumes))
