"""Writes a bundle from what is in the cache: links files, unpacks archives, writes image archives and the manifest.

Nothing is fetched here (fetch.py), but for the packages of a bare node, which its own package manager fetches.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict
from pathlib import Path

from labctl.adapters.ports import ProcessRunner
from labctl.sources.bundle import ImageEntry, Manifest, file_entries, write_manifest
from labctl.sources.upstream import contents, node_root
from labctl.sources.upstream.archive import write_archive
from labctl.sources.upstream.catalogue import Catalogue, File
from labctl.sources.upstream.fetch import Fetched, FetchedImage
from labctl.sources.upstream.mirrors import MIRRORS, base_of

NODE_ROOT = "node/root.tar"
_NO_WRAPPER = (
    "there is no bin/runc-wrapper: the docker provider cannot use this bundle where the daemon lacks CAP_SYS_RESOURCE"
)


def assemble(
    folder: Path, catalogue: Catalogue, fetched: Fetched, no_docker: str | None, runner: ProcessRunner
) -> None:
    """Write a whole bundle into folder. no_docker says why node/root.tar cannot be made. Raises ToolError, OSError."""
    pinned: dict[str, str] = {}
    urls: dict[str, str] = {}
    for file, place in fetched.files:
        for path in _put(folder, file, place):
            urls[path] = f"{base_of(file.mirror)}/{file.path}"
            pinned[path] = "release" if file.sha256 else "first-fill"
    entries = []
    for image in fetched.images:
        archive = image.image.archive
        identity = write_archive(folder / archive, image.image.ref, image.config, image.layers)
        entries.append(ImageEntry(image.image.ref, identity, archive, image.image.nodes))
        urls[archive], pinned[archive] = image.url, "first-fill"
    notes = [_NO_WRAPPER]
    if fetched.base is not None:
        _node_root(folder / NODE_ROOT, catalogue, fetched.base, runner)
        urls[NODE_ROOT] = fetched.base.url
    else:
        notes.append(f"there is no {NODE_ROOT}: the docker provider cannot use this bundle ({no_docker})")
    write_manifest(
        folder,
        Manifest(
            release=catalogue.release,
            source="upstream",
            arch=catalogue.arch,
            node_os=catalogue.node_os,
            versions=asdict(catalogue.versions),
            image_repository=catalogue.image_repository,
            image_tags=dict(catalogue.image_tags),
            images=tuple(entries),
            packages=catalogue.packages,
            notes=tuple(notes),
            files=file_entries(folder, pinned=pinned, urls=urls),
        ),
    )


def _put(folder: Path, file: File, place: Path) -> list[str]:
    """Bring a fetched file to its place in the bundle; returns the paths that it became."""
    target = folder / file.place
    if file.kind == "tgz":
        return [f"{file.place}/{name}" for name in contents.unpack(place, target, file.members, file.mode)]
    target.parent.mkdir(parents=True, exist_ok=True)
    # A copy, not a link: what is done to a bundle's file must not reach the cache.
    shutil.copyfile(place, target)
    target.chmod(file.mode)
    return [file.place]


def _node_root(target: Path, catalogue: Catalogue, base: FetchedImage, runner: ProcessRunner) -> None:
    archive = target.with_name("base.tar")
    tag = f"labctl.local/node-base:{catalogue.node_os}"
    write_archive(archive, tag, base.config, base.layers)
    name = "ubuntu" if catalogue.arch == "amd64" else "ubuntu-ports"
    mirror = base_of(name) if MIRRORS[name].variable in os.environ else ""
    try:
        node_root.build_root(runner, archive, tag, mirror, target)
    finally:
        archive.unlink(missing_ok=True)
