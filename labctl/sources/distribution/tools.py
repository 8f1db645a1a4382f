"""Part: programs that the distribution ships ready made: etcd and etcdctl, the CNI plugins, a static busybox."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from labctl.sources.distribution.part import Part, Workshop

# package -> (where its programs lie, which of them; empty: all)
_TAKEN: dict[str, tuple[str, tuple[str, ...]]] = {
    "etcd-server": ("usr/bin", ("etcd",)),
    "etcd-client": ("usr/bin", ("etcdctl",)),
    "containernetworking-plugins": ("usr/lib/cni", ()),
    "busybox-static": ("bin", ("busybox",)),
}
_VERSIONS = "versions.json"


def _inputs(shop: Workshop) -> Sequence[str]:
    return [deb.file for deb in shop.apt.candidates(tuple(_TAKEN))]


def _build(shop: Workshop, into: Path) -> None:
    debs = shop.apt.candidates(tuple(_TAKEN))
    with shop.scratch() as work:
        files = shop.apt.download(debs, work / "debs")
        for deb, file in zip(debs, files, strict=True):
            root = work / deb.package
            shop.apt.extract([file], root)
            folder, names = _TAKEN[deb.package]
            (into / deb.package).mkdir()
            for path in sorted((root / folder).iterdir()):
                if path.is_file() and (not names or path.name in names):
                    shutil.copy(path, into / deb.package / path.name)
    versions = {deb.package: deb.upstream_version for deb in debs}
    (into / _VERSIONS).write_text(json.dumps(versions), encoding="utf-8")


def versions(place: Path) -> dict[str, str]:
    """The projects' own versions of the packages that this part took."""
    found: dict[str, str] = json.loads((place / _VERSIONS).read_text(encoding="utf-8"))
    return found


PART = Part("tools", "etcd, CNI plugins, busybox from packages", (), _inputs, _build)
