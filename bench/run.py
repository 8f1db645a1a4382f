#!/usr/bin/env python3
"""How quick labctl is, as ratios against bench/baseline in one run, on the same bundle and computer.

    make bench            (a) the baseline, (b) `labctl up` from nothing, (c) `up` again, (d) `verify`, plain and deep

Prints a table and writes bench/results/<time>.json. Takes about five minutes; no lab of these addresses may be up.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LABCTL = [sys.executable, "-m", "labctl"]


class Bench:
    """Runs labctl with its labs in a folder of its own, and notes seconds."""

    def __init__(self, data: Path) -> None:
        self.environment = {**os.environ, "LABCTL_DATA_DIR": str(data)}
        self.seconds: dict[str, list[float]] = {}
        self.steps: dict[str, float] = {}

    def labctl(self, name: str | None, *arguments: str) -> str:
        """Run labctl; its seconds are noted under name. Raises CalledProcessError with its output shown."""
        begun = time.monotonic()
        done = subprocess.run(
            [*LABCTL, *arguments], cwd=HERE, env=self.environment, check=False, capture_output=True, text=True
        )
        if done.returncode != 0:
            sys.stderr.write(done.stdout[-3000:] + done.stderr[-3000:])
            raise subprocess.CalledProcessError(done.returncode, done.args)
        if name is not None:
            self.seconds.setdefault(name, []).append(round(time.monotonic() - begun, 1))
        return done.stdout

    def baseline(self, bundle: str) -> None:
        """Run the straightforward recipe."""
        done = subprocess.run(
            [sys.executable, str(HERE / "baseline" / "run.py"), bundle], check=True, capture_output=True, text=True
        )
        total = json.loads(done.stdout.splitlines()[-1])
        self.seconds.setdefault("baseline", []).append(float(total["seconds"]))


def events(text: str) -> list[dict[str, Any]]:
    """The event lines of `labctl -o json`."""
    return [json.loads(line) for line in text.splitlines()]


def run(bench: Bench, rounds: int) -> None:
    """All measurements, the baseline and labctl in turn so that a drift of the machine meets both."""
    bench.labctl(None, "bundle", "create")
    bundle = json.loads(bench.labctl(None, "plan", "-o", "json"))["plan"]["bundle"]["path"]
    for _ in range(rounds):
        bench.baseline(bundle)
        try:
            told = events(bench.labctl("up", "up", "-o", "json"))
            bench.steps = {e["step"]: e["seconds"] for e in told if e["event"] == "step_finished"}
            for _ in range(3):
                bench.labctl("second up", "up")
                bench.labctl("verify", "verify")
                bench.labctl("verify deep", "verify", "--deep")
        finally:
            bench.labctl("destroy", "destroy", "--yes")


def table(bench: Bench) -> str:
    """Medians, spread and the ratio to the baseline."""
    base = statistics.median(bench.seconds["baseline"])
    rows = [f"{'what':<12} {'seconds':>8} {'spread':>13} {'baseline / it':>14}"]
    for name, values in bench.seconds.items():
        middle = statistics.median(values)
        spread = f"{min(values):.1f} - {max(values):.1f}"
        rows.append(f"{name:<12} {middle:>8.1f} {spread:>13} {base / middle:>13.2f}x")
    rows += ["", "steps of the last up:", *(f"  {step:<16} {seconds:>6.1f} s" for step, seconds in bench.steps.items())]
    return "\n".join(rows)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Ratios of labctl against the straightforward recipe.")
    parser.add_argument("--rounds", type=int, default=1, help="how often to run everything (default 1)")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="labctl-bench-") as data:
        bench = Bench(Path(data))
        run(bench, rounds)
    print(table(bench))
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    out = results / f"{time.strftime('%Y%m%dT%H%M%S')}.json"
    out.write_text(json.dumps({"seconds": bench.seconds, "steps": bench.steps}, indent=2) + "\n")
    print(f"\nwritten to {out}")


if __name__ == "__main__":
    main()
