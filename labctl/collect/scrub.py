"""Takes secrets out of whatever goes into an archive for a helper: one pure function over bytes.

Never a line end, a quote or a bracket beside them, so that what a claim reads stays readable. What secrets look like
stands in secret_rules.py.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from labctl.collect import secret_rules as rules
from labctl.collect.secret_rules import GONE, REMOVED

# How many times one thing may be wrapped in another: JSON in base64 in JSON.
_DEEPEST = 4


def scrub(content: bytes, home: str = "") -> bytes:
    """The content without private keys, tokens, passwords and the like; the very same bytes where there are none.

    home: the user's home folder, whose path names the user: it becomes ~. One such as /root is part of too much.
    """
    clean = _scrub(content, 0)
    if home.count("/") > 1:
        clean = re.sub(re.escape(home.encode("utf-8", "surrogateescape")) + rb"(?![\w.-])", b"~", clean)
    return clean


def _scrub(content: bytes, depth: int) -> bytes:
    if content.lstrip()[:1] in (b"{", b"["):
        try:
            data = json.loads(content)
            clean = _value(data, depth)
        except (ValueError, RecursionError):
            return _text(content, depth)  # cut off, or no JSON at all
        return content if clean == data else json.dumps(clean).encode()
    return _text(content, depth)


def _value(value: Any, depth: int) -> Any:  # noqa: ANN401 - JSON can be anything
    """A JSON value without secrets: by its names, and by what its texts say."""
    if isinstance(value, str):
        raw = value.encode("utf-8", "surrogatepass")
        clean = _scrub(raw, depth + 1) if depth < _DEEPEST else _text(raw, depth)
        return value if clean == raw else clean.decode("utf-8", "replace")
    if isinstance(value, list):
        return [
            REMOVED if _follows_flag(before, each) else _value(each, depth)
            for before, each in zip([None, *value], value, strict=False)
        ]
    if not isinstance(value, dict):
        return value
    # A Secret is never asked for; but one may be quoted in an annotation.
    secret = value.get("kind") == "Secret"
    members = {_value(name, depth): _member(name, each, depth, secret) for name, each in value.items()}
    name, content = value.get("name"), value.get("value")
    if isinstance(name, str) and isinstance(content, str) and _is_secret(name, content):
        members["value"] = REMOVED  # an environment variable of a container
    return members


def _member(name: str, value: Any, depth: int, secret: bool) -> Any:  # noqa: ANN401 - JSON can be anything
    if secret and name in ("data", "stringData"):
        return REMOVED
    if isinstance(value, str) and _is_secret(name, value):
        return REMOVED
    return _value(value, depth)


def _is_secret(name: str, value: str) -> bool:
    return rules.NAME.search(name) is not None and rules.HARMLESS.match(value) is None


def _follows_flag(before: object, value: object) -> bool:
    """Whether value is what the flag before it in a command line says: ["--password", "hunter2"]."""
    if not (isinstance(before, str) and isinstance(value, str)):
        return False
    return before.startswith("--") and not value.startswith("-") and _is_secret(before, value)


def _text(content: bytes, depth: int) -> bytes:
    if b"\n" in content and depth < _DEEPEST:
        content = b"\n".join(_json_line(line, depth) for line in content.split(b"\n"))
    if b"PRIVATE KEY" in content:
        content = _without_keys(content)
    for rule, instead in rules.SHAPES:
        content = rule.sub(instead, content)
    if rules.SECRET_OBJECT.search(content):
        content = rules.SECRET_DATA.sub(rb"\1", content)
    content = rules.LINE.sub(_line, content)
    for rule in rules.BEHIND:
        content = rule.sub(rb"\1" + GONE, content)
    # No pair goes over the end of a line, and few lines have one: looking for words first is ten times as quick.
    content = b"\n".join(rules.PAIR.sub(_pair, line) if _may_tell(line) else line for line in content.split(b"\n"))
    return rules.BASE64.sub(lambda found: _encoded(found, depth), content) if depth < _DEEPEST else content


def _json_line(line: bytes, depth: int) -> bytes:
    return _scrub(line, depth + 1) if line[:1] in (b"{", b"[") else line


def _may_tell(line: bytes) -> bool:
    lower = line.lower()
    return any(word in lower for word in rules.WORDS)


def _without_keys(content: bytes) -> bytes:
    content = rules.WHOLE_KEY.sub(GONE, content)
    if b"PRIVATE KEY" not in content:
        return content
    kept: list[bytes] = []
    inside = False
    for line in content.split(b"\n"):
        inside = inside and rules.KEY_LINE.search(line) is not None
        if inside:
            continue
        begun, ended = rules.CUT_BEGIN.sub(GONE, line), _without_rest(line)
        if ended != line:
            while kept and rules.KEY_LINE.search(kept[-1]):
                kept.pop()
        inside = begun != line
        kept.append(begun if inside else ended)
    return b"\n".join(kept)


def _without_rest(line: bytes) -> bytes:
    """A line without the end of a key whose beginning was cut off."""
    found = rules.END.search(line)
    if found is None:
        return line
    begin = max(line.rfind(b'"', 0, found.start()), line.rfind(b"'", 0, found.start())) + 1
    return line[:begin] + GONE + line[found.end() :]


def _line(found: re.Match[bytes]) -> bytes:
    """`name: value` on a line of its own."""
    before = b"".join(found.group(1, 2, 3, 4))
    value = found.group(0)[len(before) :]
    return found.group(0) if _harmless(value) else before + GONE


def _pair(found: re.Match[bytes]) -> bytes:
    before = b"".join(found.group(1, 2, 3))
    quote = found.group(4) or b""
    return found.group(0) if _harmless(found.group(0)[len(before) :]) else before + quote + GONE + quote


def _harmless(value: bytes) -> bool:
    return rules.HARMLESS.match(value.decode("utf-8", "replace").strip("\\\"' ,;}])")) is not None


def _encoded(found: re.Match[bytes], depth: int) -> bytes:
    """Base64 of something that holds a secret goes as a whole; certificates and the like stay."""
    if rules.KEY_IN_BASE64.search(found.group(0)):
        return GONE
    letters = re.sub(rb"\\n|[^A-Za-z0-9+/]", b"", found.group(0))
    try:
        inner = base64.b64decode(letters[: len(letters) // 4 * 4])
    except binascii.Error:
        return found.group(0)
    return found.group(0) if _scrub(inner, depth + 1) == inner else GONE
