"""Which of this computer's package sources are the distribution's own, told from what they say of themselves.

Only files of sources belong here; asking apt is apt.py's.
"""

from __future__ import annotations

import platform
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path


def split(etc: Path, into: Path) -> None:
    """Copy the sources of etc (/etc/apt) into a folder, one file an entry, so that each can be judged on its own."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    for number, (suffix, text) in enumerate(_entries(etc)):
        (into / f"{number:03d}{suffix}").write_text(text, encoding="utf-8")


def drop_foreign(folder: Path, targets: Sequence[tuple[str, str]]) -> None:
    """Remove the source files whose lists did not arrive or whose Origin is not this distribution.

    targets are (origin, source file) pairs as apt-get indextargets knows them after an update.
    """
    distribution = distribution_id()
    own = {file for origin, file in targets if origin.lower() == distribution}
    foreign = {file for origin, file in targets if origin.lower() != distribution}
    for path in folder.iterdir():
        if str(path) not in own - foreign:
            path.unlink()


def distribution_id() -> str:
    """ID of /etc/os-release (debian, ubuntu, …), empty if there is none."""
    return _os_release().get("ID", "")


def codename() -> str:
    """VERSION_CODENAME of /etc/os-release (bookworm, …), empty if there is none."""
    return _os_release().get("VERSION_CODENAME", "")


def _os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def _entries(etc: Path) -> Iterator[tuple[str, str]]:
    parts = etc / "sources.list.d"
    files = [etc / "sources.list", *(sorted(parts.iterdir()) if parts.is_dir() else [])]
    for file in files:
        if not file.is_file() or file.suffix not in (".list", ".sources"):
            continue
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".list":
            for line in text.splitlines():
                if re.match(r"\s*deb\s", line):
                    yield ".list", f"{line.strip()}\n"
            continue
        for stanza in re.split(r"\n\s*\n", text):
            if re.search(r"^URIs\s*:", stanza, re.MULTILINE | re.IGNORECASE):
                yield ".sources", f"{stanza.strip()}\n"
