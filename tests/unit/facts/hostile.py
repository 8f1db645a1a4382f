"""Archives that nobody should write, made header by header."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

NODES = "api/api_v1_nodes.json"


def header(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    """One block of a tar, with a right checksum; size may be below zero."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = abs(size), kind, link
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))[:512]
    if size < 0:
        block[124:136] = (-1).to_bytes(1, "big", signed=True) + size.to_bytes(11, "big", signed=True)
    return checked(block)


def checked(block: bytearray) -> bytes:
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def member(name: str, content: bytes, kind: bytes = tarfile.REGTYPE) -> bytes:
    return header(name, len(content), kind) + content + bytes(-len(content) % 512)


def pax(**fields: str) -> bytes:
    return member("pax", b"".join(record(name, value) for name, value in fields.items()), tarfile.XHDTYPE)


def record(name: str, value: str) -> bytes:
    body = f" {name}={value}\n".encode()
    length = len(body) + len(str(len(body) + len(str(len(body)))))
    return str(length).encode() + body


def sparse_old(blocks: int) -> bytes:
    """GNU's old form: a map that goes on from block to block."""
    first = bytearray(header(NODES, 512, tarfile.GNUTYPE_SPARSE))
    first[482] = 1
    more = (b"%011o\0" % 1) * 42 + b"\1" + bytes(7)
    return checked(first) + more * blocks


def sparse_pax(numbers: int) -> bytes:
    """The form 1.0: the number of numbers, then that many lines."""
    fields = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": NODES, "GNU.sparse.realsize": "9"}
    return pax(**fields) + member(NODES, f"{numbers}\n".encode() + b"1\n" * (2 * numbers))


_FIELDS = b"".join(record(f"#####.{j}", "") for j in range(4000))


def many_fields(number: int, kind: bytes) -> bytes:
    """A header with 4,000 fields that no other has."""
    return member("x", _FIELDS.replace(b"#####", b"%05d" % number), kind)


