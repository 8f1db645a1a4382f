"""A lab file's YAML as plain data, with the line and the spelling of every value.

Only YAML is judged here: tags, aliases, duplicate keys, nesting. What keys and values mean is model.py's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from labctl.config.faults import Path
from labctl.config.text import UnreadableError, show

# The C loader where PyYAML has it: a large file is refused in an instant, not after half a minute.
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# A lab file nests three deep; beyond this the composer's own recursion would end in a crash.
MAX_DEPTH = 16
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,11})")
_KINDS = {"int": "a number", "float": "a fraction", "bool": "true or false", "timestamp": "a date"}


@dataclass(frozen=True)
class Problem:
    """One mistake as it is told: line counts from 1."""

    line: int
    text: str


@dataclass(frozen=True)
class Oddity:
    """A plain scalar that YAML 1.1 reads as something that no lab file needs; kind is what it reads it as."""

    written: str
    kind: str


@dataclass
class Document:
    """The top mapping as plain data; lines and written are by path (keys and indexes from the top)."""

    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Path, int] = field(default_factory=dict)
    written: dict[Path, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """Where a value stands; for one that is not in the file, where its parent does."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse(text: str) -> Document:
    """The document of a lab file. Raises UnreadableError where there is none to look into."""
    document = Document()
    try:
        document.problems.extend(_guard(text))
        if not document.problems:
            _read_root(document, yaml.compose(text, Loader=Loader))
    except yaml.MarkedYAMLError as error:
        line = _line(error.problem_mark or error.context_mark)
        # PyYAML may point behind the last line.
        there = "".join(text.splitlines()[line - 1 : line]).strip() or "the file's end"
        raise UnreadableError(f"this is not YAML ({error.problem}): {show(there)}", line) from None
    except yaml.YAMLError as error:
        raise UnreadableError(f"this is not YAML: {show(str(error))}") from None
    return document


def _line(mark: Any) -> int:  # noqa: ANN401  # both loaders have a Mark class of their own
    return mark.line + 1 if mark else 1


def _guard(text: str) -> Iterator[Problem]:
    """Refuses, event by event and without recursion, what would make composing dangerous or ambiguous."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=Loader):
        line = _line(event.start_mark)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents == 2:  # noqa: PLR2004
                yield Problem(line, "a lab file holds one document, a second begins: ---")
        elif isinstance(event, yaml.AliasEvent):
            yield Problem(line, f"aliases are not allowed, write the value again: *{show(str(event.anchor))}")
        elif isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None) is not None:
            tag = show(str(event.tag).replace("tag:yaml.org,2002:", "!!"))  # type: ignore[attr-defined]
            yield Problem(line, f"tags are not allowed, a value's form says what it is: {tag}")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            yield Problem(line, f"a value is nested deeper than any lab file: more than {MAX_DEPTH} levels")
            return
    if not documents:
        yield Problem(1, "this file holds nothing but comments, a lab file needs nodes: 0 nodes")


def _read_root(document: Document, root: yaml.Node | None) -> None:
    if isinstance(root, yaml.MappingNode):
        document.lines[()] = _line(root.start_mark)
        document.data = _mapping(document, root, ())
    elif root is not None:  # _guard has told that there is none
        shape = "a list" if isinstance(root, yaml.SequenceNode) else show(str(root.value)) or "nothing"
        text = f"a lab file is a mapping of keys such as `nodes:` to values: {shape}"
        document.problems.append(Problem(_line(root.start_mark), text))


def _mapping(document: Document, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = _line(key_node.start_mark)
        if not isinstance(key_node, yaml.ScalarNode):
            document.problems.append(Problem(line, "a key must be a single word: a list or mapping"))
            continue
        key = str(key_node.value)
        here: Path = (*path, key)
        if key in data:
            text = f"the key stands here a second time, first in line {document.lines[here]}: {show(key)}"
            document.problems.append(Problem(line, text))
            continue
        document.lines[here] = line
        data[key] = _value(document, value_node, here)
    return data


def _value(document: Document, node: yaml.Node, path: Path) -> Any:  # noqa: ANN401  # plain data of any shape
    if isinstance(node, yaml.MappingNode):
        document.written[path] = "a mapping"
        return _mapping(document, node, path)
    if isinstance(node, yaml.SequenceNode):
        document.written[path] = "a list"
        return [_item(document, item, (*path, index)) for index, item in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)  # noqa: S101  # there are no more kinds of nodes
    document.lines[path] = _line(node.start_mark)
    document.written[path] = f'"{show(node.value)}"' if node.style else show(node.value) or "nothing"
    return _scalar(node)


def _item(document: Document, node: yaml.Node, path: Path) -> Any:  # noqa: ANN401  # plain data of any shape
    document.lines[path] = _line(node.start_mark)
    return _value(document, node, path)


def _scalar(node: yaml.ScalarNode) -> str | int | bool | Oddity | None:
    """Text, plain decimal numbers, true and false, nothing; the rest stays as it is written."""
    text, tag = str(node.value), str(node.tag).rpartition(":")[2]
    if tag == "null":
        return None
    if tag == "str":
        return text
    if tag == "int" and _DECIMAL.fullmatch(text):
        return int(text)
    if tag == "bool" and text in ("true", "false"):
        return text == "true"
    return Oddity(text, _KINDS.get(tag, "something else"))
