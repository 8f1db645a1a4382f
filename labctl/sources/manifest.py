"""The manifest of a bundle (manifest.json) as frozen dataclasses, read strictly and written deterministically.

Only the manifest's shape belongs here; folders and checksums on disk are bundle.py's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, TypeVar

from labctl.errors import ToolError

SCHEMA = "labctl.bundle/v1"
CONTROL_PLANE_NODES = "control-plane"
ALL_NODES = "all"
_PINNED = ("release", "first-fill", "built")
_HINT = "fill the bundle again: labctl bundle create"
_T = TypeVar("_T")


@dataclass(frozen=True)
class FileEntry:
    """One file of a bundle. path is relative and POSIX, sha256 hex, size bytes, mode octal ("0755").

    pinned says where the checksum comes from: the release's data, the first fill, or our own build.
    """

    path: str
    sha256: str
    size: int
    mode: str
    url: str | None
    pinned: str


@dataclass(frozen=True)
class ImageEntry:
    """One container image: its reference, its id ("sha256:…"), the archive that holds it, the nodes that load it."""

    ref: str
    id: str
    archive: str
    nodes: str


@dataclass(frozen=True)
class Manifest:
    """What a bundle holds. packages maps a group (docker, kube) to the package names that its role installs."""

    release: str
    source: str
    arch: str
    node_os: str
    versions: Mapping[str, str]
    image_repository: str
    image_tags: Mapping[str, str]
    images: tuple[ImageEntry, ...]
    packages: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...]
    files: tuple[FileEntry, ...]

    def to_json(self) -> dict[str, Any]:
        """The document that manifest.json holds, `files` in the order of their paths."""
        files = sorted(self.files, key=lambda entry: entry.path)
        return {
            "schema": SCHEMA,
            "release": self.release,
            "source": self.source,
            "arch": self.arch,
            "node_os": self.node_os,
            "versions": dict(self.versions),
            "image_repository": self.image_repository,
            "image_tags": dict(self.image_tags),
            "images": [asdict(image) for image in self.images],
            "packages": {group: list(names) for group, names in self.packages.items()},
            "notes": list(self.notes),
            "files": [asdict(entry) for entry in files],
        }

    def image(self, name: str) -> str:
        """The reference of the image whose repository ends in that name. Raises ToolError if it holds none."""
        for image in self.images:
            if image.ref.rpartition(":")[0].rpartition("/")[2] == name:
                return image.ref
        raise ToolError(f"the bundle holds no image {name}", hint=_HINT)

    @classmethod
    def from_json(cls, document: object) -> Manifest:
        """Read a parsed manifest.json. Raises ToolError: unknown schema, a missing or wrong value, an escaping path."""
        data = _mapping(document, "the manifest")
        if data.get("schema") != SCHEMA:
            raise ToolError(
                f"the bundle's schema is {data.get('schema')!r}, this labctl reads {SCHEMA!r}",
                hint="use the labctl that made the bundle, or fill it again: labctl bundle create",
            )
        return cls(
            release=_text(data, "release"),
            source=_text(data, "source"),
            arch=_text(data, "arch"),
            node_os=_text(data, "node_os"),
            versions=_texts(data, "versions"),
            image_repository=_text(data, "image_repository"),
            image_tags=_texts(data, "image_tags"),
            images=_each(data, "images", _image),
            packages={
                group: tuple(_string(name, "packages") for name in _sequence(names, "packages"))
                for group, names in _mapping(data.get("packages"), "packages").items()
            },
            notes=_each(data, "notes", lambda note: _string(note, "notes")),
            files=_each(data, "files", _file),
        )


def checked_path(path: str) -> str:
    """A file's path within the bundle, unchanged. Raises ToolError if it is absolute, holds `..` or is not normal."""
    parts = PurePosixPath(path).parts
    bad = not parts or path.startswith("/") or ".." in parts or "\\" in path or "\0" in path
    if bad or str(PurePosixPath(path)) != path:
        raise ToolError(f"the bundle's manifest names a path outside the bundle: {path!r}", hint=_HINT)
    return path


def _file(document: object) -> FileEntry:
    data = _mapping(document, "files")
    sha256, mode, pinned = _text(data, "sha256"), _text(data, "mode"), _text(data, "pinned")
    size, url = data.get("size"), data.get("url")
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise _damaged(f"sha256 {sha256!r} is not 64 hexadecimal digits")
    if not re.fullmatch(r"0[0-7]{3}", mode):
        raise _damaged(f"mode {mode!r} is not of the form 0755")
    if pinned not in _PINNED:
        raise _damaged(f"pinned {pinned!r} is none of {', '.join(_PINNED)}")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise _damaged(f"size {size!r} is not a number of bytes")
    if url is not None and not isinstance(url, str):
        raise _damaged(f"url {url!r} is not text")
    return FileEntry(checked_path(_text(data, "path")), sha256, size, mode, url, pinned)


def _image(document: object) -> ImageEntry:
    data = _mapping(document, "images")
    nodes = _text(data, "nodes")
    if nodes not in (CONTROL_PLANE_NODES, ALL_NODES):
        raise _damaged(f"nodes {nodes!r} is neither {CONTROL_PLANE_NODES} nor {ALL_NODES}")
    return ImageEntry(_text(data, "ref"), _text(data, "id"), checked_path(_text(data, "archive")), nodes)


def _damaged(what: str) -> ToolError:
    return ToolError(f"the bundle's manifest is damaged: {what}", hint=_HINT)


def _mapping(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _damaged(f"{what} is not an object")
    return value


def _sequence(value: object, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise _damaged(f"{what} is not a list")
    return value


def _string(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise _damaged(f"{what} holds {value!r}, which is not text")
    return value


def _text(data: Mapping[str, Any], key: str) -> str:
    return _string(data.get(key), key)


def _texts(data: Mapping[str, Any], key: str) -> dict[str, str]:
    return {name: _string(value, key) for name, value in _mapping(data.get(key), key).items()}


def _each(data: Mapping[str, Any], key: str, read: Callable[[object], _T]) -> tuple[_T, ...]:
    return tuple(read(item) for item in _sequence(data.get(key), key))
