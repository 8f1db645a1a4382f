"""What it means that something was not seen, and how to read untrusted JSON without ever crashing on it.

Only generic reading belongs here; what Kubernetes, systemd or Docker say is in the other modules of this package.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, TypeVar

T = TypeVar("T")

_KINDS = {dict: "an object", list: "a list", str: "a text", int: "a number", bool: "true or false"}
_QUOTED = 160


@dataclass(frozen=True)
class Unavailable:
    """Why a file of a collection could not be had (a node that does not answer, an API that refuses).

    absent: there is no such thing, as opposed to one that could not be read.
    """

    reason: str
    absent: bool = dataclass_field(default=False, compare=False)


@dataclass(frozen=True)
class NotObserved:
    """Stands where a fact would be: it was missing, cut off, refused or of the wrong type; reason says which.

    absent: it was not collected, or is not there, as opposed to unreadable: only what is no claim's only proof looks.
    """

    reason: str
    absent: bool = dataclass_field(default=False, compare=False)


class NotObservedError(Exception):
    """Raised where a check needs a fact that was not observed; judge turns it into the outcome ERROR."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def need(value: T | NotObserved) -> T:
    """The fact itself. Raises NotObservedError with the reason if it was not observed."""
    if isinstance(value, NotObserved):
        raise NotObservedError(value.reason)
    return value


def quote(text: str) -> str:
    """The beginning of a text on one line, for a reason that a person reads."""
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else line[: _QUOTED - 1] + "…"


def kind_of(value: object) -> str:
    """The JSON kind of a value, in words."""
    if value is None:
        return "null"
    for kind in (bool, dict, list, str, int):
        if isinstance(value, kind):
            return _KINDS[kind]
    return f"a {type(value).__name__}"


def typed(value: object, kind: type[T], what: str) -> T:
    """The value if it is of that kind. Raises NotObservedError naming what is of the wrong one."""
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    raise NotObservedError(f"{what} is {kind_of(value)}, not {_KINDS[kind]}")


def field(data: Mapping[str, Any], path: str, kind: type[T], default: T, *, of: str = "") -> T:
    """The value at a dotted path, or default where it is absent or null, as Kubernetes leaves out what is empty.

    Raises NotObservedError where a part of the path, or the value, is of the wrong kind.
    """
    what = f"{path} of {of}" if of else path
    here: Any = data
    for key in path.split("."):
        here = typed(here, dict, what).get(key)
        if here is None:
            return default
    return typed(here, kind, what)


def parse_json(content: bytes, name: str) -> Any:  # noqa: ANN401 - JSON can be anything
    """The JSON value in a file's content, or a NotObserved: cut off, not JSON at all, nested too deep."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        start = quote(content[:400].decode("utf-8", "replace"))
        detail = str(error) if isinstance(error, ValueError) else "nested too deep"
        if not start:
            return NotObserved(f"{name} is empty")
        if start[0] in "{[":
            return NotObserved(f"{name} is cut off or damaged: {quote(detail)}")
        return NotObserved(f"{name} is not JSON but says: {start}")
