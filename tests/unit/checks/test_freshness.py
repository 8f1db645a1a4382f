"""What the API tells from before machines were started again is told apart from what is so now."""

from __future__ import annotations

import json

from labctl.checks.freshness import stale
from labctl.facts import Facts
from tests.fakes import recording

NODES = ("k8s-master", "node-1", "node-2", "node-3")


def healthy(**changes: object) -> Facts:
    files = dict(recording("healthy"))
    for key, value in changes.items():
        files[f"api/{key}.json"] = json.dumps(value).encode()
    return Facts.from_files(files, "live")


def test_after_everything_was_started_again_all_is_old() -> None:
    found = stale(healthy(), 4e9, NODES)
    assert set(NODES) < set(found)
    assert any(name.startswith("kube-proxy-") for name in found)


def test_what_is_newer_is_news() -> None:
    assert stale(healthy(), 1e9, NODES) == []


def test_only_the_nodes_in_question_count() -> None:
    found = stale(healthy(), 4e9, ["node-2"])
    assert "node-2" in found
    assert not {"k8s-master", "node-1", "node-3"} & set(found)


def test_an_api_that_does_not_answer_tells_no_news() -> None:
    files = {key: content for key, content in recording("healthy").items() if not key.startswith("api/")}
    assert len(stale(Facts.from_files(files, "live"), 1e9, NODES)) == 1


def test_a_node_without_a_heartbeat_is_old() -> None:
    nodes = json.loads(recording("healthy")["api/api_v1_nodes.json"])
    for condition in nodes["items"][0]["status"]["conditions"]:
        condition.pop("lastHeartbeatTime", None)
    assert stale(healthy(api_v1_nodes=nodes), 1e9, NODES) == [nodes["items"][0]["metadata"]["name"]]
