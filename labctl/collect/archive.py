"""Packs files into a .tar.gz that says nothing of who packed it: order, owners, modes and times are always the same.

What goes in is decided in support.py; that secrets are gone is sure here, for every file passes scrub().
"""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping

from labctl.collect.scrub import scrub


def pack(files: Mapping[str, bytes], folder: str, time: int, home: str = "") -> bytes:
    """The archive with each file, scrubbed, in a folder of that name.

    time: seconds since the epoch, of all of them. home: the user's home folder, see scrub().
    """
    packed = io.BytesIO()
    # No name and a fixed time in gzip's own header: the same files make the same bytes.
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=time) as stream,
        tarfile.open(fileobj=stream, mode="w:", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(files):
            content = scrub(files[name], home)
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size, member.mode, member.mtime = len(content), 0o600, time
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()
