"""Puts built parts together as a bundle's folder with its manifest. Building is the parts' business."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from labctl.errors import ToolError
from labctl.releases import Release
from labctl.sources.bundle import Bundle, file_entries, write_manifest
from labctl.sources.distribution import images, node_packages, node_root, tools
from labctl.sources.distribution.part import Workshop
from labctl.sources.manifest import Manifest

_ON_NODES = ("kubeadm", "kubelet", "kubectl")
_WEAVE_NET = Path(__file__).parent / "weave-net.yaml"
_NOTES = (
    "built on this computer from the distribution's packages and Go modules: not the projects' own binaries",
    "weave-net is labctl's stand-in: weave's images cannot be had from package registries; network policies do nothing",
    "crictl is left out: no package registry has it",
)


def assemble(shop: Workshop, folder: Path) -> None:
    """Fill an empty folder from the parts (hard links where the file system allows) and write its manifest."""
    for target, source in _places(shop.results):
        _put(source, folder / target)
    _copy(folder / "manifests/weave-net.yaml", _WEAVE_NET)
    write_manifest(folder, _manifest(shop, folder))


def is_current(shop: Workshop, destination: Path) -> bool:
    """Whether destination holds a whole bundle that assembling now would not change."""
    try:
        bundle = Bundle.open(destination)
    except ToolError:
        return False
    with shop.scratch() as work:
        assemble(shop, work)
        return Bundle.open(work).manifest == bundle.manifest and not bundle.verify()


def _places(results: Mapping[str, Path]) -> Iterator[tuple[str, Path]]:
    """(path in the bundle, file of a part)."""
    for name in _ON_NODES:
        yield f"bin/{name}", results["kubernetes"] / name
    yield "bin/runc-wrapper", results["programs"] / "runc-wrapper"
    for plugin in sorted((results["tools"] / "containernetworking-plugins").iterdir()):
        yield f"cni/bin/{plugin.name}", plugin
    for archive in images.ARCHIVES.values():
        yield f"images/{archive}", results["images"] / archive
    for group in node_packages.GROUPS:
        for deb in sorted((results["node-packages"] / group).iterdir()):
            yield f"packages/{group}/{deb.name}", deb
    yield f"node/{node_root.ROOT_TAR}", results["node-root"] / node_root.ROOT_TAR


def _manifest(shop: Workshop, folder: Path) -> Manifest:
    supply = shop.release.supplies["distribution"]
    taken = tools.versions(shop.results["tools"])
    docker = node_packages.versions(shop.results["node-packages"])["docker"]
    found = {
        "kubernetes": shop.release.kubernetes,
        "docker": docker,
        "etcd": taken["etcd-server"],
        "cni_plugins": taken["containernetworking-plugins"],
        "busybox": taken["busybox-static"],
    }
    return Manifest(
        release=shop.release.id,
        source="distribution",
        arch=shop.arch,
        node_os=supply.node_os,
        versions={**asdict(supply.versions), **found},
        image_repository=supply.image_repository,
        image_tags={**supply.image_tags, "etcd": taken["etcd-server"]},
        images=images.image_entries(shop.results["images"]),
        packages=node_packages.GROUPS,
        notes=(*_NOTES, *_differences(shop.release, found)),
        files=file_entries(folder),
    )


def _differences(release: Release, found: Mapping[str, str]) -> list[str]:
    """A sentence for each version that is another than the release expects of this source."""
    expected = asdict(release.supplies["distribution"].versions)
    return [
        f"{name} is {version}: the distribution no longer has {expected[name]}"
        for name, version in found.items()
        if expected[name] != version
    ]


def _copy(target: Path, source: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
    target.chmod(0o644)


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP):
            raise
        shutil.copy2(source, target)
