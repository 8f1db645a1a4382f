"""A bundle: the folder every lab runs from, its checksums, and which of its files a node needs.

Sources fill bundles (see interface.py), playbooks and providers read them. How the folder is laid out:
bin/, cni/bin/, images/, packages/<group>/, manifests/, node/root.tar and manifest.json, which has each file's sha256.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from labctl.errors import ToolError
from labctl.sources.manifest import (
    ALL_NODES,
    CONTROL_PLANE_NODES,
    FileEntry,
    ImageEntry,
    Manifest,
    checked_path,
)
from labctl.sources.staging import beside, clear_up, disk_errors, replace

__all__ = [
    "MANIFEST",
    "Bundle",
    "FileEntry",
    "ImageEntry",
    "Manifest",
    "Problem",
    "disk_errors",
    "file_entries",
    "sha256_file",
    "staging",
    "write_manifest",
]

MANIFEST = "manifest.json"
_CHUNK = 1 << 20
_HINT = "fill the bundle again: labctl bundle create"


@dataclass(frozen=True)
class Problem:
    """One file of a bundle that is not as the manifest says; `what` is a sentence about it."""

    path: str
    what: str


@dataclass(frozen=True)
class Bundle:
    """A bundle folder whose manifest could be read; its files are checked by verify()."""

    root: Path
    manifest: Manifest = field(compare=False)

    @classmethod
    def open(cls, root: Path) -> Bundle:
        """Read root's manifest. Raises ToolError: no bundle there, not JSON, unknown schema, damaged."""
        path = root / MANIFEST
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ToolError(
                f"there is no bundle in {root}: {MANIFEST} cannot be read", hint=_HINT, output=str(error)
            ) from error
        try:
            document = json.loads(text)
        except ValueError as error:
            raise ToolError(f"{path} is not JSON: {error}", hint=_HINT) from error
        return cls(root, Manifest.from_json(document))

    def path(self, relative: str) -> Path:
        """The place of a file on this computer. Raises ToolError if the path leaves the bundle."""
        return self.root / checked_path(relative)

    def verify(self) -> list[Problem]:
        """Compare every file with the manifest (hashing in threads); empty means whole.

        File modes are not compared: a USB stick loses them, and roles set them on the nodes from the manifest.
        """
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            found = list(pool.map(self._problem, self.manifest.files))
        listed = {entry.path for entry in self.manifest.files}
        extra = [
            Problem(path, "is not in the manifest")
            for path in _files_below(self.root)
            if path not in listed and path != MANIFEST
        ]
        return [problem for problem in found if problem is not None] + extra

    def require_whole(self) -> None:
        """Raise ToolError naming what is wrong, if anything is."""
        problems = self.verify()
        if problems:
            raise ToolError(
                f"the bundle in {self.root} is damaged: {problems[0].path} {problems[0].what}",
                hint=_HINT,
                output="\n".join(f"{problem.path} {problem.what}" for problem in problems),
            )

    def fingerprint(self) -> str:
        """16 hexadecimal digits that change when a file's path or content changes."""
        digest = hashlib.sha256()
        for entry in sorted(self.manifest.files, key=lambda entry: entry.path):
            digest.update(f"{entry.path}\0{entry.sha256}\n".encode())
        return digest.hexdigest()[:16]

    def files_for(self, role: str) -> list[str]:
        """Paths that a node of this role ("control-plane" or "worker") needs, manifest.json first.

        Nobody gets node/ (the provider makes nodes from it); workers do not get archives of control-plane images only.
        """
        needed = {image.archive for image in self.manifest.images if image.nodes == ALL_NODES}
        masters = {image.archive for image in self.manifest.images if image.nodes == CONTROL_PLANE_NODES}
        spared = set() if role == CONTROL_PLANE_NODES else masters - needed
        paths = sorted(entry.path for entry in self.manifest.files)
        return [MANIFEST, *(p for p in paths if not p.startswith("node/") and p not in spared)]

    def _problem(self, entry: FileEntry) -> Problem | None:
        path = self.root / entry.path
        try:
            found = path.lstat()
            if not stat.S_ISREG(found.st_mode) or path.resolve() != self.root.resolve() / entry.path:
                return Problem(entry.path, "is not a file within the bundle")
            if found.st_size != entry.size:
                return Problem(entry.path, f"has {found.st_size} bytes instead of {entry.size}")
            sha256 = sha256_file(path)
        except FileNotFoundError:
            return Problem(entry.path, "is missing")
        except OSError as error:
            return Problem(entry.path, f"cannot be read: {error.strerror}")
        return None if sha256 == entry.sha256 else Problem(entry.path, f"has sha256 {sha256}, not {entry.sha256}")


@contextmanager
def staging(destination: Path, *, keep: bool = False) -> Iterator[Path]:
    """Yield a folder beside destination that takes destination's place when the block ends well.

    The block must leave a whole bundle: its checksums are verified before the rename. An error leaves destination
    as it was. Without keep the folder starts empty; with keep, what an earlier block left is still there, so that a
    download can go on. One fill of a destination runs at a time, others wait.
    Raises ToolError: damaged, disk full, no permission, destination holds something that is no bundle.
    """
    # `labctl plan` opens bundles, and fills none: it need not wait for this import.
    from filelock import FileLock

    if destination.exists() and not (destination / MANIFEST).is_file() and any(destination.iterdir()):
        raise ToolError(f"{destination} holds something that is no bundle", hint="name an empty or a new folder")
    folder, old = beside(destination, "filling"), beside(destination, "old")
    with disk_errors(destination):
        destination.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(beside(destination, "lock")):
            clear_up(destination, folder, old, keep=keep)
            folder.mkdir(exist_ok=True)
            try:
                yield folder
                Bundle.open(folder).require_whole()
                replace(folder, destination, old)
            finally:
                if not keep:
                    shutil.rmtree(folder, ignore_errors=True)


def sha256_file(path: Path) -> str:
    """The sha256 of a file's content, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def file_entries(
    root: Path, *, pinned: Mapping[str, str] | None = None, urls: Mapping[str, str] | None = None
) -> tuple[FileEntry, ...]:
    """Entries of all files below root but the manifest, hashed in threads.

    pinned and urls give, for a path, where its checksum and the file come from; without, "built" and None.
    """

    def entry(path: str) -> FileEntry:
        found = (root / path).stat()
        return FileEntry(
            path=path,
            sha256=sha256_file(root / path),
            size=found.st_size,
            mode=f"{stat.S_IMODE(found.st_mode) & 0o777:04o}",
            url=(urls or {}).get(path),
            pinned=(pinned or {}).get(path, "built"),
        )

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return tuple(pool.map(entry, (p for p in _files_below(root) if p != MANIFEST)))


def write_manifest(root: Path, manifest: Manifest) -> None:
    """Write root/manifest.json whole or not at all, readable by everyone. Raises ToolError: disk full."""
    temporary = root / f".{MANIFEST}.{os.getpid()}"
    with disk_errors(root):
        temporary.write_text(json.dumps(manifest.to_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        temporary.chmod(0o644)
        temporary.replace(root / MANIFEST)


def _files_below(root: Path) -> Iterable[str]:
    """Paths of everything below root that is no folder, relative, POSIX, sorted."""
    return sorted(
        (Path(folder) / name).relative_to(root).as_posix()
        for folder, folders, names in os.walk(root)
        for name in (*names, *(f for f in folders if (Path(folder) / f).is_symlink()))
    )
