"""What systemd says of a unit: the properties of `systemctl show` and the header of `systemctl status`.

Reading both outputs belongs here; whether a unit is as the tutorial shows it is judged in labctl/checks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from labctl.facts.observed import NotObserved, quote

# `systemctl show` prints these for every unit there is; UnitFileState only where a unit file exists.
_ALWAYS = ("LoadState", "ActiveState", "SubState")
_PROPERTY = re.compile(r"^([A-Za-z][A-Za-z0-9]*)=(.*)$")
_HEADER = re.compile(r"^ *([A-Z][A-Za-z -]*): ?(.*)$")
_LOADED = re.compile(r"^(\S+) \((.*)\)$")
_ACTIVE = re.compile(r"^(\S+)(?: \(([^)]*)\))?")
_NOT_ACTIVE = ("○", "×", "x")  # noqa: RUF001 - systemd's own signs
_TREE = "│├└─|`- "
_PROCESS = re.compile(r"^[│├└|`─ -]*[─-] *(\d+) (.+)$")


@dataclass(frozen=True)
class UnitStatus:
    """The header of `systemctl status`; None where a line was not there, or was not in its usual form.

    active is as printed, for example "active (running)"; process is the main process's command line from CGroup.
    whole: the header was read to its end, so that what is not there is really absent.
    """

    path: str | None = None
    enabled: str | None = None
    drop_ins: tuple[str, ...] = ()
    active: str | None = None
    triggered_by: tuple[str, ...] = ()
    docs: tuple[str, ...] = ()
    process: str | None = None
    whole: bool = False


@dataclass(frozen=True)
class Unit:
    """Both views of one unit of one node."""

    name: str
    show: Mapping[str, str] | NotObserved
    status: UnitStatus | NotObserved


def whole_lines(text: str) -> list[str]:
    """The lines that ended: both commands end their output with a newline, so a last line without is cut off."""
    lines = text.split("\n")
    return lines[:-1]


def parse_show(text: str, name: str) -> Mapping[str, str] | NotObserved:
    """The properties of `systemctl show`; of a repeated one all values, one a line."""
    properties: dict[str, str] = {}
    for line in whole_lines(text):
        match = _PROPERTY.match(line)
        if match:
            key, value = match.groups()
            properties[key] = f"{properties[key]}\n{value}" if key in properties else value
    if not properties:
        return NotObserved(f"{name} is not an output of systemctl show: {quote(text) or 'it is empty'}")
    missing = [key for key in _ALWAYS if key not in properties]
    if properties.get("LoadState") == "loaded" and "UnitFileState" not in properties:
        missing.append("UnitFileState")
    if missing:
        return NotObserved(f"{name} is cut off: it lacks {', '.join(missing)}")
    return properties


def parse_status(text: str, name: str) -> UnitStatus | NotObserved:
    """The header of `systemctl status`, up to its first empty line (the journal follows)."""
    fields: dict[str, list[str]] = {}
    key, whole = "", False
    for line in whole_lines(text)[1:]:
        whole = not line.strip() or key == "CGroup"
        if not line.strip():
            break
        match = None if key == "CGroup" else _HEADER.match(line)
        if match:
            key = match.group(1).strip()
            fields[key] = [match.group(2).strip()]
        elif key:
            fields[key].append(line.strip())
    if "Active" not in fields:
        return NotObserved(f"{name} is cut off or not an output of systemctl status: {quote(text) or 'it is empty'}")
    return _unit_status(fields, whole)


def _unit_status(fields: Mapping[str, list[str]], whole: bool) -> UnitStatus:
    loaded = _LOADED.match(fields.get("Loaded", [""])[0])
    parts = [part.strip() for part in loaded.group(2).split(";")] if loaded else []
    active = _ACTIVE.match(fields["Active"][0])
    return UnitStatus(
        path=parts[0] if parts else None,
        enabled=parts[1] if len(parts) > 1 else None,
        drop_ins=_drop_ins(fields.get("Drop-In", [])),
        active=active.group(0) if active else None,
        triggered_by=tuple(_trigger(value) for value in fields.get("TriggeredBy", []) if value),
        docs=tuple(fields.get("Docs", [])),
        process=_main_process(fields),
        whole=whole,
    )


def _trigger(value: str) -> str:
    """The triggering unit without its bullet; systemctl shows one that is not active by a hollow bullet or a cross."""
    bullet, _, name = value.rpartition(" ")
    return f"{name}, not active" if bullet.strip() in _NOT_ACTIVE else name


def _drop_ins(lines: list[str]) -> tuple[str, ...]:
    """Whole paths from the tree that status prints: a folder, below it its files, separated by commas."""
    found, folder = [], ""
    for line in lines:
        if line.startswith("/"):
            folder = line
        else:
            names = line.lstrip(_TREE).split(", ")
            found += [f"{folder}/{name.strip()}" for name in names]
    return tuple(found)


def _main_process(fields: Mapping[str, list[str]]) -> str | None:
    pid = fields.get("Main PID", [""])[0].split(" ")[0]
    for line in fields.get("CGroup", []):
        match = _PROCESS.match(line)
        if match and match.group(1) == pid:
            return match.group(2).strip()
    return None


def configured_argv(properties: Mapping[str, str]) -> list[str]:
    """The argv of ExecStart with the unit's own Environment put in; variables of environment files are left out."""
    # No pattern: one that looks for both ends takes hours where a recording repeats the first a million times.
    _, _, after = properties.get("ExecStart", "").partition("argv[]=")
    argv, end, _ = after.partition("\n")[0].partition(" ; ignore_errors=")
    if not end:
        return []
    environment = _environment(properties.get("Environment", ""))
    words: list[str] = []
    for word in argv.split():
        words += environment.get(word[1:].strip("{}"), "").split() if word.startswith("$") else [word]
    return words


def _environment(text: str) -> dict[str, str]:
    """NAME=value words of the property Environment, where a value with blanks has the whole word in quotes."""
    # A name begins where a word does: without that a long word is tried from each of its letters.
    pairs = re.findall(r'"([A-Za-z_]\w*)=([^"]*)"|(?<!\w)([A-Za-z_]\w*)=(\S*)', text)
    return {quoted or plain: first if quoted else second for quoted, first, plain, second in pairs}
