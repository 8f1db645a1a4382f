"""How quick labctl is, as ratios against bench/baseline in one run, on the same bundle and computer.

    make bench            (a) the baseline, (b) `labctl up` from nothing, (c) `up` again, (d) `verify`, plain and deep,
                          (e) `reset` of a lab used hard and of one node, (f) `halt` and `resume`, (g) disk and memory

Prints a table of seconds with their spread (`up` and `reset` run three times in each of --rounds N) and of ratios,
writes bench/results/<time>.json and docs/timeline.svg. Takes about six minutes; no lab of these addresses may be up,
and nothing else be at work.
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

from bench.timeline import timeline_svg
from bench.usage import memory, remove_node, size_of_images, used_on_disk
from tests.hard_use import use_hard

HERE = Path(__file__).resolve().parent
PLOT = HERE.parent / "docs" / "timeline.svg"
LABCTL = [sys.executable, "-m", "labctl"]
# How often what has a figure to reach is measured in one round: a single run tells of the computer's moment, too.
TIMES = 3


class Bench:
    """Runs labctl with its labs in a folder of its own, and notes seconds."""

    def __init__(self, data: Path) -> None:
        self.environment = {**os.environ, "LABCTL_DATA_DIR": str(data)}
        self.seconds: dict[str, list[float]] = {}
        self.timeline: list[dict[str, Any]] = []
        self.sizes: dict[str, int] = {}

    def labctl(self, name: str | None, *arguments: str) -> str:
        """Run labctl; its seconds are noted under name. Raises CalledProcessError with its output shown."""
        # What ran before is to write its files in its own time.
        os.sync()
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

    def note_steps(self) -> None:
        """The steps of the last run, and how long it took until all claims held that need no probe pods."""
        run = json.loads(self.labctl(None, "history", "--last", "1", "-o", "json"))["runs"][0]
        self.timeline = run["timeline"]
        last = next(step for step in run["timeline"] if step["step"] == "wait_ready")
        self.seconds.setdefault("up to claims", []).append(round(last["at"] + last["seconds"], 1))

    def note_sizes(self, before: int) -> None:
        """What the lab takes, its snapshot `ready` left aside. before: bytes in use before it was there."""
        ready = json.loads(self.labctl(None, "snapshot", "show", "ready", "-o", "json"))["size"]
        own, images = used_on_disk() - before - ready, size_of_images()
        self.sizes["images of one node, MB"] = round(images / 1e6)
        self.sizes["four nodes with images, MB"] = round((own + images) / 1e6)
        self.sizes["snapshot `ready`, MB"] = round(ready / 1e6)

    def baseline(self, bundle: str) -> None:
        """Run the straightforward recipe."""
        os.sync()
        done = subprocess.run(
            [sys.executable, str(HERE / "baseline" / "run.py"), bundle], check=True, capture_output=True, text=True
        )
        total = json.loads(done.stdout.splitlines()[-1])
        self.seconds.setdefault("baseline", []).append(float(total["seconds"]))


def run(bench: Bench, rounds: int) -> None:
    """All measurements, the baseline and labctl in turn so that a drift of the machine meets both."""
    bench.labctl(None, "bundle", "create")
    bundle = json.loads(bench.labctl(None, "plan", "-o", "json"))["plan"]["bundle"]["path"]
    # Cached as the bundle is: made once for all labs.
    bench.labctl(None, "image", "bake")
    for _ in range(rounds):
        bench.baseline(bundle)
        try:
            from_nothing(bench)
            for _ in range(TIMES):
                bench.labctl("second up", "up")
                bench.labctl("verify", "verify")
                bench.labctl("verify deep", "verify", "--deep")
            lifecycle(bench)
        finally:
            bench.labctl("destroy", "destroy", "--yes")


def from_nothing(bench: Bench) -> None:
    """`up` again and again; the last lab stays."""
    for left in reversed(range(TIMES)):
        before = used_on_disk()
        bench.labctl("up", "up")
        bench.note_steps()
        if left:
            bench.labctl(None, "destroy", "--yes")
        else:
            bench.note_sizes(before)


def lifecycle(bench: Bench) -> None:
    """Reset of the lab used hard and of one node, halt and resume, snapshots and what they take."""
    images = json.loads(bench.labctl(None, "bundle", "show", "-o", "json"))["images"]
    busybox = next(each["ref"] for each in images if "busybox" in each["ref"])
    for _ in range(TIMES):
        use_hard("tutorial", busybox)
        bench.labctl("reset", "reset", "--yes")
    remove_node("node-2")
    bench.labctl("reset node-2", "reset", "node-2", "--yes")
    bench.labctl("halt", "halt")
    bench.labctl("resume", "resume")
    for number in range(3):
        bench.labctl("snapshot", "snapshot", "save", f"bench-{number}")
    saved = json.loads(bench.labctl(None, "snapshot", "list", "-o", "json"))["snapshots"]
    sizes = [each["size"] for each in saved if each["name"].startswith("bench-")]
    bench.sizes["three snapshots in use, MB"] = round(sum(sizes) / 1e6)
    bench.sizes["memory of four nodes, MB"] = round(memory())


def table(bench: Bench) -> str:
    """Medians, spread and the ratio to the baseline."""
    base = statistics.median(bench.seconds["baseline"])
    rows = [f"{'what':<12} {'seconds':>8} {'spread':>13} {'baseline / it':>14}"]
    for name, values in bench.seconds.items():
        middle = statistics.median(values)
        spread = f"{min(values):.1f} - {max(values):.1f}"
        rows.append(f"{name:<12} {middle:>8.1f} {spread:>13} {base / middle:>13.2f}x")
    rows += ["", "steps of the last up:"]
    rows += [f"  {step['step']:<16} at {step['at']:>5.1f} s {step['seconds']:>6.1f} s" for step in bench.timeline]
    rows += ["", *(f"{what:<26} {size:>6}" for what, size in bench.sizes.items())]
    return "\n".join(rows)


def plot(bench: Bench) -> str:
    """The timeline of the last `up` as a picture."""
    base = statistics.median(bench.seconds["baseline"])
    claims = bench.seconds["up to claims"][-1]
    about = (
        f"All claims hold after {claims:.0f} s. The straightforward recipe takes {base:.0f} s on the same computer, "
        f"{base / claims:.1f} times as long."
    )
    return timeline_svg(bench.timeline, "labctl up, from nothing, with node image and bundle cached", about)


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
    PLOT.write_text(plot(bench), encoding="utf-8")
    out.write_text(
        json.dumps({"seconds": bench.seconds, "timeline": bench.timeline, "sizes": bench.sizes}, indent=2) + "\n"
    )
    print(f"\nwritten to {out} and {PLOT}")


if __name__ == "__main__":
    main()
