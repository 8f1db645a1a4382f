"""Writes an image's parts as the archive that `docker load` reads (docker-archive), the same bytes each time.

Layers stay compressed as they came: Docker has unpacked gzip there since it knows manifest.json (1.10). Fetching is
registry.py's.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path


def write_archive(target: Path, ref: str, config: Path, layers: Sequence[Path]) -> str:
    """Write the archive and return the image's id ("sha256:…"). Each file's name is its sha256 (store.py)."""
    target.parent.mkdir(parents=True, exist_ok=True)
    manifest = [
        {"Config": f"{config.name}.json", "RepoTags": [ref], "Layers": [f"{layer.name}.tar" for layer in layers]}
    ]
    with tarfile.open(target, "w", format=tarfile.USTAR_FORMAT) as tar:
        _add(tar, f"{config.name}.json", config)
        # A layer may occur twice (empty ones do); once in the archive is enough.
        for layer in dict.fromkeys(layers):
            _add(tar, f"{layer.name}.tar", layer)
        text = json.dumps(manifest).encode()
        entry = tarfile.TarInfo("manifest.json")
        entry.size, entry.mode = len(text), 0o644
        tar.addfile(entry, io.BytesIO(text))
    target.chmod(0o644)
    return f"sha256:{config.name}"


def _add(tar: tarfile.TarFile, name: str, path: Path) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = path.stat().st_size, 0o644
    with path.open("rb") as stream:
        tar.addfile(entry, stream)
