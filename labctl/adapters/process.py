"""Runs programs of this computer; all of one run carry its mark, so that a later run can find what a killed one left.

The mark is the environment variable LABCTL_RUN: it reaches every descendant, also those in sessions of their own
(Ansible's pseudo-terminals, OpenSSH's masters), which a process group would lose.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from labctl.adapters.ports import Completed
from labctl.errors import ToolError

MARK = "LABCTL_RUN"
_GRACE_SECONDS = 10.0


class LocalProcessRunner:
    """Fulfils ProcessRunner with subprocesses, each in a session of its own so that Ctrl-C reaches them by us only."""

    def __init__(self, run_id: str | None = None) -> None:
        self._run_id = run_id
        self._running: set[subprocess.Popen[bytes]] = set()

    def cancel(self) -> None:
        """End every program that runs now, as Ctrl-C does; whoever waits for one gets its exit code."""
        with ThreadPoolExecutor(max_workers=8) as pool:
            list(pool.map(stop, tuple(self._running)))

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """This process's environment with the run's mark and extra."""
        mark = {MARK: self._run_id} if self._run_id else {}
        return {**os.environ, **mark, **(extra or {})}

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        timeout: float | None = None,
        on_line: Callable[[str], None] | None = None,
        check: bool = True,
    ) -> Completed:
        """Run to the end, as ports.ProcessRunner.run says."""
        argv = tuple(str(part) for part in command)
        process = self._start(argv, cwd, env, stdin is not None)
        self._running.add(process)
        try:
            return self._finish(process, argv, stdin, timeout, on_line, check)
        finally:
            self._running.discard(process)

    def _finish(
        self,
        process: subprocess.Popen[bytes],
        argv: tuple[str, ...],
        stdin: bytes | None,
        timeout: float | None,
        on_line: Callable[[str], None] | None,
        check: bool,
    ) -> Completed:
        out: list[str] = []
        err: list[str] = []
        workers = [
            threading.Thread(target=_drain, args=(process.stdout, out, on_line), daemon=True),
            threading.Thread(target=_drain, args=(process.stderr, err, on_line), daemon=True),
        ]
        if stdin is not None:
            workers.append(threading.Thread(target=_feed, args=(process.stdin, stdin), daemon=True))
        for worker in workers:
            worker.start()
        try:
            in_time = _wait(process, timeout)
        except BaseException:
            stop(process)
            raise
        finally:
            _join(workers)
        if not in_time:
            raise ToolError(f"{argv[0]} did not end within {timeout:.0f} s", command=argv, output="".join(out + err))
        done = Completed(argv, process.returncode, "".join(out), "".join(err))
        if check and done.returncode != 0:
            raise ToolError(f"{argv[0]} failed with exit code {done.returncode}", command=argv, output=done.output)
        return done

    def _start(
        self, argv: tuple[str, ...], cwd: Path | None, env: Mapping[str, str] | None, feed: bool
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                argv,
                cwd=cwd,
                env=self.environment(env),
                stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except FileNotFoundError:
            missing = str(cwd) if cwd is not None and not cwd.is_dir() else argv[0]
            raise ToolError(
                f"{missing} is not there", command=argv, hint="run `labctl setup` to install what labctl needs"
            ) from None
        except OSError as error:
            raise ToolError(f"{argv[0]} cannot be started: {error.strerror}", command=argv) from None


def _wait(process: subprocess.Popen[bytes], timeout: float | None) -> bool:
    """Wait for the process to end by itself; False where it had to be ended after timeout seconds.

    Popen.wait with a timeout would look every twentieth of a second only, at each of a hundred commands.
    """
    late = threading.Event()

    def end() -> None:
        late.set()
        stop(process)

    timer = threading.Timer(timeout, end) if timeout is not None else None
    if timer is not None:
        timer.daemon = True
        timer.start()
    try:
        process.wait()
    finally:
        if timer is not None:
            timer.cancel()
    return not late.is_set()


def _join(workers: list[threading.Thread]) -> None:
    for worker in workers:
        # A daemon that the program left behind may hold the pipe open: its output is nobody's.
        worker.join(timeout=2)


def _drain(stream: IO[bytes] | None, lines: list[str], on_line: Callable[[str], None] | None) -> None:
    if stream is None:
        return
    with stream:
        for raw in stream:
            line = raw.decode("utf-8", "replace")
            lines.append(line)
            if on_line is not None:
                on_line(line.rstrip("\r\n"))


def _feed(stream: IO[bytes] | None, data: bytes) -> None:
    if stream is None:
        return
    # A program that ends before it has read everything says so by its exit code.
    with contextlib.suppress(BrokenPipeError), stream:
        stream.write(data)


def stop(process: subprocess.Popen[Any]) -> None:
    """End a child and its session: interrupt, then terminate, then kill, each after a grace of 10 s at most."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, sign)
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return
