"""Makes parts as soon as what they need is there, several at a time.

Compiling and fetching overlap; what a part is made of does not belong here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from labctl.sources.distribution.part import Part

_AT_ONCE = 3


def make(parts: Sequence[Part], obtain: Callable[[Part], Path], results: dict[str, Path]) -> None:
    """Obtain every part and put its folder into results under its name.

    After a failure nothing new is begun, what runs is awaited (its result stays in the cache), and the first error
    is raised.
    """
    waiting = list(parts)
    running: dict[Future[Path], Part] = {}
    failure: BaseException | None = None
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        while True:
            if failure is None:
                for part in [p for p in waiting if all(need in results for need in p.needs)]:
                    waiting.remove(part)
                    running[pool.submit(obtain, part)] = part
            if not running:
                break
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
    if failure is not None:
        raise failure
    if waiting:
        raise ValueError(f"parts that nothing makes are needed by {', '.join(p.name for p in waiting)}")
