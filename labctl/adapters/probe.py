"""Asks several addresses at once whether anything answers, within a fixed time.

Uses the standard library, not httpx, because `labctl plan` probes and must start quickly. Downloads are http.py's.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

# An address that wants a token (registries) or knows no HEAD does answer.
_ANSWERS = (200, 204, 401, 405, 501)


def unanswered(urls: Sequence[str], seconds: float) -> Mapping[str, str]:
    """HEAD each address; returns url -> why it did not answer, empty if all did. Takes at most `seconds`.

    Name look-ups have no time limit of their own, hence daemon threads that nobody waits for.
    """
    # A mirror may stand in for several servers.
    urls = list(dict.fromkeys(urls))
    answers: queue.Queue[tuple[str, str | None]] = queue.Queue()
    for url in urls:
        threading.Thread(target=lambda u=url: answers.put((u, _ask(u, seconds))), daemon=True).start()
    found: dict[str, str | None] = {}
    deadline = time.monotonic() + seconds
    with suppress(queue.Empty):
        while len(found) < len(urls):
            url, why = answers.get(timeout=max(0.0, deadline - time.monotonic()))
            found[url] = why
    missing = f"no answer within {seconds:g} s"
    results = {url: found.get(url, missing) for url in urls}
    return {url: why for url, why in results.items() if why is not None}


def _ask(url: str, seconds: float) -> str | None:
    import urllib.error
    import urllib.request

    from labctl.adapters.tls import trust

    request = urllib.request.Request(url, method="HEAD", headers={"User-Agent": "labctl"})  # noqa: S310
    try:
        context = trust() if url.startswith("https:") else None
        with urllib.request.urlopen(request, timeout=seconds, context=context) as answer:  # noqa: S310
            status, reason = answer.status, answer.reason
    except urllib.error.HTTPError as error:
        with error:
            status, reason = error.code, error.reason
    except (OSError, ValueError) as error:
        # URLError is an OSError around the real one.
        cause = getattr(error, "reason", error)
        return f"no answer within {seconds:g} s" if isinstance(cause, TimeoutError) else f"no connection: {cause}"
    return None if status in _ANSWERS else f"answered {status} {reason}"
