"""The tutorial's output beside this lab's: lines paired, columns aligned, what differs marked. Plain data.

How lines look on a terminal or a page is the business of console.py, html.py and markdown.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Literal

from labctl.checks.model import Check, CheckResult
from labctl.report.words import clean

_GAP = "   "
_COLUMNS = re.compile(" {2,}")
# What Kubernetes ends a pod's name in: five letters of its alphabet without vowels, before them a replica set's hash.
_SUFFIX = re.compile(r"(-[bcdf-hj-np-tv-xz2-9]{8,10})?-[bcdf-hj-np-tv-xz2-9]{5}$")
_HEADING = re.compile(r"[A-Z()\- ]+")
_WORDS = re.compile("[ =/]")


@dataclass(frozen=True)
class Piece:
    """Some letters of a line, and whether they differ from the tutorial's."""

    text: str
    differs: bool = False


@dataclass(frozen=True)
class ShownLine:
    """One line; sign is + for a line that the tutorial lacks, - for one of the tutorial's that the lab lacks."""

    pieces: tuple[Piece, ...]
    sign: Literal["", "+", "-"] = ""

    @property
    def text(self) -> str:
        """Its letters, without the sign."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True)
class Contrast:
    """Both outputs, line by line. lab is empty where nothing was looked at."""

    tutorial: tuple[ShownLine, ...]
    lab: tuple[ShownLine, ...]

    @property
    def signed(self) -> bool:
        """Whether any line is too many or missing."""
        return any(line.sign for line in self.lab)


@dataclass(frozen=True)
class _Row:
    """A line in its columns, or, where it has none, in its words."""

    cells: tuple[str, ...]
    differing: tuple[bool, ...] = ()
    sign: Literal["", "+", "-"] = ""

    @property
    def is_table(self) -> bool:
        return len(self.cells) > 1

    @property
    def parts(self) -> Sequence[str]:
        """What is marked as a whole."""
        return self.cells if self.is_table else self.cells[0].split(" ")


def contrast(*results: CheckResult) -> Contrast:
    """What the tutorial and the lab show, of one result or of one claim's on several nodes.

    Cleaned of everything that a terminal would obey.
    """
    check = results[0].check
    tutorial, lab = _rows(check.tutorial(each.scope) for each in results), _rows(each.shows for each in results)
    if check.quotes or not lab:
        return Contrast(_lines(tutorial), _lines(lab))
    head = [row for row in tutorial[:1] if len(tutorial) > 1 and all(map(_HEADING.fullmatch, row.cells))]
    paired = list(_pairs(tutorial[len(head) :], lab))
    if check.scope == "node" and head:
        # The tutorial's rows of other nodes are no business of this node's.
        paired = [(theirs, ours) for theirs, ours in paired if ours]
        tutorial = [*head, *(theirs for theirs, _ in paired if theirs)] if any(one for one, _ in paired) else tutorial
    if any(theirs and ours for theirs, ours in paired):
        lab = [*head, *(_marked(theirs, ours) for theirs, ours in paired)]
    else:
        lab = [_Row(row.cells, (True,) * len(row.parts)) for row in lab]
    widths = _widths((*tutorial, *lab))
    return Contrast(_lines(tutorial, widths), _lines(lab, widths))


def tutorial_lines(check: Check, scope: str) -> list[str]:
    """What the tutorial shows there, its columns aligned."""
    rows = _rows([check.tutorial(scope)])
    return [line.text for line in _lines(rows, _widths(rows))]


def _rows(texts: Iterable[str]) -> list[_Row]:
    """Lines as cells: columns stand two blanks or more apart. A first line that texts share is there once."""
    different = [text.split("\n") for text in dict.fromkeys(texts)]
    lines = [line for text in different for line in (text if text is different[0] else _without(text, different[0]))]
    return [_Row(tuple(_COLUMNS.split(line))) for line in map(clean, lines) if line]


def _without(text: list[str], first: list[str]) -> list[str]:
    return text[1:] if text[0] == first[0] else text


def _pairs(tutorial: Sequence[_Row], lab: Sequence[_Row]) -> Iterator[tuple[_Row | None, _Row | None]]:
    """Each line of one with that of the other which is most like it; the tutorial's order, then what only one has."""
    partner: dict[int, int] = {0: 0} if len(tutorial) == len(lab) == 1 else {}
    # Negative places: of lines that are equally alike the upper ones are paired.
    likeness = [(_likeness(theirs, ours), -i, -j) for i, theirs in enumerate(tutorial) for j, ours in enumerate(lab)]
    for score, i, j in sorted(likeness, reverse=True):
        if score and -i not in partner and -j not in partner.values():
            partner[-i] = -j
    for i, theirs in enumerate(tutorial):
        yield theirs, lab[partner[i]] if i in partner else None
    for j, ours in enumerate(lab):
        if j not in partner.values():
            yield None, ours


