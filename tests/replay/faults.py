"""What can go wrong with one answer. A fault is a function of the Exchange that it answers in the server's place."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.replay.server import Exchange

Fault = Callable[["Exchange"], None]


def slow(seconds: float) -> Fault:
    """The right answer, late."""

    def fault(exchange: Exchange) -> None:
        exchange.server.closing.wait(seconds)
        exchange.answer(*exchange.recorded())

    return fault


def after(path: str) -> Fault:
    """The right answer, when another path has been asked."""

    def fault(exchange: Exchange) -> None:
        while path not in exchange.server.asked and not exchange.server.closing.wait(0.01):
            pass
        exchange.answer(*exchange.recorded())

    return fault


def status(code: int, message: str = "", **headers: str) -> Fault:
    """A refusal with the API server's Status object; headers by name with _ for -."""

    def fault(exchange: Exchange) -> None:
        document = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        exchange.answer(code, json.dumps(document).encode(), extra)

    return fault


def says(body: bytes, code: int = 200) -> Fault:
    """A whole answer with another body."""
    return lambda exchange: exchange.answer(code, body)


def truncated(exchange: Exchange) -> None:
    """A whole answer, but its JSON ends in the middle."""
    code, body = exchange.recorded()
    exchange.answer(code, body[: len(body) // 2])


def cut(exchange: Exchange) -> None:
    """The connection ends in the middle of the body."""
    code, body = exchange.recorded()
    exchange.begin(code, {"Content-Length": str(len(body))})
    exchange.wfile.write(body[: len(body) // 2])
    exchange.wfile.flush()
    exchange.close_connection = True


def hung_up(exchange: Exchange) -> None:
    """The connection ends before there is any answer."""
    exchange.close_connection = True


def silent(exchange: Exchange) -> None:
    """No answer before the server is closed."""
    exchange.server.closing.wait(60)
    exchange.close_connection = True


def endless(exchange: Exchange) -> None:
    """A body without end, for as long as somebody reads it."""
    exchange.begin(200, {"Connection": "close"})
    exchange.close_connection = True
    try:
        while not exchange.server.closing.is_set():
            exchange.server.sent += exchange.wfile.write(b"[" * 65536)
    except OSError:
        return


def dripping(exchange: Exchange) -> None:
    """A body that comes byte by byte, always in time for a single read."""
    exchange.begin(200, {"Content-Length": "1000000"})
    exchange.close_connection = True
    try:
        while not exchange.server.closing.wait(0.02):
            exchange.wfile.write(b" ")
    except OSError:
        return
