"""Runs jobs on several threads; the first failure ends the others soon.

Daemon threads instead of an executor: after Ctrl-C nobody waits for a server that says nothing.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from labctl.adapters.http_faults import StoppedError

_T = TypeVar("_T")


def run_all(jobs: Sequence[Callable[[], _T]], workers: int, stop: Callable[[], None]) -> list[_T]:
    """Results in the order of the jobs. On the first failure: stop(), wait for the others to end, raise it.

    stop() must make the jobs end soon, those that have not begun too. An interrupt calls it and waits for nobody.
    """
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for index in range(len(jobs)):
        waiting.put(index)
    done: queue.SimpleQueue[tuple[int, _T | None, BaseException | None]] = queue.SimpleQueue()
    for _ in range(min(workers, len(jobs))):
        threading.Thread(target=_work, args=(jobs, waiting, done), daemon=True).start()
    results: dict[int, _T] = {}
    failures: list[BaseException] = []
    try:
        for _ in jobs:
            index, result, error = done.get()
            if error is None:
                results[index] = result  # type: ignore[assignment]
                continue
            failures.append(error)
            stop()
    except BaseException:
        stop()
        raise
    if failures:
        raise next((error for error in failures if not isinstance(error, StoppedError)), failures[0])
    return [results[index] for index in range(len(jobs))]


def _work(
    jobs: Sequence[Callable[[], _T]],
    waiting: queue.SimpleQueue[int],
    done: queue.SimpleQueue[tuple[int, _T | None, BaseException | None]],
) -> None:
    """Do jobs until none is left; what a job raises is its result."""
    with suppress(queue.Empty):
        while True:
            index = waiting.get_nowait()
            try:
                done.put((index, jobs[index](), None))
            except BaseException as error:
                done.put((index, None, error))
