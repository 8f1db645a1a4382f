"""Part: the packages that the roles docker and kube_packages install on a node, with all that a plain box lacks."""

from __future__ import annotations

import json
from collections.abc import Sequence, Set
from pathlib import Path

from labctl.sources.distribution import node_root
from labctl.sources.distribution.apt import Deb
from labctl.sources.distribution.part import Part, Workshop
from labctl.sources.distribution.unpacked import uncompress

# Recommended packages stay out (docker.io's bring a kernel in); apparmor is the one that Docker needs on a machine
# whose kernel has AppArmor.
GROUPS: dict[str, tuple[str, ...]] = {
    "docker": ("docker.io", "iptables", "ca-certificates", "apparmor"),
    "kube": ("conntrack", "socat", "ebtables", "ethtool", "iptables", "iproute2"),
}
_VERSIONS = "versions.json"
_FORM = "uncompressed"


def _closures(shop: Workshop) -> dict[str, list[Deb]]:
    with shop.scratch() as work:
        status = node_root.extract_status(shop.results["node-root"] / node_root.ROOT_TAR, work)
        _only(status, {deb.package for deb in shop.apt.closure(node_root.BOX)})
        return {group: shop.apt.closure(names, status=status) for group, names in GROUPS.items()}


def _only(status: Path, packages: Set[str]) -> None:
    """Leave only these packages in a status file of dpkg."""
    entries = status.read_text(encoding="utf-8").strip().split("\n\n")
    kept = [text for text in entries if text.split("\n", 1)[0].removeprefix("Package: ") in packages]
    status.write_text("\n\n".join(kept) + "\n", encoding="utf-8")


def _inputs(shop: Workshop) -> Sequence[str]:
    return [_FORM, *(f"{group} {deb.file}" for group, debs in _closures(shop).items() for deb in debs)]


def _build(shop: Workshop, into: Path) -> None:
    closures = _closures(shop)
    for group, debs in closures.items():
        shop.apt.download(debs, into / group)
        for deb in (into / group).glob("*.deb"):
            uncompress(deb)
    docker = next(deb for deb in closures["docker"] if deb.package == "docker.io")
    (into / _VERSIONS).write_text(json.dumps({"docker": docker.upstream_version}), encoding="utf-8")


def versions(place: Path) -> dict[str, str]:
    """The projects' own versions of what this part holds."""
    found: dict[str, str] = json.loads((place / _VERSIONS).read_text(encoding="utf-8"))
    return found


PART = Part("node-packages", "packages for the nodes", ("node-root",), _inputs, _build)
