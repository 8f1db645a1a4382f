"""ClusterApi: the fake and the real one keep one contract; what only a network can do is the real one's alone."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labctl.adapters import kube
from labctl.adapters.ports import ClusterApi
from labctl.collect import API_PATHS, api_file
from labctl.errors import ToolError
from tests.contract.api_server import ApiServer, Authority, kubeconfig, serving
from tests.fakes import FakeApi, World, recording


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def server(authority: Authority, tmp_path: Path) -> Iterator[ApiServer]:
    with serving(authority, tmp_path) as server:
        yield server


@pytest.fixture
def config(authority: Authority, server: ApiServer, tmp_path: Path) -> Path:
    return kubeconfig(tmp_path / "kubeconfig", server.port, authority, authority.issue("kubernetes-admin"))


def fake(_request: pytest.FixtureRequest) -> ClusterApi:
    return FakeApi(World())


def real(request: pytest.FixtureRequest) -> ClusterApi:
    server: ApiServer = request.getfixturevalue("server")
    files = recording("healthy")
    for path in API_PATHS:
        if api_file(path) in files:
            server.answers[path] = (200, files[api_file(path)])
    return kube.KubernetesApi(request.getfixturevalue("config"))


@pytest.fixture(params=[fake, real], ids=["fake", "real"])
def api(request: pytest.FixtureRequest) -> ClusterApi:
    made: ClusterApi = request.param(request)
    return made


def test_an_answer_is_plain_json(api: ClusterApi) -> None:
    nodes = api.get("/api/v1/nodes")
    assert nodes["kind"] == "NodeList"
    assert nodes == json.loads(recording("healthy")["api/api_v1_nodes.json"])


def test_what_is_not_there_is_an_error_that_names_it(api: ClusterApi) -> None:
    with pytest.raises(ToolError, match=r"the API server refused /api/v1/nothing: 404"):
        api.get("/api/v1/nothing")


def test_many_answers_each_for_itself(api: ClusterApi) -> None:
    answers = api.get_many(["/version", "/api/v1/nothing", "/api/v1/nodes"])
    assert list(answers) == ["/version", "/api/v1/nothing", "/api/v1/nodes"]
    version, nothing, nodes = answers.values()
    assert isinstance(version, dict) and version["major"] == "1"
    assert isinstance(nothing, ToolError)
    assert isinstance(nodes, dict) and nodes["items"]


def test_nothing_asked_nothing_answered(api: ClusterApi) -> None:
    assert api.get_many([]) == {}


def refused(config: Path, path: str = "/x") -> ToolError:
    with pytest.raises(ToolError) as caught:
        kube.KubernetesApi(config).get(path)
    assert caught.value.command == ("kubectl", "get", "--raw", path)
    return caught.value


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 503])
def test_a_refusal_is_told_and_never_asked_again(server: ApiServer, config: Path, status: int) -> None:
    server.says("/x", {"kind": "Status", "message": "because"}, status)
    error = refused(config)
    assert error.message.startswith(f"the API server refused /x: {status}")
    assert "because" in (error.output or "")
    assert ((error.hint or "") == "`labctl up --from control_plane` fetches the kubeconfig anew") == (
        status in (401, 403)
    )
    assert server.asked == ["/x"]


@pytest.mark.parametrize("body", [b"<html>", b"", b'{"items": [', b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_json_is_an_error(server: ApiServer, config: Path, body: bytes) -> None:
    server.answers["/x"] = (200, body)
    assert refused(config).message == "the API server's answer to /x is not JSON"


@pytest.mark.parametrize("document", [[], "text", 1, None])
def test_what_is_no_object_is_an_error(server: ApiServer, config: Path, document: Any) -> None:
    server.says("/x", document)
    assert refused(config).message == "the API server's answer to /x is not an object"


def test_a_redirect_is_not_followed(server: ApiServer, config: Path) -> None:
    server.says("/x", {"kind": "elsewhere"}, 302)
    assert kube.KubernetesApi(config).get("/x") == {"kind": "elsewhere"}
    assert server.asked == ["/x"]


def test_a_server_of_another_authority_is_refused_at_once(server: ApiServer, tmp_path: Path) -> None:
    stranger = Authority("kubernetes")
    other = kubeconfig(tmp_path / "other", server.port, stranger, stranger.issue("kubernetes-admin"))
    error = refused(other)
    assert "certificate verify failed" in error.message
    assert error.message.startswith(f"the API server at https://127.0.0.1:{server.port} does not answer")
    assert server.asked == []


def test_a_client_of_another_authority_is_refused(authority: Authority, server: ApiServer, tmp_path: Path) -> None:
    impostor = Authority().issue("kubernetes-admin")
    other = kubeconfig(tmp_path / "other", server.port, authority, impostor)
    assert "does not answer" in refused(other).message
    assert server.asked == []


def test_a_slow_server_costs_no_more_than_the_time_there_is(
    server: ApiServer, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kube, "_ANSWER_SECONDS", 0.3)
    server.silent.add("/x")
    begun = time.monotonic()
    assert "timed out" in refused(config).message
    assert time.monotonic() - begun < 5
    assert server.asked == ["/x"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_where_nothing_listens_that_is_told_with_what_to_do(authority: Authority, tmp_path: Path) -> None:
    config = kubeconfig(tmp_path / "kubeconfig", free_port(), authority, authority.issue("kubernetes-admin"))
    error = refused(config)
    assert error.message.endswith(
        "does not answer: Failed to establish a new connection: [Errno 111] Connection refused"
    )
    assert "labctl up" in (error.hint or "")


def test_connection_faults_are_tried_again(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server comes up between the first try and the second."""
    with serving(authority, tmp_path) as server:
        server.says("/x", {"kind": "ok"})
        config = kubeconfig(tmp_path / "kubeconfig", server.port, authority, authority.issue("kubernetes-admin"))
        api = kube.KubernetesApi(config)
        real_connect = socket.socket.connect
        tries: list[object] = []

        def refuse_once(self: socket.socket, address: Any) -> None:
            tries.append(address)
            if len(tries) == 1:
                raise ConnectionRefusedError(111, "Connection refused")
            real_connect(self, address)

        monkeypatch.setattr(socket.socket, "connect", refuse_once)
        assert api.get("/x") == {"kind": "ok"}
        assert len(tries) == 2


def test_the_proxy_of_the_environment_is_not_asked(
    server: ApiServer, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    server.says("/x", {"kind": "ok"})
    assert kube.KubernetesApi(config).get("/x") == {"kind": "ok"}


@pytest.mark.parametrize("text", ["", "{", "apiVersion: v1", "[]", "clusters: 1", "current-context: x\ncontexts: []"])
def test_a_damaged_kubeconfig_is_told_with_what_to_do(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(text)
    with pytest.raises(ToolError, match="cannot be used") as caught:
        kube.KubernetesApi(path)
    assert caught.value.hint == "labctl up --from control_plane"


def test_no_kubeconfig_yet(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="no kubeconfig yet"):
        kube.KubernetesApi(tmp_path / "kubeconfig")
