"""What only a person mends: a cordoned node, an object too many; nothing that comes right by itself or by `up`."""

from __future__ import annotations

import pytest
import recording_edits as e
from test_mutations import judged

from labctl.checks.by_hand import left_to_a_person

CORDON = e.item(e.NODES, "node-3", e.put("spec.unschedulable", True))
THIRD = e.copied(e.DAEMON_SETS, "weave-net", "third")


@pytest.mark.parametrize(
    ("edits", "commands"),
    [
        ([CORDON], ("kubectl uncordon node-3",)),
        ([THIRD], ("kubectl -n kube-system delete daemonset third",)),
        ([CORDON, THIRD], ("kubectl uncordon node-3", "kubectl -n kube-system delete daemonset third")),
        ([e.copied(e.SERVICES, "kube-dns", "another")], ("kubectl -n kube-system delete service another",)),
        ([], ()),
        ([CORDON, e.without(e.PODS, "coredns-")], ()),
        ([e.item(e.DEPLOYMENTS, "coredns", e.put("spec.replicas", 1))], ()),
        ([e.refuse(e.SERVICES)], ()),
    ],
)
def test_the_commands_to_type(edits: list[e.Edit], commands: tuple[str, ...]) -> None:
    files = e.load("healthy")
    for edit in edits:
        edit(files)
    assert left_to_a_person(judged(files)) == commands
