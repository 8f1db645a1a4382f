#!/usr/bin/env python3
"""How quick and light labctl judges the API part of many clusters in one process, against replay servers.

    .venv/bin/python bench/api_200.py [--clusters 200] [-o json]

One process holds a replay server for each cluster (an authority, port, certificate and kubeconfig of its own); another
opens each kubeconfig, asks all paths of a look and judges what came. Measured: that second process from its start to
its end, imports included, and its peak resident memory. The ratios are against the straightforward script: the
kubernetes client's own typed lists, one cluster after the other, and nothing judged.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
# What the clusters answer, in turn, and how many of their claims FAIL as judged without the nodes.
FAILING = {
    "healthy": 0,
    "coredns-one-replica": 3,
    "kubelet-stopped-on-node-2": 5,
    "weave-net-missing-on-node-3": 3,
}
NODE_CLAIMS = ("kubelet.*", "docker.*", "kubectl.*")
# Threads that each judge one cluster at a time; more only wait for the same processor.
THREADS = 8


def serve(folder: Path, clusters: int) -> None:
    """Start the servers, write <folder>/<number>-<recording>.conf, say so, and end when stdin does."""
    from tests.fakes import recording
    from tests.replay.authority import Authority, kubeconfig
    from tests.replay.server import serving

    recordings = {name: recording(name) for name in FAILING}
    with contextlib.ExitStack() as stack:
        for number in range(clusters):
            name = list(FAILING)[number % len(FAILING)]
            authority = Authority()
            server = stack.enter_context(serving(authority, recordings[name]))
            client = authority.issue("kubernetes-admin")
            kubeconfig(folder / f"{number:03}-{name}.conf", server.port, authority, client)
        print("ready", flush=True)
        sys.stdin.read()


class NoNodes:
    """A NodeShell of clusters whose nodes are not asked."""

    def run(self, node: str, *_: object, **__: object) -> NoReturn:
        from labctl.errors import ToolError

        raise ToolError(f"{node} is not asked here")


def judge_one(config: Path) -> int:
    """How many claims FAIL; ERROR, which no cluster of these may have, counts too."""
    from labctl.adapters.kube import KubernetesApi
    from labctl.checks import Outcome, judge
    from labctl.collect import look
    from labctl.plan import default_plan

    plan = default_plan("v1.20.2")
    report = judge(plan, look(plan, NoNodes(), lambda: KubernetesApi(config)), skip=NODE_CLAIMS)  # type: ignore[arg-type]
    return report.counts[Outcome.FAIL] + report.counts[Outcome.ERROR]


def judge_all(configs: list[Path]) -> None:
    """labctl's way. Raises AssertionError where a cluster is judged wrongly."""
    with ThreadPoolExecutor(THREADS) as pool:
        for config, failing in zip(configs, pool.map(judge_one, configs), strict=True):
            wanted = FAILING[config.stem.partition("-")[2]]
            assert failing == wanted, f"{config.name}: {failing} claims do not hold, not {wanted}"


def list_all(configs: list[Path]) -> None:
    """The straightforward script."""
    from kubernetes import client, config

    for path in configs:
        api = config.new_client_from_config(str(path))
        core, apps = client.CoreV1Api(api), client.AppsV1Api(api)
        for every in (core.list_node, core.list_namespace, core.list_pod_for_all_namespaces):
            every()
        for each in (
            *(core.list_namespaced_config_map, core.list_namespaced_endpoints, core.list_namespaced_pod),
            *(core.list_namespaced_service, apps.list_namespaced_daemon_set),
            *(apps.list_namespaced_deployment, apps.list_namespaced_replica_set),
        ):
            each("kube-system")


def measured(way: str, folder: Path) -> dict[str, float]:
    """Seconds, of them on the processor, and peak MB of a process that goes one way through a folder's kubeconfigs."""
    begun = time.monotonic()
    done = subprocess.run([sys.executable, __file__, way, str(folder)], check=True, stdout=subprocess.PIPE, text=True)
    return {"seconds": round(time.monotonic() - begun, 2), **json.loads(done.stdout)}


def run(clusters: int, rounds: int, output: str) -> None:
    """Both ways in turn; the straightforward one on a tenth of the clusters, its time per cluster counts."""
    with tempfile.TemporaryDirectory(prefix="labctl-bench-") as name:
        folder, few = Path(name) / "all", Path(name) / "few"
        folder.mkdir()
        few.mkdir()
        command = [sys.executable, __file__, "serve", str(folder), "--clusters", str(clusters)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            assert server.stdin is not None
            assert server.stdout.readline() == "ready\n"
            configs = sorted(folder.iterdir())
            for config in configs[: max(1, clusters // 10)]:
                (few / config.name).symlink_to(config)
            results = []
            for _ in range(rounds):
                results.append((measured("judge", folder), measured("list", few)))
            server.stdin.close()
    print(json.dumps(told(clusters, results)) if output == "json" else table(told(clusters, results)))


def told(clusters: int, results: list[tuple[dict[str, float], dict[str, float]]]) -> dict[str, Any]:
    """The best round of each way, and the ratio of their seconds per cluster."""
    labctl = min((each[0] for each in results), key=lambda each: each["seconds"])
    plain = min((each[1] for each in results), key=lambda each: each["seconds"])
    few = max(1, clusters // 10)
    ratio = round((plain["seconds"] / few) / (labctl["seconds"] / clusters), 2)
    return {
        "straightforward": {"clusters": few, **plain, "ratio": 1.0},
        "labctl": {"clusters": clusters, **labctl, "ratio": ratio},
    }


def table(data: dict[str, Any]) -> str:
    """The same for people."""
    rows = [f"{'what':<16}{'clusters':>9}{'seconds':>9}{'processor':>11}{'peak MB':>9}{'straightforward / it':>22}"]
    for name, (clusters, seconds, processor, peak, ratio) in ((name, each.values()) for name, each in data.items()):
        rows.append(f"{name:<16}{clusters:>9}{seconds:>9.1f}{processor:>11.1f}{peak:>9}{ratio:>21.2f}x")
    return "\n".join(rows)


def main() -> None:
    """Measure and print; `serve`, `judge` and `list` are its own helpers."""
    parser = argparse.ArgumentParser(description="The API part of many clusters: seconds, memory, ratio.")
    parser.add_argument("way", nargs="?", choices=("run", "serve", "judge", "list"), default="run")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--clusters", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table")
    options = parser.parse_args()
    if options.way == "run":
        run(options.clusters, options.rounds, options.output)
    elif options.way == "serve":
        serve(options.folder, options.clusters)
    else:
        import resource

        (judge_all if options.way == "judge" else list_all)(sorted(options.folder.iterdir()))
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(json.dumps({"processor": round(used.ru_utime + used.ru_stime, 2), "peak MB": used.ru_maxrss // 1024}))


if __name__ == "__main__":
    main()
