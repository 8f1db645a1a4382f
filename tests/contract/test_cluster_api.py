"""ClusterApi: the fake and the real one keep one contract; what only a network can do is the real one's alone."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labctl.adapters.kube import KubernetesApi, Patience
from labctl.adapters.kube_lanes import LANES
from labctl.adapters.ports import ClusterApi
from labctl.errors import NotFoundError, ToolError
from tests.contract.cluster_api_suite import SUITE
from tests.fakes import FakeApi, World, recording
from tests.replay import faults
from tests.replay.authority import Authority, kubeconfig
from tests.replay.server import ReplayServer, serving

# A whole answer within 10 s also on a busy computer; where waiting is the point, tests take less.
HASTY = replace(Patience(), pause=0.01)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def server(authority: Authority) -> Iterator[ReplayServer]:
    with serving(authority, recording("healthy")) as server:
        yield server


@pytest.fixture
def config(authority: Authority, server: ReplayServer, tmp_path: Path) -> Path:
    return kubeconfig(tmp_path / "kubeconfig", server.port, authority, authority.issue("kubernetes-admin"))


def fake(_request: pytest.FixtureRequest) -> ClusterApi:
    return FakeApi(World())


def real(request: pytest.FixtureRequest) -> ClusterApi:
    return KubernetesApi(request.getfixturevalue("config"), HASTY)


@pytest.fixture(params=[fake, real], ids=["fake", "real"])
def api(request: pytest.FixtureRequest) -> ClusterApi:
    made: ClusterApi = request.param(request)
    return made


@pytest.mark.parametrize("promise", SUITE, ids=lambda promise: promise.__name__)
def test_contract(promise: Callable[[ClusterApi], None], api: ClusterApi) -> None:
    promise(api)


def test_an_answer_is_what_the_server_has(api: ClusterApi) -> None:
    assert api.get("/api/v1/nodes") == json.loads(recording("healthy")["api/api_v1_nodes.json"])


def refused(config: Path, path: str = "/x", patience: Patience = HASTY) -> ToolError:
    with pytest.raises(ToolError) as caught:
        KubernetesApi(config, patience).get(path)
    assert caught.value.command == ("kubectl", "get", "--raw", path)
    return caught.value


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 503])
def test_a_refusal_is_told_and_never_asked_again(server: ReplayServer, config: Path, status: int) -> None:
    server.faults["/x"] = faults.status(status, "because", Retry_After="1")
    error = refused(config)
    assert error.message.startswith(f"the API server refused /x: {status}")
    assert error.message.endswith(": because")
    assert isinstance(error, NotFoundError) == (status == 404)
    assert ((error.hint or "") == "`labctl up --from control_plane` fetches the kubeconfig anew") == (
        status in (401, 403)
    )
    assert server.asked == ["/x"]


def test_a_refusal_that_is_no_status_object_keeps_its_words(server: ReplayServer, config: Path) -> None:
    server.faults["/x"] = faults.says(b"<html>a proxy</html>", 502)
    error = refused(config)
    assert error.message == "the API server refused /x: 502 Bad Gateway"
    assert "a proxy" in (error.output or "")


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"items": [', b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_json_is_an_error(server: ReplayServer, config: Path, body: bytes) -> None:
    server.faults["/x"] = faults.says(body)
    assert refused(config).message == "the API server's answer to /x is not JSON"


@pytest.mark.parametrize("document", [[], "text", 1, None])
def test_what_is_no_object_is_an_error(server: ReplayServer, config: Path, document: Any) -> None:
    server.says("/x", document)
    assert refused(config).message == "the API server's answer to /x is not an object"


def test_a_redirect_is_not_followed(server: ReplayServer, config: Path) -> None:
    server.faults["/x"] = faults.status(302, Location="/api/v1/nodes")
    assert KubernetesApi(config).get("/x")["kind"] == "Status"
    assert server.asked == ["/x"]


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        (lambda authority: Authority("kubernetes").issue("kube-apiserver"), "unable to get local issuer certificate"),
        (lambda authority: authority.issue("kube-apiserver", hours=-1), "certificate has expired"),
        (lambda authority: authority.issue("kube-apiserver", address="10.0.0.1"), "not valid for '127.0.0.1'"),
    ],
    ids=["another authority", "expired", "another address"],
)
@pytest.mark.parametrize("extra", ["", ", insecure-skip-tls-verify: true"])
def test_a_wrong_certificate_is_refused_at_once(
    authority: Authority, tmp_path: Path, shown: Callable[[Authority], Any], why: str, extra: str
) -> None:
    """Also where the kubeconfig asks for no check."""
    with serving(authority, certificate=shown(authority)) as server:
        client = authority.issue("kubernetes-admin")
        error = refused(kubeconfig(tmp_path / "kubeconfig", server.port, authority, client, extra))
        assert error.message.startswith(f"the certificate of the API server at https://127.0.0.1:{server.port} is refu")
        assert why in error.message
        assert server.asked == []


def test_a_client_of_another_authority_is_refused(authority: Authority, server: ReplayServer, tmp_path: Path) -> None:
    impostor = Authority().issue("kubernetes-admin")
    other = kubeconfig(tmp_path / "other", server.port, authority, impostor)
    assert "the API server at" in refused(other).message
    assert server.asked == []


@pytest.mark.parametrize("fault", [faults.silent, faults.dripping], ids=["silent", "dripping"])
def test_what_does_not_come_in_time_is_not_waited_for(server: ReplayServer, config: Path, fault: faults.Fault) -> None:
    """The server would go on for a minute: that this test ends shows that the adapter does not."""
    server.faults["/x"] = fault
    error = refused(config, patience=replace(HASTY, connect=2.0, answer=0.3))
    assert error.message == f"the API server at https://127.0.0.1:{server.port} did not answer /x in time"
    assert server.asked == ["/x"]


def test_an_answer_without_end_is_not_read(server: ReplayServer, config: Path) -> None:
    server.faults["/x"] = faults.endless
    with pytest.raises(ToolError, match=r"answer to /x is larger than 1 MB"):
        KubernetesApi(config, replace(HASTY, largest=2**20)).get("/x")
    assert server.asked == ["/x"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_where_nothing_listens_that_is_told_with_what_to_do(authority: Authority, tmp_path: Path) -> None:
    config = kubeconfig(tmp_path / "kubeconfig", free_port(), authority, authority.issue("kubernetes-admin"))
    error = refused(config)
    assert error.message.endswith("does not answer: Connection refused")
    assert "labctl up" in (error.hint or "")


MANY = [f"/{number}" for number in range(12)]


def test_a_port_that_never_speaks_costs_one_deadline(authority: Authority, tmp_path: Path) -> None:
    """It takes connections and says nothing: none is tried again, and no path waits for the time-out of another."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(64)
        config = kubeconfig(tmp_path / "kubeconfig", deaf.getsockname()[1], authority, authority.issue("admin"))
        answers = KubernetesApi(config, replace(HASTY, connect=0.3, answer=0.3)).get_many(MANY)
        deaf.setblocking(False)
        tries = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                deaf.accept()[0].close()
                tries += 1
    assert all("in time" in str(answer) for answer in answers.values())
    assert tries <= len(MANY)


