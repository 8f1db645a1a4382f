"""Prints the steps of a dry run: what would be done, what is done already, the commands a learner would type."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TextIO

from labctl.plan import PlannedStep


def print_dry_run(steps: Sequence[PlannedStep], output: str, stream: TextIO) -> None:
    """Print steps as text, or with output "json" as one document."""
    if output == "json":
        rows = [{"id": s.id, "title": s.title, "done": s.done, "commands": list(s.commands)} for s in steps]
        stream.write(json.dumps({"schema": "labctl.dry-run/v1", "steps": rows}, indent=2) + "\n")
        return
    for step in steps:
        stream.write(f"{step.id:<16} {step.title}\n")
        if step.done is not None:
            stream.write(f"{'':<16} nothing to do: {step.done}\n")
            continue
        for command in step.commands:
            stream.write(f"{'':<16} $ {command}\n")
