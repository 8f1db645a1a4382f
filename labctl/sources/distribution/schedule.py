"""Makes parts as soon as what they need is there, several at a time.

Compiling and fetching overlap; what a part is made of does not belong here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from labctl.sources.distribution.part import Part

_AT_ONCE = 3


def make(
    parts: Sequence[Part],
    obtain: Callable[[Part], Path],
    results: dict[str, Path],
    cancel: Callable[[], None] = lambda: None,
) -> None:
    """Obtain every part and put its folder into results under its name.

    After a failure nothing new is begun, what runs is awaited (its result stays in the cache), and the first error
    is raised. Ctrl-C calls cancel, which ends the programs that run, and is passed on.
    """
    waiting = list(parts)
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        try:
            failure = _make(pool, waiting, obtain, results)
        except KeyboardInterrupt:
            cancel()
            raise
    if failure is not None:
        raise failure
    if waiting:
        raise ValueError(f"parts that nothing makes are needed by {', '.join(p.name for p in waiting)}")


def _make(
    pool: ThreadPoolExecutor, waiting: list[Part], obtain: Callable[[Part], Path], results: dict[str, Path]
) -> BaseException | None:
    """Take parts out of waiting until none can be begun any more; the first error, if there was one."""
    running: dict[Future[Path], Part] = {}
    failure: BaseException | None = None
    while True:
        if failure is None:
            for part in [p for p in waiting if all(need in results for need in p.needs)]:
                waiting.remove(part)
                running[pool.submit(obtain, part)] = part
        if not running:
            return failure
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            part = running.pop(future)
            error = future.exception()
            if error is None:
                results[part.name] = future.result()
            else:
                failure = failure or error
                # Queued parts have not begun: they need not.
                for queued in [f for f in running if f.cancel()]:
                    running.pop(queued)