def test_one_refused_connection_stands_for_all_paths_that_wait(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = kubeconfig(tmp_path / "kubeconfig", free_port(), authority, authority.issue("kubernetes-admin"))
    tries: list[object] = []

    def refuse(_: socket.socket, address: object) -> None:
        tries.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    answers = KubernetesApi(config, HASTY).get_many(MANY)
    assert list(answers) == MANY
    assert len({str(answer) for answer in answers.values()}) == 1
    assert len(tries) == LANES * HASTY.tries


def test_paths_without_an_answer_hold_up_no_other(server: ReplayServer, config: Path) -> None:
    """More of them than there are lanes: the server answers them only after the last of the others was asked."""
    server.answers |= dict.fromkeys(MANY, (200, b"{}"))
    for path in MANY[: LANES + 2]:
        server.faults[path] = faults.after(MANY[-1])
    assert KubernetesApi(config, HASTY).get_many(MANY) == dict.fromkeys(MANY, b"{}")


@pytest.mark.parametrize("fault", [faults.cut, faults.hung_up], ids=["cut", "hung up"])
def test_a_connection_that_fails_is_tried_again(server: ReplayServer, config: Path, fault: faults.Fault) -> None:
    server.once["/api/v1/nodes"] = [fault, fault]
    assert KubernetesApi(config, HASTY).get("/api/v1/nodes")["kind"] == "NodeList"
    assert server.asked == ["/api/v1/nodes"] * 3


@pytest.mark.parametrize(
    ("fault", "why"), [(faults.cut, "was cut off after"), (faults.hung_up, "does not answer")], ids=["cut", "hung up"]
)
def test_a_connection_that_always_fails_is_told(
    server: ReplayServer, config: Path, fault: faults.Fault, why: str
) -> None:
    server.faults["/api/v1/nodes"] = fault
    assert why in refused(config, "/api/v1/nodes").message
    assert server.asked == ["/api/v1/nodes"] * 3


def test_the_proxy_of_the_environment_is_not_asked(
    server: ReplayServer, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    server.says("/x", {"kind": "ok"})
    assert KubernetesApi(config).get("/x") == {"kind": "ok"}


def test_a_kubeconfig_that_was_written_anew_is_what_counts(
    server: ReplayServer, config: Path, authority: Authority
) -> None:
    server.says("/x", {"kind": "the first"})
    assert KubernetesApi(config, HASTY).get("/x") == {"kind": "the first"}
    other = Authority()
    with serving(other, recording("healthy")) as another:
        another.says("/x", {"kind": "the second"})
        kubeconfig(config, another.port, other, other.issue("kubernetes-admin"))
        assert KubernetesApi(config, HASTY).get("/x") == {"kind": "the second"}
        kubeconfig(config, another.port, authority, authority.issue("kubernetes-admin"))
        assert "certificate" in refused(config).message


@pytest.mark.parametrize("text", ["", "{", "apiVersion: v1", "[]", "clusters: 1", "current-context: x\ncontexts: []"])
def test_a_damaged_kubeconfig_is_told_with_what_to_do(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(text)
    with pytest.raises(ToolError, match="cannot be used") as caught:
        KubernetesApi(path)
    assert caught.value.hint == "labctl up --from control_plane"


def test_no_api_server_is_asked_in_plain_text(config: Path) -> None:
    config.write_text(config.read_text().replace("https://", "http://"))
    with pytest.raises(ToolError, match="is not reached by https"):
        KubernetesApi(config)


def test_the_certificates_may_be_for_another_name(authority: Authority, tmp_path: Path) -> None:
    with serving(authority, recording("healthy"), authority.issue("x", address="192.168.50.10")) as server:
        client = authority.issue("kubernetes-admin")
        path = kubeconfig(tmp_path / "config", server.port, authority, client, ", tls-server-name: 192.168.50.10")
        assert KubernetesApi(path, HASTY).get("/version")["major"] == "1"


def test_no_kubeconfig_yet(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="no kubeconfig yet"):
        KubernetesApi(tmp_path / "kubeconfig")
