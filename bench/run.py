#!/usr/bin/env python3
"""How quick labctl is, as ratios against bench/baseline in one run, on the same bundle and computer.

    make bench            (a) the baseline, (b) `labctl up` from nothing, (c) `up` again, (d) `verify`, plain and deep

Prints a table and writes bench/results/<time>.json. Takes about five minutes; no lab of these addresses may be up.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
LABCTL = [sys.executable, "-m", "labctl"]


class Bench:
    """Runs labctl with its labs in a folder of its own, and notes seconds."""

    def __init__(self, data: Path) -> None:
        self.environment = {**os.environ, "LABCTL_DATA_DIR": str(data)}
        self.seconds: dict[str, list[float]] = {}
        self.steps: dict[str, float] = {}
        self.sizes: dict[str, int] = {}

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

    def kubectl(self, *arguments: str) -> None:
        """Run the bundle's kubectl on the lab."""
        self.labctl(None, "kubectl", "--", *arguments)

    def note_steps(self) -> None:
        """The steps of the last run, and how long it took until all claims held that need no probe pods."""
        run = json.loads(self.labctl(None, "history", "--last", "1", "-o", "json"))["runs"][0]
        self.steps = {step["step"]: step["seconds"] for step in run["timeline"]}
        last = next(step for step in run["timeline"] if step["step"] == "wait_ready")
        self.seconds.setdefault("up to claims", []).append(round(last["at"] + last["seconds"], 1))

    def baseline(self, bundle: str) -> None:
        """Run the straightforward recipe."""
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
            bench.labctl("up", "up")
            bench.note_steps()
            for _ in range(3):
                bench.labctl("second up", "up")
                bench.labctl("verify", "verify")
                bench.labctl("verify deep", "verify", "--deep")
            lifecycle(bench)
        finally:
            bench.labctl("destroy", "destroy", "--yes")


def lifecycle(bench: Bench) -> None:
    """Reset of the lab used hard and of one node, halt and resume, a snapshot and its size."""
    use_hard(bench)
    bench.labctl("reset", "reset", "--yes")
    subprocess.run(["docker", "rm", "--force", "labctl-tutorial-node-2"], check=True, capture_output=True)
    bench.labctl("reset node-2", "reset", "node-2", "--yes")
    bench.labctl("halt", "halt")
    bench.labctl("resume", "resume")
    bench.labctl("snapshot", "snapshot", "save", "bench")
    shown = json.loads(bench.labctl(None, "snapshot", "show", "bench", "-o", "json"))
    bench.sizes["a snapshot, MB"] = round(shown["size"] / 1e6)
    containers = [f"labctl-tutorial-{name}" for name in ("k8s-master", "node-1", "node-2", "node-3")]
    command = ["docker", "stats", "--no-stream", "--format", "{{.MemUsage}}", *containers]
    used = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    bench.sizes["memory of four nodes, MB"] = round(sum(_megabytes(line.split("/")[0].strip()) for line in used))


def use_hard(bench: Bench) -> None:
    """What a lesson leaves: 20 pods in 5 namespaces, damaged system objects, a stopped kubelet, a cordoned node."""
    bundle = json.loads(bench.labctl(None, "bundle", "show", "-o", "json"))
    image = next(each["ref"] for each in bundle["images"] if "busybox" in each["ref"])
    for number in range(5):
        space = f"lesson-{number}"
        bench.kubectl("create", "namespace", space)
        options = ("--namespace", space, "--image", image, "--replicas=4", "--", "sleep", "100000")
        bench.kubectl("create", "deployment", "web", *options)
    bench.kubectl("--namespace", "kube-system", "delete", "service", "kube-dns")
    bench.kubectl("--namespace", "kube-system", "scale", "deployment", "coredns", "--replicas=1")
    bench.kubectl("cordon", "node-3")
    bench.labctl(None, "ssh", "node-1", "--", "sudo", "mkdir", "-p", "/mnt/data/of/a/learner")
    bench.labctl(None, "ssh", "node-2", "--", "sudo", "systemctl", "stop", "kubelet")


def _megabytes(text: str) -> float:
    """Megabytes of what docker stats prints, such as 512.3MiB."""
    number, unit = re.fullmatch(r"([\d.]+)([KMG]?)i?B", text).groups()  # type: ignore[union-attr]
    return float(number) * {"": 1e-6, "K": 1e-3, "M": 1.0, "G": 1e3}[unit]


def table(bench: Bench) -> str:
    """Medians, spread and the ratio to the baseline."""
    base = statistics.median(bench.seconds["baseline"])
    rows = [f"{'what':<12} {'seconds':>8} {'spread':>13} {'baseline / it':>14}"]
    for name, values in bench.seconds.items():
        middle = statistics.median(values)
        spread = f"{min(values):.1f} - {max(values):.1f}"
        rows.append(f"{name:<12} {middle:>8.1f} {spread:>13} {base / middle:>13.2f}x")
    rows += ["", "steps of the last up:", *(f"  {step:<16} {seconds:>6.1f} s" for step, seconds in bench.steps.items())]
    rows += ["", *(f"{what:<26} {size:>6}" for what, size in bench.sizes.items())]
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
    out.write_text(json.dumps({"seconds": bench.seconds, "steps": bench.steps, "sizes": bench.sizes}, indent=2) + "\n")
    print(f"\nwritten to {out}")


if __name__ == "__main__":
    main()
