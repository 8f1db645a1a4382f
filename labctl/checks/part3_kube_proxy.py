"""Part 3 of the tutorial, kube-proxy: its pods, its DaemonSet, and that there are two DaemonSets."""

from __future__ import annotations

from typing import Any

from labctl.checks.daemon_pods import (
    GET_DAEMON_SETS,
    DaemonPods,
    daemon_set_check,
    placement_check,
    pods_check,
)
from labctl.checks.model import At, Check
from labctl.facts import Facts

KUBE_PROXY = DaemonPods(
    name="kube-proxy",
    ready="1/1",
    node_selector="kubernetes.io/os=linux",
    source="Part 3, kube-proxy",
    shown_pods="kube-proxy-86f72   1/1   Running\nkube-proxy-lpvws   1/1   Running\n"
    "kube-proxy-n9phj   1/1   Running\nkube-proxy-vkdvx   1/1   Running",
    shown_placement="kube-proxy-86f72   192.168.50.11   node-1\nkube-proxy-lpvws   192.168.50.13   node-3\n"
    "kube-proxy-n9phj   192.168.50.12   node-2\nkube-proxy-vkdvx   192.168.50.10   k8s-master",
    step="control_plane",
)
DAEMON_SETS = ["kube-proxy", "weave-net"]


def observe_daemon_sets(facts: Facts, _at: At) -> list[str]:
    """Names of all DaemonSets of kube-system."""
    return sorted(each.name for each in facts.daemon_sets())


def daemon_sets_fix(_at: At, actual: Any) -> str:  # noqa: ANN401 - what was observed
    """Deletes what is too many; labctl makes what is missing."""
    extra = [name for name in actual or [] if name not in DAEMON_SETS]
    if extra:
        return f"kubectl -n kube-system delete daemonset {' '.join(extra)}"
    missing_weave = actual is None or "weave-net" not in actual
    return f"labctl up --from {'weave_net' if missing_weave else 'control_plane'}"


EXACTLY_TWO = Check(
    id="daemonsets.exactly-two",
    scope="lab",
    title="kube-proxy and weave-net are the only DaemonSets",
    source="Part 3, kube-proxy",
    command=GET_DAEMON_SETS,
    shown="NAME\nkube-proxy\nweave-net",
    judged="the DaemonSets of kube-system are exactly these two",
    breaks="kubectl create a third DaemonSet in kube-system",
    fix=daemon_sets_fix,
    expect=lambda _: list(DAEMON_SETS),
    observe=observe_daemon_sets,
    show="\n".join,
)

CHECKS = (pods_check(KUBE_PROXY), placement_check(KUBE_PROXY), daemon_set_check(KUBE_PROXY), EXACTLY_TWO)
