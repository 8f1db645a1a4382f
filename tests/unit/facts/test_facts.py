"""Facts from files: what is missing, refused or odd becomes NotObserved with a reason that a person understands."""

from __future__ import annotations

import pytest

from labctl.facts import Facts, KubectlRun, NotObserved, NotObservedError, Unavailable
from labctl.facts.model import API_ANSWERS, NODES, PODS
from labctl.facts.objects import DaemonSet, Node, Pod, Service


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b'{"items": [', "cut off or damaged"),
        (b"Unauthorized", "is not JSON but says: Unauthorized"),
        (b"[]", "does not hold an object"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"kind": "Status", "message": "nodes is forbidden"}', "refused api_v1_nodes: nodes is forbidden"),
        (b'{"kind": "NodeList"}', "holds no list"),
        (b'{"items": [], "metadata": {"continue": "abc"}}', "had more items"),
        (Unavailable("timed out"), "timed out"),
    ],
)
def test_an_answer_that_is_none(content: bytes | Unavailable, reason: str) -> None:
    found = Facts.from_files({"api/api_v1_nodes.json": content}, "live")
    with pytest.raises(NotObservedError, match=reason):
        found.nodes()


@pytest.mark.parametrize("items", [b'["x"]', b"[{}]", b'[{"metadata": {"name": 5}}]', b'[{"metadata": []}]'])
def test_items_that_are_no_objects(items: bytes) -> None:
    found = Facts.from_files({f"api/{PODS}.json": b'{"items": ' + items + b"}"}, "live")
    with pytest.raises(NotObservedError, match=PODS):
        found.pods()


def test_a_machine_that_nothing_is_known_of() -> None:
    machine = Facts.from_files({}, "live").machine("node-9")
    for fact in (machine.docker_info, machine.ip_addr, machine.units["docker.service"].show, machine.fingerprints):
        assert fact == NotObserved("nothing was collected on node-9")
    one = Facts.from_files({"api/version.json": b"{}"}, "live")
    assert one.api[NODES] == NotObserved("api/api_v1_nodes.json was not collected")


def test_an_api_that_answers_nothing_has_one_reason() -> None:
    files = {f"api/{name}.json": Unavailable(f"refused {name}") for name in API_ANSWERS}
    assert len(set(Facts.from_files(files, "live").api.values())) == 1


def test_what_labctl_itself_left_on_a_node() -> None:
    found = Facts.from_files(
        {
            "nodes/a/labctl.json": b'{"docker": "abc"}',
            "nodes/a/kubectl-non-root.txt": b"exit 1\nrefused\n",
            "nodes/b/labctl.json": b'{"docker": 1}',
            "nodes/b/kubectl-non-root.txt": b"",
        },
        "live",
    )
    assert found.machine("a").fingerprints == {"docker": "abc"}
    assert found.machine("a").kubectl_non_root == KubectlRun(1, "refused\n")
    assert isinstance(found.machine("b").fingerprints, NotObserved)
    assert isinstance(found.machine("b").kubectl_non_root, NotObserved)


def test_absent_fields_are_empty_and_odd_ones_are_not_observed() -> None:
    meta = {"metadata": {"name": "x"}}
    assert Node(meta).roles == ""
    assert Node(meta).internal_ip == ""
    assert Pod(meta).ready == "0/0"
    assert DaemonSet(meta).node_selector == "<none>"
    assert DaemonSet(meta).counts["desired"] == 0
    assert Service(meta).external_ips == []
    with pytest.raises(NotObservedError, match=r"status\.numberReady of x is true or false, not a number"):
        _ = DaemonSet({**meta, "status": {"numberReady": True}}).counts
    with pytest.raises(NotObservedError, match=r"spec of x|spec\.nodeName of x"):
        _ = Pod({**meta, "spec": "text"}).node


def test_roles_are_sorted_as_kubectl_does() -> None:
    labels = {"node-role.kubernetes.io/master": "", "node-role.kubernetes.io/control-plane": "", "other": ""}
    assert Node({"metadata": {"name": "x", "labels": labels}}).roles == "control-plane,master"
    assert Node({"metadata": {"name": "x", "labels": {"kubernetes.io/role": "old"}}}).roles == "old"
