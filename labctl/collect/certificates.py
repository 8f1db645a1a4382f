"""Runs on the nodes: from when until when the certificates in files are valid, as JSON; nothing else of them is told.

Python 3.7 or newer and its own library, for that is what a bare node has; openssl need not be there, nor kubeadm. Which
files a cluster has is labctl/facts/certificates.py's, what follows from their dates labctl/steps/certificates.py's.
"""

from __future__ import annotations

import binascii
import json
import os
import sys
import time
from datetime import datetime, timezone

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
# Users of kubeconfigs that kubeadm makes certificates for; a learner's own, in the same file, are no business of ours.
_OF_KUBEADM = ("kubernetes-admin", "system:")
_VERSION, _UTC_TIME, _GENERALIZED_TIME = 0xA0, 0x17, 0x18
_LONG = 0x80
# Two digits of a year: RFC 5280, 4.1.2.5.1.
_CENTURY = 50


def validity(der: bytes) -> list[int]:
    """From and until when (seconds since 1970) a certificate in DER is valid. Raises ValueError, IndexError."""
    _, begin, _ = _element(der, 0)
    _, at, _ = _element(der, begin)
    tag, _, end = _element(der, at)
    # Version (left out in version 1), serial number, algorithm, issuer; then the validity.
    for _ in range(4 if tag == _VERSION else 3):
        _, _, at = _element(der, at)
    _, at, _ = _element(der, at)
    _, _, end = _element(der, at)
    return [_time(der, at), _time(der, end)]


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """Tag, begin of the content and end of the DER element at that place."""
    length, begin = der[at + 1], at + 2
    if length >= _LONG:
        begin += length - _LONG
        length = int.from_bytes(der[at + 2 : begin], "big")
    if begin + length > len(der):
        raise ValueError("cut off")
    return der[at], begin, begin + length


def _time(der: bytes, at: int) -> int:
    tag, begin, end = _element(der, at)
    text = der[begin:end].decode("ascii")
    if tag == _UTC_TIME:
        text = ("20" if int(text[:2]) < _CENTURY else "19") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("no time")
    fields = [int(text[:4]), *(int(text[i : i + 2]) for i in range(4, 14, 2))]
    return int(datetime(*fields, tzinfo=timezone.utc).timestamp())  # type: ignore[arg-type, misc]


def validities(text: str) -> list[list[int]]:
    """validity() of each certificate in PEM in a text. Raises ValueError, IndexError where one is damaged."""
    parts = text.split(_BEGIN)[1:]
    if any(_END not in part for part in parts):
        raise ValueError("cut off")
    return [validity(binascii.a2b_base64(part.split(_END)[0])) for part in parts]


def embedded(kubeconfig: str) -> str:
    """The certificates that kubeadm has put into a kubeconfig, in PEM. Raises ValueError where one is damaged."""
    found, user = "", ""
    for line in kubeconfig.splitlines():
        key, _, value = line.strip().partition(": ")
        if key == "- name":
            user = value
        elif key == "client-certificate-data" and user.startswith(_OF_KUBEADM):
            found += binascii.a2b_base64(value).decode("ascii")
    return found


def look(path: str) -> list[list[int]] | str | None:
    """The validities in a certificate's file or a kubeconfig, or what is wrong with it; None where there is no file."""
    try:
        with open(path, encoding="utf-8") as stream:  # noqa: PTH123 - pathlib takes its time to be imported
            text = stream.read()
        return validities(text if path.endswith((".crt", ".pem")) else embedded(text))
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    except (ValueError, IndexError, OverflowError) as error:
        return f"it is damaged: {error}"


def main(mark: str, *paths: str) -> None:
    """Print one JSON object: the node's clock, whether the file `mark` is there, and what each file of paths holds."""
    files = {path: look(path) for path in paths}
    known = {path: found for path, found in files.items() if found is not None}
    json.dump({"clock": int(time.time()), "unfinished": os.path.exists(mark), "files": known}, sys.stdout)  # noqa: PTH110


if __name__ == "__main__":
    main(*sys.argv[1:])
