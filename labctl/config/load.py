"""Loads a lab file: text, YAML, model and rules; gathers every mistake with its line.

Each of them is found elsewhere in this package; here they become one ConfigError.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ValidationError

from labctl.config import document as documents
from labctl.config import rules, text
from labctl.config.document import Document, Oddity, Problem
from labctl.config.faults import Path as DataPath
from labctl.config.model import RULES_ERROR, LabConfig, NetworkConfig, NodeConfig
from labctl.errors import ConfigError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

# A file of some other kind has thousands of mistakes; these are enough to see that.
MAX_TOLD = 100


def load_config(path: Path) -> LabConfig:
    """The lab that a file describes.

    Raises ConfigError whose `problems` hold all mistakes, in the file's order, each as
    `PATH:LINE: what is wrong: the wrong value`.
    """
    try:
        document = documents.parse(text.read(path))
    except text.UnreadableError as error:
        raise _error(path, [Problem(error.line, error.message)]) from None
    config, problems = _judge(document)
    if problems or config is None:
        raise _error(path, problems)
    return config


def _judge(document: Document) -> tuple[LabConfig | None, list[Problem]]:
    problems = list(document.problems)
    if problems and not document.data:
        return None, problems
    config = None
    try:
        config = LabConfig.model_validate(document.data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        problems += [_told(document, detail) for detail in details if detail["type"] != RULES_ERROR]
    for fault in rules.faults(document.data):
        problems.append(Problem(document.line(fault.path), f"{_place(fault.path)}{fault.message}: {fault.value}"))
    return config, problems


def _error(path: Path, problems: list[Problem]) -> ConfigError:
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: problem.line)
    told = [f"{text.show(str(path), 4096)}:{problem.line}: {problem.text}" for problem in ordered[:MAX_TOLD]]
    if len(ordered) > MAX_TOLD:
        told.append(f"{text.show(str(path), 4096)}: and {len(ordered) - MAX_TOLD} more mistakes")
    count = "1 mistake" if len(ordered) == 1 else f"{len(ordered)} mistakes"
    return ConfigError(
        f"the lab file {text.show(str(path), 4096)} has {count}",
        problems=told,
        hint="`labctl schema` prints what a lab file may say, vagrant/lab.yml is the tutorial's own",
    )


def _place(path: DataPath) -> str:
    return f"{text.show(str(path[-1]))} " if path and isinstance(path[-1], str) else ""


def _told(document: Document, detail: ErrorDetails) -> Problem:
    path, kind = detail["loc"], detail["type"]
    line = document.line(path)
    key = text.show(str(path[-1])) if path else ""
    written = document.written.get(path, "")
    if kind == "extra_forbidden":
        return Problem(line, f"unknown key{_meant(key, _keys(path[:-1]))}: {key}")
    if kind == "missing":
        return Problem(line, f"a key is missing: {key}")
    if kind == "literal_error":
        return Problem(line, f"{key} {_one_of(path, written)}: {written}")
    if kind == "lab":
        return Problem(line, f"{key} {detail['msg']}: {written}")
    return Problem(line, f"{_label(path)} {_wrong_type(document, path, kind)}: {written}")


def _label(path: DataPath) -> str:
    if path and isinstance(path[-1], int):
        return f"node {path[-1] + 1} of the list"
    return text.show(str(path[-1])) if path else "the file"


def _wrong_type(document: Document, path: DataPath, kind: str) -> str:
    wanted = {
        "string_type": "must be text",
        "int_type": "must be a whole number in plain digits",
        "tuple_type": "must be a list",
        "model_type": "must be a mapping of keys to values",
    }.get(kind, "is of a wrong kind")
    value: Any = document.data
    for step in path:
        value = value[step]
    if isinstance(value, Oddity) and kind in ("string_type", "int_type"):
        wanted += f", and YAML reads this as {value.kind}"
    # A number, date or yes that was meant as text.
    return wanted + (" (put it in quotes)" if kind == "string_type" and not isinstance(value, dict | list) else "")


def _keys(path: DataPath) -> list[str]:
    """The keys that the mapping at a path may have."""
    model: type[BaseModel] = LabConfig
    if path:
        model = NodeConfig if path[0] == "nodes" else NetworkConfig
    return list(model.model_fields)


def _one_of(path: DataPath, written: str) -> str:
    model = NodeConfig if path[0] == "nodes" else LabConfig
    allowed = [str(choice) for choice in get_args(model.model_fields[str(path[-1])].annotation)]
    return f"must be {' or '.join(allowed)}{_meant(written, allowed)}"


def _meant(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word.lower().strip('"'), known, n=1)
    return f", did you mean {near[0]}" if near else ""
