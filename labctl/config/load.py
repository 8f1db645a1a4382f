"""Loads a lab file: text, YAML, model and rules; gathers every mistake with its line.

Each of them is found elsewhere in this package; here they become one ConfigError.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from labctl.config import document as documents
from labctl.config import rules, text
from labctl.config.document import Document, Problem
from labctl.config.model import RULES_ERROR, LabConfig
from labctl.errors import ConfigError

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
        from labctl.config import telling  # most lab files have no mistake

        details = error.errors(include_url=False, include_input=False)
        problems += [telling.told(document, detail) for detail in details if detail["type"] != RULES_ERROR]
    for fault in rules.faults(document.data):
        problems.append(Problem(document.line(fault.path), f"{fault.message}: {fault.value}"))
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
