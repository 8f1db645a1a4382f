"""The contract of ClusterApi, as functions of one: test_cluster_api.py runs them on the fake and on the real adapter
with the replay server, tests/e2e/test_lab.py on the adapter with a real cluster.
"""

from __future__ import annotations

import json

import pytest

from labctl.adapters.ports import ClusterApi
from labctl.collect import API_PATHS
from labctl.errors import NotFoundError

NOTHING = "/api/v1/nothing"


def an_answer_is_plain_json(api: ClusterApi) -> None:
    nodes = api.get("/api/v1/nodes")
    assert nodes["kind"] == "NodeList"
    names = [node["metadata"]["name"] for node in nodes["items"]]
    assert sorted(names) == ["k8s-master", "node-1", "node-2", "node-3"]


def what_is_not_there_is_an_error_that_names_it(api: ClusterApi) -> None:
    with pytest.raises(NotFoundError, match=rf"the API server refused {NOTHING}: 404"):
        api.get(NOTHING)


def many_answers_each_for_itself(api: ClusterApi) -> None:
    answers = api.get_many(["/version", NOTHING, "/api/v1/nodes"])
    assert list(answers) == ["/version", NOTHING, "/api/v1/nodes"]
    version, nothing, nodes = answers.values()
    assert isinstance(version, bytes) and json.loads(version)["major"] == "1"
    assert isinstance(nothing, NotFoundError)
    assert isinstance(nodes, bytes) and json.loads(nodes)["kind"] == "NodeList"


def nothing_asked_nothing_answered(api: ClusterApi) -> None:
    assert api.get_many([]) == {}


def every_list_of_a_look_is_a_whole_list(api: ClusterApi) -> None:
    for path, body in api.get_many(API_PATHS).items():
        # The recordings, and so the fake and the replay server, do not hold this one.
        if path == "/api/v1/namespaces/default/endpoints" and isinstance(body, NotFoundError):
            continue
        assert isinstance(body, bytes), path
        answer = json.loads(body)
        if path != "/version":
            assert answer["kind"].endswith("List") and answer["items"], path
            assert not answer["metadata"].get("continue"), path


def it_may_be_asked_again_and_again(api: ClusterApi) -> None:
    assert [len(api.get("/api/v1/nodes")["items"]) for _ in range(3)] == [4, 4, 4]


SUITE = (
    an_answer_is_plain_json,
    what_is_not_there_is_an_error_that_names_it,
    many_answers_each_for_itself,
    nothing_asked_nothing_answered,
    every_list_of_a_look_is_a_whole_list,
    it_may_be_asked_again_and_again,
)
