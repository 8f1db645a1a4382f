"""What a bundle holds, as text and as JSON: for `labctl bundle show` and `verify`.

Reading and checking bundles is labctl/sources/bundle.py's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from labctl.sources.bundle import Bundle, FileEntry, Problem

_MEGABYTE = 1_000_000
_ORIGINS = {
    "release": "checksum published with the release",
    "first-fill": "no published checksum is known: pinned at the first fill",
    "built": "built on this computer",
}


def bundle_text(bundle: Bundle) -> str:
    """Everything that a person wants to know of a bundle, files by where their checksums come from."""
    manifest = bundle.manifest
    size = sum(entry.size for entry in manifest.files)
    lines = [
        f"bundle       {bundle.root}",
        f"release      {manifest.release}, from {manifest.source}, for {manifest.arch} nodes with {manifest.node_os}",
        f"fingerprint  {bundle.fingerprint()}, {len(manifest.files)} files, {size / _MEGABYTE:.0f} MB",
        "versions     " + ", ".join(f"{name} {version}" for name, version in manifest.versions.items()),
    ]
    lines += [f"note         {note}" for note in manifest.notes]
    lines += ["", "Images:"]
    lines += [f"  {image.ref}  {image.id[:19]}  ({image.nodes})" for image in manifest.images]
    for pinned, meaning in _ORIGINS.items():
        entries = [entry for entry in manifest.files if entry.pinned == pinned]
        if entries:
            lines += ["", f"Files, {meaning}:", *_files(entries)]
    return "\n".join(lines)


def bundle_json(bundle: Bundle) -> str:
    """{"path", "fingerprint", then manifest.json's own keys}."""
    document = {"path": str(bundle.root), "fingerprint": bundle.fingerprint(), **bundle.manifest.to_json()}
    return json.dumps(document, indent=1)


def problems_json(bundle: Bundle, problems: Sequence[Problem]) -> str:
    """{"path", "whole": bool, "problems": [{"path", "what"}]}."""
    found = [{"path": problem.path, "what": problem.what} for problem in problems]
    return json.dumps({"path": str(bundle.root), "whole": not found, "problems": found}, indent=1)


def _files(entries: Sequence[FileEntry]) -> list[str]:
    lines = []
    for entry in sorted(entries, key=lambda entry: entry.path):
        lines.append(f"  {entry.sha256}  {entry.size:>10}  {entry.path}")
        if entry.url is not None:
            lines.append(f"      {entry.url}")
    return lines
