"""Lab files that were found right before: their values, without checking them (and importing what checks) again.

Kept by content and by the checking code itself, so that neither a changed file nor a changed rule finds an old answer.
Mistakes are never kept: they are told anew each time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from labctl.errors import ToolError
from labctl.workspace.files import write_whole

if TYPE_CHECKING:
    from labctl.config import LabConfig

# A lab file is a few hundred bytes; what is larger is left to the checking.
_MOST_BYTES = 1 << 16
_RULES = Path(__file__).resolve().parent.parent / "config"


def load_lab_file(path: Path, cache: Path) -> LabConfig:
    """The lab file's values, as labctl.config.load_config gives them. Raises ConfigError with every mistake."""
    content = _content(path)
    kept = cache / "lab-files" / f"{_key(content)}.json" if content is not None else None
    if kept is not None:
        # A damaged or missing answer is no answer.
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(kept.read_text(encoding="utf-8"), object_hook=lambda data: SimpleNamespace(**data))
            return cast("LabConfig", found)
    from labctl.config import load_config

    config = load_config(path)
    if kept is not None and _content(path) == content:
        with contextlib.suppress(ToolError):
            write_whole(kept, config.model_dump_json())
    return config


def _content(path: Path) -> bytes | None:
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return None
        return path.read_bytes()
    except OSError:
        return None


def _key(content: bytes) -> str:
    digest = hashlib.sha256(content)
    for file in sorted(_RULES.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:32]
