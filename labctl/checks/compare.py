"""Comparing what is expected with what was seen, and saying the difference in words.

Only what several claims share belongs here; a claim's own rules stand beside the claim.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def one_line(value: object) -> str:
    """A value of expected or actual as a person reads it, on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "  ".join(f"{key} {one_line(each)}" for key, each in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(one_line(each) for each in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "none"


def no_drift(_expected: object, _actual: object) -> None:
    """Nothing in it may differ."""


def differences(expected: Any, actual: Any) -> str | None:  # noqa: ANN401 - JSON can be anything
    """What differs, in words; None if nothing does."""
    if expected == actual:
        return None
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        keys = [*expected, *(key for key in actual if key not in expected)]
        parts = [_entry(key, expected, actual) for key in keys if expected.get(key) != actual.get(key)]
        return "; ".join(parts)
    if isinstance(expected, list) and isinstance(actual, list):
        return list_differences(expected, actual)
    return f"it is {one_line(actual)}, not {one_line(expected)}"


def list_differences(expected: list[Any], actual: list[Any]) -> str:
    """Which entries are missing and which are too many."""
    missing = [one_line(each) for each in expected if each not in actual]
    extra = [one_line(each) for each in actual if each not in expected]
    parts = [f"missing: {', '.join(missing)}"] if missing else []
    parts += [f"not expected: {', '.join(extra)}"] if extra else []
    return "; ".join(parts) or f"it is {one_line(actual)}, not {one_line(expected)}"


def _entry(key: str, expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str:
    if key not in actual:
        return f"{key} is missing (expected {one_line(expected[key])})"
    if key not in expected:
        return f"{key} {one_line(actual[key])} is not expected"
    return f"{key} is {one_line(actual[key])}, not {one_line(expected[key])}"
