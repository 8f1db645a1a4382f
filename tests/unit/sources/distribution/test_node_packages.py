"""What the bundle's packages take for granted on a node: what a plain box has, not what containers' root has beside."""

from __future__ import annotations

from pathlib import Path

from labctl.sources.distribution.node_packages import _only

STATUS = """\
Package: iproute2
Status: install ok installed
Version: 6.1.0-3
Conffiles:
 /etc/iproute2/bpf_pinning 0

Package: iptables
Status: install ok installed
Version: 1.8.9-2

Package: sudo
Status: install ok installed
"""


def test_a_package_that_a_plain_box_lacks_is_not_taken_for_installed(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text(STATUS)
    _only(status, {"iproute2", "sudo", "never-installed"})
    left = status.read_text()
    assert [line for line in left.splitlines() if line.startswith("Package:")] == ["Package: iproute2", "Package: sudo"]
    assert " /etc/iproute2/bpf_pinning 0" in left
    assert "1.8.9-2" not in left
