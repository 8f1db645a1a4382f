"""Takes secrets out of whatever goes into an archive for a helper: one pure function over bytes.

Rather too much than too little; but never a line end, a quote or a bracket, so that what a claim reads stays readable.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

REMOVED = "REMOVED"
_GONE = REMOVED.encode()

# Names whose value is secret, wherever they end a longer name: WEAVE_PASSWORD, service-token, client-key-data.
_NAMES = (
    r"(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|credentials?|cookie|api[-_]?key|access[-_]?key|private[-_]?key"
    r"|certificate[-_]?key|key[-_]?data|encryption[-_]?key|signature|(?:proxy-)?authorization)"
)
_WORDS = (b"pass", b"pwd", b"secret", b"token", b"credential", b"cookie", b"key", b"signature", b"auth")
_NAME = re.compile(rf"(?:{_NAMES}|\Aauth|_KEY)\Z", re.IGNORECASE)
_HARMLESS = re.compile(r"(?:|true|false|null|none|yes|no|<none>|\[not set\]|REMOVED)\Z", re.IGNORECASE)

_BEGIN = rb"-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----"
_END = rb"-----END [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----"
_WHOLE_KEY = re.compile(_BEGIN + rb"(?:(?!-----BEGIN ).){0,65536}?" + _END, re.DOTALL)
# One that was cut off: its first or last line, and the lines beside that end in base64, whatever stands before it.
_CUT_BEGIN = re.compile(_BEGIN + rb"[^\"']*")
_CUT_END = re.compile(rb"[^\"']*" + _END)
_KEY_LINE = re.compile(rb"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{16,}={0,2}(?:\\[nr])?[\"'}\], \r\t]{0,8}\Z")

_TEXT_RULES = (
    # JSON web tokens (service accounts), also cut off in the middle.
    (re.compile(rb"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,2}"), _GONE),
    # Bootstrap tokens; not anchored, for who searches an archive for them is not either.
    (re.compile(rb"[a-z0-9]{6}\.[a-z0-9]{16}"), _GONE),
    # User and password of an address; an image's digest is none.
    (re.compile(rb"(://)[^\s\"'<>@:/]*:[^\s\"'<>]*@(?!sha256:)"), rb"\1" + _GONE + b"@"),
    (re.compile(rb"(://)[^\s\"'<>@/]+@(?!sha256:)"), rb"\1" + _GONE + b"@"),
    (re.compile(rb"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rb"\1 " + _GONE),
)
_QUOTE = rb"\\{0,3}[\"']"
_QUOTED = rb"(" + _QUOTE + rb")(?:[^\n]*?(?<!\\)\4|[^\n]*)"
_BEFORE = rb"(" + _NAMES.encode() + rb"|\"auth|(?-i:[A-Z0-9]_KEY))((?:" + _QUOTE + rb")?[ \t]*"
# name: value, as YAML and HTTP have it: the rest of the line, or the block below it.
_LINE = re.compile(
    rb"(?:(?<=\n)|\A)([ \t-]*[\"']?[\w.-]*)" + _BEFORE + rb":)([ \t]+)"
    rb"(?!\\{0,3}[\"'])(?:[|>][+-]?[ \t]*(?:\n[ \t]+[^\n]*)+|[^\s][^\n]*)",
    re.IGNORECASE,
)
# name=value, "name": "value"
_PAIR = re.compile(_BEFORE + rb"(?:=|:(?!//)))([ \t]*)(?:" + _QUOTED + rb"|[^\s\"'][^\s\"']*)", re.IGNORECASE)
_FLAG = re.compile(rb"(--[a-z-]*" + _NAMES.encode() + rb"[ \t]+)[^\s\"'-][^\s\"']*", re.IGNORECASE)
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{40,}(?:(?:\r?\n|\\n)[ \t]*[A-Za-z0-9+/]+)*={0,2}")
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
    return _NAME.search(name) is not None and _HARMLESS.match(value) is None


def _follows_flag(before: object, value: object) -> bool:
    """Whether value is what the flag before it in a command line says: ["--password", "hunter2"]."""
    if not (isinstance(before, str) and isinstance(value, str)):
        return False
    return before.startswith("--") and not value.startswith("-") and _is_secret(before, value)


def _text(content: bytes, depth: int) -> bytes:
    if b"PRIVATE KEY" in content:
        content = _without_keys(content)
    for rule, instead in _TEXT_RULES:
        content = rule.sub(instead, content)
    content = _LINE.sub(_line, content)
    content = _FLAG.sub(rb"\1" + _GONE, content)
    # No pair goes over the end of a line, and few lines have one: looking for words first is ten times as quick.
    lines = content.split(b"\n")
    content = b"\n".join(_PAIR.sub(_pair, line) if _may_tell(line) else line for line in lines)
    return _BASE64.sub(lambda found: _encoded(found, depth), content) if depth < _DEEPEST else content


def _may_tell(line: bytes) -> bool:
    lower = line.lower()
    return any(word in lower for word in _WORDS)


def _without_keys(content: bytes) -> bytes:
    content = _WHOLE_KEY.sub(_GONE, content)
    if b"PRIVATE KEY" not in content:
        return content
    kept: list[bytes] = []
    inside = False
    for line in content.split(b"\n"):
        inside = inside and _KEY_LINE.search(line) is not None
        if inside:
            continue
        begun, ended = _CUT_BEGIN.sub(_GONE, line), _CUT_END.sub(_GONE, line)
        if ended != line:
            # The line before may be the last of the key, a short one.
            while kept and _KEY_LINE.search(kept[-1]):
                kept.pop()
        inside = begun != line
        kept.append(begun if inside else ended)
    return b"\n".join(kept)


def _line(found: re.Match[bytes]) -> bytes:
    """`name: value` on a line of its own."""
    before = b"".join(found.group(1, 2, 3, 4))
    value = found.group(0)[len(before) :]
    return found.group(0) if _harmless(value) else before + _GONE


def _pair(found: re.Match[bytes]) -> bytes:
    before = b"".join(found.group(1, 2, 3))
    quote = found.group(4) or b""
    return found.group(0) if _harmless(found.group(0)[len(before) :]) else before + quote + _GONE + quote


def _harmless(value: bytes) -> bool:
    return _HARMLESS.match(value.decode("utf-8", "replace").strip("\\\"' ,;}])")) is not None


def _encoded(found: re.Match[bytes], depth: int) -> bytes:
    """Base64 of something that holds a secret goes as a whole; certificates and the like stay."""
    letters = re.sub(rb"\\n|[^A-Za-z0-9+/]", b"", found.group(0))
    try:
        inner = base64.b64decode(letters[: len(letters) // 4 * 4])
    except binascii.Error:
        return found.group(0)
    return found.group(0) if _scrub(inner, depth + 1) == inner else _GONE
