"""Folders that take another folder's place when they are whole, and what disks refuse.

What is in the folders does not belong here (manifest.py, bundle.py).
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from labctl.errors import ToolError

# linux/fs.h, linux/fcntl.h
_RENAME_EXCHANGE = 2
_AT_FDCWD = -100
_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def disk_errors(where: Path) -> Iterator[None]:
    """Turn the operating system's refusals while writing near `where` into ToolErrors."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise ToolError(
                f"the disk is full while filling {where}",
                hint=f"make room on the file system of {where.parent}: 2 GB for a bundle, 5 GB to build one",
                output=str(error),
            ) from error
        raise ToolError(
            f"cannot write {error.filename or where}: {error.strerror}",
            hint="another folder: set LABCTL_CACHE_DIR, or give labctl bundle create a folder",
            output=str(error),
        ) from error


def beside(destination: Path, suffix: str) -> Path:
    """A hidden name beside destination, on its file system."""
    return destination.with_name(f".{destination.name}.{suffix}")


def clear_up(destination: Path, folder: Path, old: Path, *, keep: bool) -> None:
    """Undo what a killed fill left."""
    if old.exists() and not destination.exists():
        old.rename(destination)
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists() and not keep:
        shutil.rmtree(folder)


def replace(folder: Path, destination: Path, old: Path) -> None:
    """Put folder in destination's place; what was there is gone afterwards."""
    if not destination.exists():
        folder.rename(destination)
        return
    if _exchange(folder, destination):
        folder.rename(old)
    else:
        # A kill between the two renames is repaired by clear_up.
        destination.rename(old)
        folder.rename(destination)
    shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one system call (renameat2); False where C library or file system lacks it."""
    with suppress(AttributeError):
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
        paths = (os.fsencode(one), os.fsencode(other))
        return bool(renameat2(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE) == 0)
    return False
