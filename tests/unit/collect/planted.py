"""Secrets to plant: of each kind the text that holds it, and what of it must be nowhere afterwards."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass


def _letters(seed: str, length: int) -> str:
    """Base64 that means nothing, the same every time."""
    raw = b"".join(hashlib.sha512(f"{seed} {i}".encode()).digest() for i in range(length // 64 + 1))
    return base64.b64encode(raw).decode()[:length].replace("=", "A")


def _lines(text: str) -> list[str]:
    return [text[i : i + 64] for i in range(0, len(text), 64)]


def key(kind: str) -> str:
    """A private key in PEM, of that kind."""
    return "\n".join((f"-----BEGIN {kind}-----", *_lines(_letters(kind, 1000)), f"-----END {kind}-----"))


CERTIFICATE = "\n".join(("-----BEGIN CERTIFICATE-----", *_lines(_letters("public", 900)), "-----END CERTIFICATE-----"))
TOKEN = "abcdef.0123456789abcdef"
JWT = f"eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9.eyJ{_letters('claims', 120)}.{_letters('signed', 340)}".replace(
    "+", "-"
).replace("/", "_")


@dataclass(frozen=True)
class Secret:
    """text holds a secret; hidden are its pieces, none of which may be left."""

    text: str
    hidden: tuple[str, ...]


def _key(kind: str, text: str | None = None) -> Secret:
    pem = key(kind)
    return Secret(pem if text is None else text, tuple(pem.split("\n")[1:-1]))


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


_RSA = key("RSA PRIVATE KEY")
_CLIENT = _b64(CERTIFICATE + "\n" + key("EC PRIVATE KEY") + "\n")
_WRAPPED = "\n".join(_CLIENT[i : i + 76] for i in range(0, len(_CLIENT), 76))

SECRETS = {
    "bootstrap token": Secret(f"kubeadm join 192.168.50.10:6443 --token {TOKEN} --x y", (TOKEN,)),
    "bootstrap token within words": Secret(f"token:{TOKEN}/x", (TOKEN,)),
    "token id and secret": Secret("token-id: abcdef\ntoken-secret: 0123456789abcdef\n", ("0123456789abcdef",)),
    "certificate key": Secret(f"--certificate-key {'0f' * 32} --v=5", ("0f0f0f0f",)),
    "rsa key": _key("RSA PRIVATE KEY"),
    "key of PKCS 8": _key("PRIVATE KEY"),
    "encrypted key": _key("ENCRYPTED PRIVATE KEY"),
    "openssh key": _key("OPENSSH PRIVATE KEY"),
    "key in a log": _key(
        "RSA PRIVATE KEY", "\n".join(f"Nov 23 19:39:34 node-1 app[7]: {line}" for line in _RSA.split("\n"))
    ),
    "key cut off at its end": _key("RSA PRIVATE KEY", "\n".join(_RSA.split("\n")[:-4])),
    "key cut off at its beginning": _key("RSA PRIVATE KEY", "\n".join(_RSA.split("\n")[3:])),
    "key on one line": _key("RSA PRIVATE KEY", "key is " + _RSA.replace("\n", "\\n")),
    "client key data": Secret(f"    client-key-data: {_b64(_RSA)}\n    x: y", (_b64(_RSA)[:40], _b64(_RSA)[100:160])),
    "key in base64 without a name": Secret(f"x {_b64(_RSA)} y", (_b64(_RSA)[:40], _b64(_RSA)[100:160])),
    "key behind a certificate in base64": Secret(f"x: {_CLIENT}", (_CLIENT[1400:1460],)),
    "key in base64 over several lines": Secret(f"x: |\n{_WRAPPED}\n", (_CLIENT[1400:1440], _CLIENT[-60:-10])),
    "service account's token": Secret(f"mounted {JWT} there", (JWT[40:120], JWT[-200:-100])),
    "token cut off": Secret(f"saw {JWT[:150]}", (JWT[40:120],)),
    "password in an address": Secret("proxy http://alice:hunter2@proxy.example:3128/ ok", ("hunter2", "alice")),
    "odd password in an address": Secret("https://bob:p@ss/hunter2@example.org/x", ("hunter2", "p@ss")),
    "token in an address": Secret("git clone https://hunter2@example.org/x.git", ("hunter2",)),
    "password in the environment": Secret("Environment=WEAVE_PASSWORD=hunter2 OTHER=1", ("hunter2",)),
    "quoted password": Secret("password='correct horse hunter2' next", ("hunter2", "horse")),
    "password in YAML": Secret("  - password: correct horse hunter2\n    user: x\n", ("hunter2", "horse")),
    "password in a block": Secret("password: |\n  correct\n  hunter2\nuser: x\n", ("hunter2", "correct")),
    "password in JSON": Secret(json.dumps({"db": {"adminPassword": 'a"hunter2'}}), ("hunter2",)),
    "password in JSON in a line": Secret(
        "said " + json.dumps({"password": 'a"hunter2', "x": 1}) + " then", ("hunter2",)
    ),
    "password in JSON in JSON": Secret("x " + json.dumps(json.dumps({"password": "hunter2"})), ("hunter2",)),
    "password of a flag": Secret("mysql --password hunter2 --host x", ("hunter2",)),
    "password without an end": Secret("x password='hunter2 and no end", ("hunter2",)),
    "authorization header": Secret("Authorization: Bearer hunter2hunter2", ("hunter2",)),
    "basic authorization": Secret("> authorization: Basic YWxpY2U6aHVudGVyMg==", ("YWxpY2U6aHVudGVyMg",)),
    "cookie": Secret("Set-Cookie: session=hunter2; Path=/\n", ("hunter2",)),
    "registry's login": Secret('{"auths": {"x": {"auth": "aHVudGVyMg=="}}}', ("aHVudGVyMg",)),
    "key of a cloud": Secret("AWS_SECRET_ACCESS_KEY=hunter2/x AWS_REGION=y", ("hunter2",)),
    "variable of a container": Secret(
        json.dumps({"env": [{"name": "WEAVE_PASSWORD", "value": "hunter2"}]}), ("hunter2",)
    ),
    "flag of a container": Secret(json.dumps({"command": ["x", "--db-password", "hunter2"]}), ("hunter2",)),
    "a Secret quoted": Secret(json.dumps({"kind": "Secret", "data": {"x": "aHVudGVyMg=="}}), ("aHVudGVyMg",)),
}
HIDDEN = sorted({piece for secret in SECRETS.values() for piece in secret.hidden})
