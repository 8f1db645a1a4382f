"""Turns what pydantic found in a lab file into sentences a learner can act on.

Rules between values tell their own mistakes (faults.py).
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from labctl.config import text
from labctl.config.document import Document, Oddity, Problem
from labctl.config.faults import Path
from labctl.config.model import LabConfig, NetworkConfig, NodeConfig

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_WANTED = {
    "string_type": "must be text",
    "int_type": "must be a whole number in plain digits",
    "tuple_type": "must be a list",
    "model_type": "must be a mapping of keys to values",
}
# What other tools' files call these keys.
_SYNONYMS = {"address": "ip", "hostname": "name", "ram": "memory_mb", "cores": "cpus", "workers": "nodes"}


def told(document: Document, detail: ErrorDetails) -> Problem:
    """One of pydantic's errors with its line: what is wrong: the wrong value."""
    path, kind = detail["loc"], detail["type"]
    key = text.show(str(path[-1])) if path else ""
    written = _without_password(document.written.get(path, ""))
    if kind == "extra_forbidden":
        sentence = f"unknown key{_meant(key, {k: k for k in _keys(path[:-1])} | _synonyms(path))}: {key}"
    elif kind == "missing":
        sentence = f"a key is missing: {key}"
    elif kind == "literal_error":
        sentence = f"{key} {_one_of(path, written)}: {written}"
    elif kind == "lab":
        sentence = f"{key} {detail['msg']}: {written}"
    else:
        sentence = f"{_label(path)} {_wrong_type(document, path, kind)}: {written}"
    return Problem(document.line(path), sentence)


def _without_password(written: str) -> str:
    return re.sub(r"//[^/]*@", "//...@", written)


def _label(path: Path) -> str:
    last = path[-1] if path else "the file"
    return f"node {last + 1} of the list" if isinstance(last, int) else text.show(last)


def _wrong_type(document: Document, path: Path, kind: str) -> str:
    wanted = _WANTED.get(kind, "is of a wrong kind")
    value: Any = document.data
    for step in path:
        value = value[step]
    if path[-1] == "ip":
        wanted = "must be an IPv4 address such as 192.168.50.10"
    elif path[-1] in NetworkConfig.model_fields:
        wanted = "must be an IPv4 network such as 10.32.0.0/12"
    elif kind == "string_type" and isinstance(value, bool | int | Oddity):
        wanted += " (put it in quotes)"
    if isinstance(value, Oddity):
        wanted += f", YAML reads this as {value.kind}"
    return wanted


def _keys(path: Path) -> list[str]:
    """The keys that the mapping at a path may have."""
    model: type[BaseModel] = LabConfig
    if path:
        model = NodeConfig if path[0] == "nodes" else NetworkConfig
    return list(model.model_fields)


def _synonyms(path: Path) -> dict[str, str]:
    return {word: key for word, key in _SYNONYMS.items() if key in _keys(path[:-1])}


def _one_of(path: Path, written: str) -> str:
    model = NodeConfig if path[0] == "nodes" else LabConfig
    allowed = [str(choice) for choice in get_args(model.model_fields[str(path[-1])].annotation)]
    choice = f"must be one of {', '.join(allowed)}" if len(allowed) > 1 else f"must be {allowed[0]}"
    return choice + _meant(written, {word: word for word in allowed} | {"master": "control-plane"})


def _meant(word: str, known: dict[str, str]) -> str:
    """A guess at what a word was meant to be; known maps what may be written to the right word."""
    near = difflib.get_close_matches(word.lower().strip('"'), known, n=1)
    return f", did you mean {known[near[0]]}" if near else ""
