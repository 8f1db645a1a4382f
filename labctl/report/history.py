"""Prints the runs on a lab as a timeline."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from typing import TextIO

from labctl.report.words import changes
from labctl.workspace.journal import Run, StepTime

_WIDTH = 40


def print_history(runs: Sequence[Run], output: str, stream: TextIO) -> None:
    """Print runs, the oldest first: as bars, or with output "json" as one document; times in seconds."""
    if output == "json":
        rows = [{key: value for key, value in asdict(run).items() if key not in ("pid", "steps")} for run in runs]
        stream.write(json.dumps({"schema": "labctl.history/v1", "runs": rows}, indent=2) + "\n")
        return
    if not runs:
        stream.write("nothing was done to this lab yet\n")
    for run in runs:
        begun = datetime.fromtimestamp(run.started, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
        took = f" in {run.seconds:.1f} s" if run.seconds is not None else ""
        stream.write(f"{begun}  labctl {run.command}: {run.outcome or 'cut, or at work'}{took}\n")
        whole = max([run.seconds or 0.0, *(step.at + (step.seconds or 0.0) for step in run.timeline)], default=0.0)
        for step in run.timeline:
            stream.write(f"  {_line(step, whole)}\n")


def _line(step: StepTime, whole: float) -> str:
    scale = _WIDTH / whole if whole else 0.0
    before, long = int(step.at * scale), max(1, round((step.seconds or 0.0) * scale))
    bar = (" " * before + "#" * long)[:_WIDTH]
    took = f"{step.seconds:>7.1f} s" if step.seconds is not None else "not ended"
    told = "failed" if step.failed else changes(step.changed).lstrip(", ")
    if step.beside:
        told = f"{told}, beside {', '.join(step.beside)}".lstrip(", ")
    return f"{step.step:<17} {step.at:>7.1f} s  |{bar:<{_WIDTH}}| {took}  {told}".rstrip()
