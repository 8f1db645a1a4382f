"""A deep look: probe pods on every node, one round on each, and the nodes' network.json as files of a collection.

Bounded in time, and whatever cannot be had is told in the file's place; only an interrupt comes out as an exception.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from labctl.adapters.ports import ClusterObjects, NodeShell
from labctl.errors import LabctlError
from labctl.facts import Facts, Unavailable
from labctl.facts.probes import NETWORK_FILE
from labctl.plan import LabPlan
from labctl.probe.fitness import unfit_nodes
from labctl.probe.namespace import probe_namespace
from labctl.probe.pods import start_pods
from labctl.probe.rounds import Started, command, read_round

Files = dict[str, "bytes | Unavailable"]

# Seconds. Pods start within three here; where a processor is emulated it takes ten times as long.
_START_SECONDS = 60.0
_ROUND_SECONDS = 45.0


@dataclass(frozen=True)
class Prober:
    """Probes the network of one lab.

    image: names a busybox that every node has, or raises LabctlError. cancel ends programs that other threads run.
    """

    plan: LabPlan
    image: Callable[[], str]
    shell: NodeShell
    open_objects: Callable[[], ClusterObjects]
    cancel: Callable[[], None]
    start_seconds: float = _START_SECONDS

    def probe(self, facts: Facts) -> Files:
        """The file of every node of the plan; facts are of a look just before."""
        seen: dict[str, bytes | str] = dict(unfit_nodes(self.plan, facts))
        fit = [node.name for node in self.plan.nodes if node.name not in seen]
        try:
            seen |= self._among(fit) if fit else {}
        except LabctlError as error:
            seen |= dict.fromkeys(fit, f"the network was not probed: {error.message}")
        return {f"nodes/{name}/{NETWORK_FILE}": _file(content) for name, content in seen.items()}

    def _among(self, nodes: Sequence[str]) -> Mapping[str, bytes | str]:
        image, objects = self.image(), self.open_objects()
        with probe_namespace(objects) as path:
            pods = start_pods(objects, path, nodes, image, self.start_seconds)
            running = {node: each for node, each in pods.items() if isinstance(each, Started)}
            rounds = self._rounds(running)
        return {node: rounds[node] if node in rounds else str(each) for node, each in pods.items()}

    def _rounds(self, running: Mapping[str, Started]) -> Mapping[str, bytes | str]:
        """All nodes' rounds at once."""
        with ThreadPoolExecutor(max_workers=max(1, len(running))) as pool:
            try:
                return dict(zip(running, pool.map(lambda node: self._round(node, running), running), strict=True))
            except BaseException:
                self.cancel()
                raise

    def _round(self, node: str, running: Mapping[str, Started]) -> bytes | str:
        typed, script = command(running[node], running)
        try:
            done = self.shell.run(node, typed, stdin=script, timeout=_ROUND_SECONDS, check=False)
        except LabctlError as error:
            return error.message
        return json.dumps(read_round(self.plan, running[node], done.stdout), indent=1).encode()


def _file(content: bytes | str) -> bytes | Unavailable:
    return Unavailable(content) if isinstance(content, str) else content
