"""The box of the virtual machines: made by box/build from packages once, then kept by the content of its recipe."""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path

from tests.e2e.vm_host import ROOT, run

RECIPE = Path(__file__).parent / "box"
_BUILD_SECONDS = 900


def box() -> Path:
    """The box file; making it takes a minute or two, finding it nothing. The folder holds no box of an older recipe."""
    folder = _cache() / "boxes"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = folder / f"debian-12-{_recipe()}.box"
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not wanted.exists():
            for old in folder.glob("debian-12-*"):
                old.unlink()
            run(*ROOT, str(RECIPE / "build"), str(wanted), timeout=_BUILD_SECONDS)
    return wanted


def checksum(file: Path) -> str:
    """The file's SHA-256."""
    with file.open("rb") as stream:
        digest = hashlib.sha256()
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _cache() -> Path:
    # The folder that labctl keeps bundles in (labctl.app.cache_folder), asked without importing labctl.
    configured = os.environ.get("LABCTL_CACHE_DIR")
    return Path(configured) if configured else Path.home() / ".cache" / "labctl"


def _recipe() -> str:
    digest = hashlib.sha256()
    for file in sorted(RECIPE.iterdir()):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
