"""Asks many paths of one server at once over few connections. What is asked, and how, is kube.py's."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from labctl.adapters.kube_faults import UnreachableError
from labctl.errors import ToolError

# Connections at once. Each costs a TLS handshake, most of what a look at a healthy API costs.
LANES = 3
# Seconds without any answer after which the paths that wait get one more lane.
_STALLED = 0.1


def at_once(paths: Sequence[str], ask: Callable[[str], bytes]) -> dict[str, bytes | Exception]:
    """The answer for each path in their order, or the ToolError that ask raised for it.

    A path that is not answered holds up no other: another lane is opened. One UnreachableError stands for all paths
    that wait, so that a server that is down costs one time-out.
    """
    answers: dict[str, bytes | Exception] = {}
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for path in paths:
        waiting.put(path)

    def lane() -> None:
        down: UnreachableError | None = None
        while (path := _next(waiting)) is not None:
            try:
                answers[path] = down or ask(path)
            except UnreachableError as error:
                answers[path] = down = error
            except ToolError as error:
                answers[path] = error

    with ThreadPoolExecutor(max_workers=max(1, len(paths))) as pool:
        lanes = [pool.submit(lane) for _ in paths[:LANES]]
        while not waiting.empty():
            before = len(answers)
            wait(lanes, timeout=_STALLED)
            if len(answers) == before:
                lanes.append(pool.submit(lane))
        for each in lanes:
            each.result()
    return {path: answers[path] for path in paths}


def _next(waiting: queue.SimpleQueue[str]) -> str | None:
    try:
        return waiting.get_nowait()
    except queue.Empty:
        return None