END = bytes(1024)
GOOD = member("api/version.json", b"{}")
# Refused, each with what the error says.
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "a path that leads out": (lambda: member("api/../../x", b""), "leads out"),
    "an absolute path": (lambda: member("/etc/cron.d/x", b""), "leads out"),
    "an absolute path in a long name": (lambda: pax(path="/" + "x" * 300) + GOOD, "leads out"),
    "a path of dots in a long name": (lambda: pax(path="api/../../x") + GOOD, "leads out"),
    "a NUL in a name": (lambda: pax(path="api/a\0b") + GOOD, "leads out"),
    "a line end in a name": (lambda: member("api/a\nb", b""), "none of a recording"),
    "a terminal's orders in a name": (lambda: member("api/\x1b[2J", b""), "none of a recording"),
    "a name that is no text": (lambda: member("api/x", b"").replace(b"api/x", b"api/\xff"), "not a whole"),
    "a very long name": (lambda: pax(path="api/" + "x" * 5000) + GOOD, "none of a recording"),
    "a name of megabytes": (lambda: member("x", b"x" * 2**21, tarfile.GNUTYPE_LONGNAME) + GOOD, "larger than any"),
    "a symbolic link": (lambda: header(NODES, 0, tarfile.SYMTYPE, "/etc/passwd"), "neither a plain file"),
    "a hard link": (lambda: header(NODES, 0, tarfile.LNKTYPE, "api/version.json"), "neither a plain file"),
    "a device": (lambda: header(NODES, 0, tarfile.CHRTYPE), "neither a plain file"),
    "a disk": (lambda: header(NODES, 0, tarfile.BLKTYPE), "neither a plain file"),
    "a pipe": (lambda: header(NODES, 0, tarfile.FIFOTYPE), "neither a plain file"),
    "a kind that is not there": (lambda: header(NODES, 0, b"Z"), "neither a plain file"),
    "a link outside what is read": (lambda: header("logs/x", 0, tarfile.SYMTYPE, "/etc/passwd"), "neither a plain"),
    "sparse, old": (lambda: sparse_old(9), "neither a plain file"),
    "sparse, 1.0": (lambda: sparse_pax(9), "sparse"),
    "a size below zero": (lambda: header("logs/x", -512) + GOOD, "below zero"),
    "a size below zero in front of a name": (lambda: header("x", -512, tarfile.XHDTYPE) + GOOD, "below zero"),
    "a size in words": (lambda: pax(size="99999999999") + GOOD, "larger than any"),
    "a file larger than any": (lambda: header(NODES, 2**40) + GOOD, "larger than any"),
    "a log larger than the archive": (lambda: header("logs/x", 2**40) + GOOD, "ends in the middle|unpacks to more"),
    "a node's file larger than any": (lambda: member("nodes/a/host.txt", bytes(2**21)), "larger than any"),
    "a header with no length": (lambda: member("x", b"x=y\n", tarfile.XHDTYPE) + GOOD, "damaged"),
    "a header of length nought": (lambda: member("x", b"0 x=y\n", tarfile.XHDTYPE) + GOOD, "damaged"),
    "a header that ends early": (lambda: member("x", b"99 x=y\n", tarfile.XHDTYPE) + GOOD, "damaged"),
    "a wrong checksum": (lambda: GOOD[:100] + b"1" + GOOD[101:], "not a whole"),
    "the same file twice": (lambda: GOOD + GOOD, "twice"),
    "the same file spelt otherwise": (lambda: GOOD + member("./api//version.json", b"{}"), "twice"),
    "two recordings": (lambda: member("a/api/x.json", b"{}") + member("b/api/x.json", b"{}"), "more than one"),
    "thousands of empty files": (lambda: b"".join(header(f"x{i}") for i in range(20_001)), "more files"),
    "thousands of headers for one file": (lambda: pax(comment="x") * 20_001 + GOOD, "more files"),
    "more values than any": (lambda: member(NODES, b"[" + b"{}," * 2**20), "larger than any recording"),
    "no end": (lambda: GOOD[:-10], "ends in the middle"),
}
# Not one of them a .tar.gz.
OTHERS: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "a tar that is not packed": lambda: GOOD + END,
    "a zip": lambda: zipped(),  # noqa: PLW0108 - it stands below
    "junk": lambda: bytes(range(256)) * 40,
    "gzip of junk": lambda: gzip.compress(bytes(range(256)) * 40),
    "gzip of nothing": lambda: gzip.compress(b""),
    "gzip of gzip": lambda: gzip.compress(gzip.compress(GOOD + END)),
    "gzip with junk behind it": lambda: gzip.compress(GOOD + END) + b"junk",
    "gzip with a wrong checksum": lambda: gzip.compress(GOOD + END)[:-8] + bytes(8),
    "a head of gzip": lambda: gzip.compress(GOOD + END)[:10],
}
BOMBS: dict[str, Callable[[], Iterator[bytes]]] = {
    "a long name in each of 20,000 headers": lambda: (pax(path="api/" + f"{i:0>1000}") + GOOD for i in range(9_990)),
    "headers full of names": lambda: (many_fields(i, tarfile.XHDTYPE) for i in range(600)),
    "headers for all files": lambda: (many_fields(i, tarfile.XGLTYPE) for i in range(600)),
    "a sparse map, old": lambda: (sparse_old(400_000) for _ in range(1)),
    "a sparse map, 1.0": lambda: (sparse_pax(20_000_000) for _ in range(1)),
    "a file of zeros": lambda: iter([header(NODES, 2**33), *[bytes(2**20)] * 300]),
    "a log of zeros": lambda: iter([header("logs/x", 2**33), *[bytes(2**20)] * 300]),
    "a list of lists": lambda: iter([member(NODES, b'{"items": [' + b"[0]," * 240_000 + b"0]}")]),
    "a list of objects": lambda: iter([member(NODES, b'{"items": [' + b'{"a":{}},' * 160_000 + b"0]}")]),
    "a list of numbers": lambda: iter([member(NODES, b'{"items": [' + b"1e5," * 990_000 + b"0]}")]),
    "deeply nested": lambda: iter([member(NODES, b"[" * 900_000)]),
    "a text of line ends": lambda: iter([member(f"nodes/n{i}/host.txt", b"\n" * 2**20) for i in range(60)]),
    "a plan of many nodes": lambda: iter([member("plan.json", b'{"nodes": [' + b'{"name":"x"},' * 150_000 + b"0]}")]),
    "reasons without end": lambda: iter(
        [member("missing.json", b"{" + b",".join(b'"api/%d": "x"' % i for i in range(300_000)) + b"}")]
    ),
}


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(NODES, "{}")
    return packed.getvalue()


def write(path: Path, parts: Iterator[bytes]) -> Path:
    """A .tar.gz of these parts, quickly packed."""
    with gzip.open(path, "wb", compresslevel=1) as stream:
        for part in (GOOD, *parts, END):
            stream.write(part)
    return path
