"""Part: files of the base layer under kube-proxy and the weave-net stand-in, and of the smaller one under etcd.

Taken from packages without running their scripts: iptables in both its variants (iptables-choice takes the node's),
iproute2, conntrack, kmod, and the libraries that they load.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from labctl.sources.distribution.part import Part, Workshop

NETWORK, LIBC = "network", "libc"
# The program of go/ that images.py adds.
CHOICE = "iptables-choice"
_PACKAGES: dict[str, tuple[str, ...]] = {
    NETWORK: ("iptables", "iproute2", "conntrack", "kmod"),
    LIBC: ("libc6",),
}
# In the closures for the sake of maintainer scripts, which do not run here.
_NOT_UNPACKED = ("debconf", "dpkg", "gcc-12-base", "perl-base", "tar", "netbase")
_LEFT_OUT = re.compile(r"^(usr/share/(?!iproute2)|usr/lib/[^/]+/(gconv|perl)/|etc/(default|init|bash)|lib/systemd/)")
# What iptables' postinst asks of update-alternatives.
_IPTABLES = ("iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore")


def _inputs(shop: Workshop) -> Sequence[str]:
    return [f"{layer} {deb.file}" for layer, names in _PACKAGES.items() for deb in shop.apt.closure(names)]


def _build(shop: Workshop, into: Path) -> None:
    for layer, names in _PACKAGES.items():
        root = into / layer
        with shop.scratch() as work:
            debs = [deb for deb in shop.apt.closure(names) if deb.package not in _NOT_UNPACKED]
            shop.apt.extract(shop.apt.download(debs, work), root)
        _slim(root)
    for name in _IPTABLES:
        (into / NETWORK / "usr/sbin" / name).symlink_to(CHOICE)


def _slim(root: Path) -> None:
    for path in sorted(root.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif _LEFT_OUT.match(path.relative_to(root).as_posix()):
            path.unlink()


PART = Part("base-layer", "base layer of the images", (), _inputs, _build)
