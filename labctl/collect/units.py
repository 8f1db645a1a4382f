"""systemctl's answers for several units at once, taken apart: a start of systemctl costs as much as what it tells.

What is looked at then is a file for each unit, as if it had been asked for alone: the form of recordings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from labctl.facts import Unavailable
from labctl.facts.model import UNITS

# The names of both answers on their way from the node.
SHOW, STATUS = "systemctl-show", "systemctl-status"

# Every line keeps its end.
_EMPTY_LINE = re.compile(r"(?<=\n)\n")
_UNIT = "|".join(re.escape(unit) for unit in UNITS)
# A bullet, whose form depends on state and locale, the unit, and what it is unless that cannot be read (masked); or
# what is said of one that there is not.
_HEADER = re.compile(rf"^(?:\S{{1,3}} ({_UNIT})(?: - .*)?|Unit ({_UNIT}) could not be found\.)$", re.MULTILINE)


def by_unit(files: Mapping[str, bytes | Unavailable], folder: str) -> dict[str, bytes | Unavailable]:
    """The files of one node, both answers replaced by one file for each unit and question."""
    found = dict(files)
    for answer, split in ((SHOW, _shown), (STATUS, _stated)):
        told = found.pop(f"{folder}/{answer}")
        if isinstance(told, Unavailable):
            found.update({f"{folder}/{answer}-{unit}.txt": told for unit in UNITS})
            continue
        parts = dict(split(told.decode("utf-8", "replace")))
        # Where systemctl itself fails, that is told of each; of an answer that lacks units this is never a whole one.
        otherwise = told.partition(b"\n")[0] + b"\n"
        for unit in UNITS:
            found[f"{folder}/{answer}-{unit}.txt"] = parts[unit].encode() if unit in parts else otherwise
    return found


def _shown(text: str) -> Iterator[tuple[str, str]]:
    """A block of properties for each unit, in the order asked."""
    blocks = _EMPTY_LINE.split(text)
    if len(blocks) == len(UNITS):
        yield from zip(UNITS, blocks, strict=True)


def _stated(text: str) -> Iterator[tuple[str, str]]:
    """From one header to the next."""
    headers = list(_HEADER.finditer(text))
    for header, end in zip(headers, [*(later.start() for later in headers[1:]), len(text)], strict=False):
        part = text[header.start() : end]
        # Without the empty line before the next one.
        yield header[1] or header[2], part[:-1] if part.endswith("\n\n") else part
