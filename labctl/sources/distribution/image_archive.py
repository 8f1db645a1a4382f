"""Container images as `docker save` writes them (docker-archive), made without Docker, the same bytes each time.

Format: https://github.com/moby/moby/blob/v20.10.24/image/spec/v1.2.md. Which images there are stands in images.py.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labctl.sources.bundle import sha256_file

_EPOCH = "1970-01-01T00:00:00Z"
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Entry:
    """One thing in a layer: a file with the content of source or data, a symbolic link, or a folder.

    path is absolute within the image; owner is root, time is the epoch.
    """

    path: str
    mode: int = 0o755
    source: Path | None = None
    data: bytes | None = None
    link: str | None = None


Layer = tuple[Entry, ...]


@dataclass(frozen=True)
class Image:
    """An image: its reference, its layers from the bottom up, what it runs."""

    ref: str
    layers: tuple[Layer, ...]
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()


def tree(root: Path) -> Layer:
    """Everything below a folder as entries, with the files' own modes."""
    entries: list[Entry] = []
    for path in sorted(root.rglob("*")):
        inside = f"/{path.relative_to(root).as_posix()}"
        if path.is_symlink():
            entries.append(Entry(inside, mode=0o777, link=str(path.readlink())))
        elif path.is_file():
            entries.append(Entry(inside, mode=path.stat().st_mode & 0o7777, source=path))
    return tuple(entries)


def write_archive(images: Sequence[Image], target: Path, *, arch: str, scratch: Path) -> dict[str, str]:
    """Write images into one archive, a layer that several share once. Returns reference -> image id ("sha256:…")."""
    layers: dict[Layer, tuple[str, Path]] = {}
    for layer in (layer for image in images for layer in image.layers):
        if layer not in layers:
            path = scratch / f"layer-{len(layers)}.tar"
            _write_layer(layer, path)
            layers[layer] = (sha256_file(path), path)
    ids: dict[str, str] = {}
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as archive:
        # A layer may be in the mapping twice under different entries with the same content.
        for digest, path in sorted(set(layers.values())):
            name = f"{digest}/layer.tar"
            if name not in archive.getnames():
                with path.open("rb") as stream:
                    archive.addfile(_member(name, size=path.stat().st_size, mode=0o644), stream)
        index = []
        for image in images:
            digests = [layers[layer][0] for layer in image.layers]
            config = _json(_config(image, digests, arch))
            digest = hashlib.sha256(config).hexdigest()
            ids[image.ref] = f"sha256:{digest}"
            _add_data(archive, f"{digest}.json", config)
            index.append({"Config": f"{digest}.json", "RepoTags": [image.ref], "Layers": _paths(digests)})
        _add_data(archive, "manifest.json", _json(index))
    return ids


def _paths(digests: Iterable[str]) -> list[str]:
    return [f"{digest}/layer.tar" for digest in digests]


def _config(image: Image, digests: Sequence[str], arch: str) -> Mapping[str, object]:
    run: dict[str, object] = {"Env": [_PATH], "WorkingDir": "/"}
    if image.entrypoint:
        run["Entrypoint"] = list(image.entrypoint)
    if image.cmd:
        run["Cmd"] = list(image.cmd)
    return {
        "architecture": arch,
        "os": "linux",
        "created": _EPOCH,
        "config": run,
        "history": [{"created": _EPOCH, "created_by": "labctl"} for _ in digests],
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]},
    }


def _write_layer(layer: Layer, target: Path) -> None:
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as archive:
        given = {entry.path: entry for entry in layer}
        for path in sorted(given.keys() | _parents(given)):
            entry = given.get(path)
            name = path.lstrip("/")
            if entry is None or (entry.source is None and entry.data is None and entry.link is None):
                member = _member(name, mode=entry.mode if entry else 0o755, kind=tarfile.DIRTYPE)
                archive.addfile(member)
            elif entry.link is not None:
                member = _member(name, mode=0o777, kind=tarfile.SYMTYPE)
                member.linkname = entry.link
                archive.addfile(member)
            elif entry.source is not None:
                with entry.source.open("rb") as stream:
                    archive.addfile(_member(name, size=entry.source.stat().st_size, mode=entry.mode), stream)
            else:
                _add_data(archive, name, entry.data or b"", mode=entry.mode)


def _parents(paths: Iterable[str]) -> set[str]:
    return {str(parent) for path in paths for parent in Path(path).parents if str(parent) != "/"}


def _member(name: str, *, size: int = 0, mode: int, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.type = size, mode, kind
    member.uid = member.gid = 0
    member.mtime = 0
    return member


def _add_data(archive: tarfile.TarFile, name: str, data: bytes, mode: int = 0o644) -> None:
    archive.addfile(_member(name, size=len(data), mode=mode), io.BytesIO(data))


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
