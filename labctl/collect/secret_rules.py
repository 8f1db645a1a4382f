"""What secrets look like, as patterns over bytes; scrub.py applies them.

Rather too much than too little: a helper can do without a word, a learner not without a key.
"""

from __future__ import annotations

import re

REMOVED = "REMOVED"
GONE = REMOVED.encode()

# Names whose value is secret, wherever they end a longer name: WEAVE_PASSWORD, service-token, client-key-data.
_NAMES = (
    r"(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|credentials?|cookie|api[-_]?key|access[-_]?key|private[-_]?key"
    r"|certificate[-_]?key|key[-_]?data|encryption[-_]?key|signature|(?:proxy-)?authorization)"
)
_IN_BYTES = _NAMES.encode()
# Of each name a part: a line without any of them has none.
WORDS = (b"pass", b"pwd", b"secret", b"token", b"credential", b"cookie", b"key", b"signature", b"auth")
NAME = re.compile(rf"(?:{_NAMES}|\Aauth|_KEY)\Z", re.IGNORECASE)
HARMLESS = re.compile(r"(?:|true|false|null|none|yes|no|<none>|\[not set\]|REMOVED)\Z", re.IGNORECASE)

_BEGIN = rb"-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----"
_END = rb"-----END [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----"
WHOLE_KEY = re.compile(_BEGIN + rb"(?:(?!-----BEGIN ).){0,65536}?" + _END, re.DOTALL)
# One that was cut off: its first or last line, and the lines beside that end in base64, whatever stands before it.
CUT_BEGIN = re.compile(_BEGIN + rb"[^\"']*")
END = re.compile(_END)
KEY_LINE = re.compile(rb"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{16,}={0,2}(?:\\[nr])?[\"'}\], \r\t]{0,8}\Z")

# The n of \n is no part of it.
BASE64 = re.compile(rb"(?:(?<=\\n)|(?<![A-Za-z0-9+/\\]))[A-Za-z0-9+/]{40,}(?:(?:\r?\n|\\n)[ \t]*[A-Za-z0-9+/]+)*={0,2}")
# PRIVATE KEY in base64, as it begins in the first, second or third byte of three.
KEY_IN_BASE64 = re.compile(rb"UFJJVkFURSBLRV|BSSVZBVEUgS0VZ|QUklWQVRFIEtFW")

# Patterns, and what stands there instead.
SHAPES = (
    # JSON web tokens (service accounts), also cut off in the middle.
    (re.compile(rb"eyJ[A-Za-z0-9_-]{8,3000}(?:\.[A-Za-z0-9_-]*){1,2}"), GONE),
    # Bootstrap tokens; not anchored, for who searches an archive for them is not either.
    (re.compile(rb"[a-z0-9]{6}\.[a-z0-9]{16}"), GONE),
    # User and password of an address; an image's digest is none.
    (re.compile(rb"(://)[^\s\"'<>@:/]{0,250}:[^\s\"'<>]{0,500}@(?!sha256:)"), rb"\1" + GONE + b"@"),
    (re.compile(rb"(://)[^\s\"'<>@/]{1,500}@(?!sha256:)"), rb"\1" + GONE + b"@"),
    (re.compile(rb"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rb"\1 " + GONE),
)

_QUOTE = rb"\\{0,3}[\"']"
_COLON = rb"\\{0,3}\"[ \t]*:[ \t]*\\{0,3}\""
_NAMED = rb"(" + _IN_BYTES + rb"|\"auth|(?-i:[A-Z0-9]_KEY))((?:" + _QUOTE + rb")?[ \t]*"
# The rest of a line; in a text within JSON its end is two letters.
_REST = rb"(?:(?!\\n)[^\n])*"
# name: value, as YAML and HTTP have it: the rest of the line, or the block below it.
LINE = re.compile(
    rb"(?:(?<=\n)|(?<=\\n)|(?<=[\"'])|\A)([ \t-]{0,200}[\"']?[\w.-]{0,100})" + _NAMED + rb":)([ \t]+)"
    rb"(?!\\{0,3}[\"'])(?:[|>][+-]?[ \t]*(?:(?:\n|\\n)[ \t]+" + _REST + rb")+|(?!\\n)[^\s]" + _REST + rb")",
    re.IGNORECASE,
)
# name=value, "name": "value"
PAIR = re.compile(
    _NAMED + rb"(?:=|:(?!//)))([ \t]*)"
    rb"(?:(" + _QUOTE + rb")(?:[^\n]*?(?<!\\)\4|[^\n]*)|[^\s\"'][^\s\"']*)",
    re.IGNORECASE,
)
# What is to go behind the first group: --name value and "--name", "value"; a container's variable, in JSON in a text.
BEHIND = (
    re.compile(
        rb"(--[a-z-]{0,60}" + _IN_BYTES + rb"(?:[ \t]+|\\{0,3}\",[ \t\n]*\\{0,3}\"))[^\s\"'-][^\s\"'\\]*", re.IGNORECASE
    ),
    re.compile(
        rb"(name" + _COLON + rb"[\w.-]*" + _IN_BYTES + rb"\\{0,3}\"[ \t]*,[ \t]*\\{0,3}\"value" + _COLON + rb")"
        rb"[^\"\n]*[^\"\n\\]",
        re.IGNORECASE,
    ),
)
SECRET_OBJECT = re.compile(rb"kind" + _COLON + rb"Secret\\{0,3}\"")
SECRET_DATA = re.compile(rb"(\"(?:data|stringData)\\{0,3}\"[ \t]*:[ \t]*\{)[^{}]*")
