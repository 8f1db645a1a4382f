"""Durations, sizes and changes in words."""

from __future__ import annotations

import pytest

from labctl.events import Transfer
from labctl.report import words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (4.24, "4.2 s"),
        (9.949, "9.9 s"),
        (9.95, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (3725, "62 min 05 s"),
    ],
)
def test_duration(seconds, text):
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (46_600_000, "46.6 MB"),
        (114_000_000, "114 MB"),
        (999_999, "1.0 MB"),
        (5 * 10**16, "50000 TB"),
    ],
)
def test_size(count, text):
    assert words.size(count) == text


@pytest.mark.parametrize(
    ("done", "total", "text"),
    [(5, None, "f: 5 B"), (0, 0, "f: 0 B"), (5, 10, "f: 5 B of 10 B (50%)"), (11, 10, "f: 10 B, complete")],
)
def test_transfer_of_odd_totals(done, total, text):
    assert words.transferred(Transfer("s", "f", done, total)) == text


@pytest.mark.parametrize(("count", "text"), [(None, ""), (0, ", no changes"), (1, ", 1 change"), (7, ", 7 changes")])
def test_changes(count, text):
    assert words.changes(count) == text