def _likeness(theirs: _Row, ours: _Row) -> float:
    """How much two lines have in common; the first word counts most, since it names what the line is about."""
    ones, others = _words(theirs), _words(ours)
    common = sum(any(_same(one, other) for one in ones) for other in others)
    return common + 2 * _same(ones[0], others[0]) - len(others) / 1000 if common else 0


def _words(row: _Row) -> list[str]:
    return [word for cell in row.cells for word in _WORDS.split(cell) if word] or [""]


def _same(theirs: str, ours: str) -> bool:
    """Equal but for what the tutorial could not promise: a pod's suffix, what its window's edge cut off (>)."""
    if theirs.endswith(">") and not theirs.startswith("<"):
        return ours.startswith(theirs[:-1])
    return theirs == ours or _SUFFIX.sub("-…", theirs) == _SUFFIX.sub("-…", ours)


def _marked(theirs: _Row | None, ours: _Row | None) -> _Row:
    """The lab's line with what differs; the tutorial's where the lab lacks it."""
    if ours is None:
        return _Row(tuple(_SUFFIX.sub("-…", cell) for cell in theirs.cells) if theirs else (), sign="-")
    if theirs is None:
        return _Row(ours.cells, sign="+")
    if len(theirs.cells) == len(ours.cells) > 1:
        return _Row(ours.cells, tuple(not _same(*pair) for pair in zip(theirs.cells, ours.cells, strict=True)))
    if ours.is_table:
        return _Row(ours.cells, tuple(not any(_same(one, other) for one in theirs.cells) for other in ours.cells))
    if theirs.is_table:
        return _Row(ours.cells, (True,) * len(ours.parts))
    return _Row(ours.cells, _differing_words(theirs.parts, ours.parts))


def _differing_words(theirs: Sequence[str], ours: Sequence[str]) -> tuple[bool, ...]:
    alike = [next((one for one in theirs if _same(one, other)), other) for other in ours]
    blocks = SequenceMatcher(None, theirs, alike, autojunk=False).get_matching_blocks()
    kept = {index for block in blocks for index in range(block.b, block.b + block.size)}
    return tuple(index not in kept for index in range(len(ours)))


def _widths(rows: Iterable[_Row]) -> list[int]:
    """The width of each column over all lines that have columns."""
    columns = zip_longest(*(row.cells for row in rows if row.is_table), fillvalue="")
    return [max(map(len, column)) for column in columns]


def _lines(rows: Iterable[_Row], widths: Sequence[int] = ()) -> tuple[ShownLine, ...]:
    return tuple(ShownLine(tuple(_pieces(row, widths)), row.sign) for row in rows)


def _pieces(row: _Row, widths: Sequence[int]) -> Iterator[Piece]:
    for position, part in enumerate(row.parts):
        if position and row.is_table:
            before = position - 1
            yield Piece(" " * ((widths[before] if widths else 0) - len(row.cells[before])) + _GAP)
        elif position:
            yield Piece(" ")
        yield Piece(part, position < len(row.differing) and row.differing[position])
