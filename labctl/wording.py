"""How labctl puts things into words, wherever it does. Imports nothing: every layer may use it."""

from __future__ import annotations

from collections.abc import Sequence

_NAMED = 4


def few(names: Sequence[str]) -> str:
    """The first names and how many more there are, where there is room for one line; empty for none."""
    return ", ".join([*names[:_NAMED], *([f"{len(names) - _NAMED} more"] if len(names) > _NAMED else [])])
