"""Looks whether a downloaded file is of the kind it should be, and unpacks archives.

For a file that is pinned at its first fill this is the only judge: a cut package or a portal's page must not be pinned.
"""

from __future__ import annotations

import tarfile
from pathlib import Path, PurePosixPath

from labctl.errors import ToolError

_MAGIC = {"elf": b"\x7fELF", "tgz": b"\x1f\x8b", "deb": b"!<arch>\n"}
_AR_HEADER = 60
_LONGEST_START = 8


def problem(path: Path, kind: str) -> str | None:
    """What speaks against the file being of its kind (elf, tgz, deb, yaml); None if nothing does."""
    with path.open("rb") as stream:
        start = stream.read(_LONGEST_START)
    if kind in _MAGIC and not start.startswith(_MAGIC[kind]):
        return f"is not what it should be ({kind}): it begins with {start!r}"
    if kind == "deb":
        return _deb_problem(path)
    if kind == "yaml":
        return _weave_problem(path)
    return None


def _deb_problem(path: Path) -> str | None:
    """A .deb is an ar archive (deb(5)): its members' sizes must fill the file exactly."""
    size, offset, names = path.stat().st_size, _LONGEST_START, []
    with path.open("rb") as stream:
        while offset < size:
            stream.seek(offset)
            header = stream.read(_AR_HEADER)
            length = header[48:58].strip()
            if len(header) < _AR_HEADER or header[58:] != b"`\n" or not length.isdigit():
                return f"is a damaged package at byte {offset}"
            names.append(header[:16].decode("ascii", "replace").strip().rstrip("/"))
            offset += _AR_HEADER + int(length)
            if offset > size:
                return f"is a package that was cut: {size} bytes, {offset} at least are announced"
            offset += offset % 2
    if names[:1] != ["debian-binary"] or not any(name.startswith("data.tar") for name in names):
        return f"is no Debian package: it holds {', '.join(names) or 'nothing'}"
    return None


def _weave_problem(path: Path) -> str | None:
    """The manifest must bring the DaemonSet weave-net with its two containers."""
    import yaml

    try:
        documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return f"is not YAML: {error}"
    items = [item for document in documents if isinstance(document, dict) for item in document.get("items", [document])]
    for item in items:
        if isinstance(item, dict) and item.get("kind") == "DaemonSet":
            try:
                containers = {c["name"] for c in item["spec"]["template"]["spec"]["containers"]}
            except (KeyError, TypeError):
                return "holds a DaemonSet without containers"
            return None if {"weave", "weave-npc"} <= containers else f"runs {containers}, not weave and weave-npc"
    return "holds no DaemonSet"


def unpack(archive: Path, folder: Path, members: tuple[str, ...], mode: int) -> list[str]:
    """Write a tgz's plain files (all, or the named ones) into folder, flat, and return their names.

    Raises ToolError: not a tgz, a wanted file is not in it. Links, devices and paths that lead elsewhere are left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                name = PurePosixPath(member.name).name
                if not member.isfile() or (members and name not in members):
                    continue
                stream = tar.extractfile(member)
                if stream is None:
                    continue
                target = folder / name
                with target.open("wb") as out:
                    while chunk := stream.read(1 << 20):
                        out.write(chunk)
                target.chmod(mode)
                names.append(name)
    except (tarfile.TarError, EOFError) as error:
        raise ToolError(f"{archive} cannot be unpacked: {error}") from error
    missing = set(members) - set(names)
    if missing or not names:
        raise ToolError(f"{archive} does not hold {', '.join(sorted(missing)) or 'any file'}")
    return names
