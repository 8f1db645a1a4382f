"""What a lab's folder on this computer tells a helper: its plan, journal, the logs of its last runs, what was rendered.

Keys, kubeconfigs and the SSH configuration are never opened.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from labctl.facts import Unavailable
from labctl.workspace import Workspace

# The newest bytes of each file, and the newest logs: a run has two.
FILE_BYTES = 2**20
MOST_LOGS = 12
_LOG_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}\.log")
_RENDERED = ("Vagrantfile", "inventory.yml", "kubeadm.yml", "settings.json")


def lab_files(workspace: Workspace) -> dict[str, bytes | Unavailable]:
    """The files lab/…; one that is not there is left out, one that cannot be read is Unavailable."""
    wanted = {"lab/journal.jsonl": workspace.root / "journal.jsonl"}
    wanted.update({f"lab/{name}": workspace.root / name for name in _RENDERED})
    wanted.update({f"lab/logs/{path.name}": path for path in _newest(workspace.logs)})
    files: dict[str, bytes | Unavailable] = {}
    for name, path in wanted.items():
        content = tail(path, FILE_BYTES)
        if content is not None:
            files[name] = content
    return files


def tail(path: Path, most: int) -> bytes | Unavailable | None:
    """The last bytes of a regular file, from the beginning of a line on; None where there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        return Unavailable(f"it cannot be read: {error.strerror}")
    try:
        details = os.fstat(descriptor)
        if not stat.S_ISREG(details.st_mode):
            return Unavailable("it is not a regular file")
        cut = details.st_size > most
        content = os.pread(descriptor, most, max(0, details.st_size - most))
        return content.partition(b"\n")[2] if cut else content
    except OSError as error:
        return Unavailable(f"it cannot be read: {error.strerror}")
    finally:
        os.close(descriptor)


def _newest(folder: Path) -> list[Path]:
    """The logs that were written last, oldest first; their names begin with the run's time."""
    try:
        return sorted(path for path in folder.iterdir() if _LOG_NAME.fullmatch(path.name))[-MOST_LOGS:]
    except OSError:
        return []
