"""ClusterObjects: the fake and the real one keep one contract; the real one speaks to a server that asks a fake."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from labctl.adapters.kube_objects import KubernetesObjects
from labctl.adapters.ports import ClusterObjects
from labctl.errors import ToolError
from labctl.probe.namespace import NAMESPACES, OF_OURS, probe_namespace
from labctl.probe.objects import account, namespace, probe_pods
from tests.fake_objects import FakeObjects
from tests.replay.authority import Authority, kubeconfig

SPACE = f"{NAMESPACES}/labctl-probe-x"


class Server(ThreadingHTTPServer):
    """Keeps what it is told in a store, and the bodies that came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.store = FakeObjects()
        self.bodies: list[Any] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self._do(200, self.server.store.get, self.path)

    def do_POST(self) -> None:
        self._do(201, self.server.store.create, self.path, self._body())

    def do_DELETE(self) -> None:
        self._body()
        if self.path.endswith("/missing"):
            self._answer(404, {"kind": "Status", "message": "not found"})
        elif self.path.endswith("/garbled"):
            self._answer(500, b"<html>the proxy says no</html>")
        else:
            self._do(200, self.server.store.delete, self.path)

    def log_message(self, *_: object) -> None:
        """The store's log is read."""

    def _do(self, status: int, action: Any, *arguments: Any) -> None:
        try:
            self._answer(status, action(*arguments) or {"kind": "Status", "status": "Success"})
        except ToolError as error:
            self._answer(404 if "404" in error.message else 403, {"kind": "Status", "message": error.message})

    def _body(self) -> Any:
        self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        return self.server.bodies[-1]

    def _answer(self, status: int, document: object) -> None:
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Served:
    """The server behind TLS on a free port of 127.0.0.1, and a kubeconfig for it."""

    def __init__(self, folder: Path) -> None:
        authority = Authority()
        certificate, key = authority.issue("kube-apiserver")
        (folder / "server.pem").write_bytes(certificate + key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem")
        self.http = Server()
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)
        port = self.http.server_address[1]
        self.config = kubeconfig(folder / "kubeconfig", port, authority, authority.issue("kubernetes-admin"))
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join(10)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=["fake", "real"])
def objects(request: pytest.FixtureRequest) -> ClusterObjects:
    if request.param == "fake":
        return FakeObjects()
    return KubernetesObjects(request.getfixturevalue("served").config)


def test_what_is_made_is_there_and_what_is_deleted_is_not(objects: ClusterObjects) -> None:
    objects.create(NAMESPACES, namespace("labctl-probe-x", "1 2.0"))
    objects.create(f"{SPACE}/serviceaccounts", account())
    for pod in probe_pods("node-1", "busybox:1"):
        assert objects.create(f"{SPACE}/pods", pod)["metadata"]["name"] == pod["metadata"]["name"]
    assert len(objects.get(f"{SPACE}/pods")["items"]) == 2
    objects.delete(f"{SPACE}/pods")
    assert objects.get(f"{SPACE}/pods")["items"] == []
    objects.delete(SPACE)
    assert objects.get(OF_OURS)["items"] == []


def test_a_label_selects(objects: ClusterObjects) -> None:
    objects.create(NAMESPACES, namespace("labctl-probe-x", "1 2.0"))
    objects.create(NAMESPACES, {"kind": "Namespace", "metadata": {"name": "default"}})
    assert [each["metadata"]["name"] for each in objects.get(OF_OURS)["items"]] == ["labctl-probe-x"]


def test_what_is_there_already_is_refused_by_name(objects: ClusterObjects) -> None:
    objects.create(NAMESPACES, namespace("labctl-probe-x", "1 2.0"))
    with pytest.raises(ToolError, match=r"refused to make labctl-probe-x: .*already exists"):
        objects.create(NAMESPACES, namespace("labctl-probe-x", "1 2.0"))


def test_deleting_what_is_not_there_is_no_error(objects: ClusterObjects) -> None:
    objects.delete(f"{NAMESPACES}/missing")


def test_a_namespace_of_probes_goes_with_all_that_is_in_it(objects: ClusterObjects) -> None:
    with probe_namespace(objects) as path:
        objects.create(f"{path}/pods", probe_pods("node-1", "busybox:1")[0])
        assert objects.get(OF_OURS)["items"]
    assert objects.get(OF_OURS)["items"] == []


def test_pods_get_no_grace(served: Served) -> None:
    KubernetesObjects(served.config).delete(f"{SPACE}/pods")
    assert served.http.bodies[-1]["gracePeriodSeconds"] == 0


def test_an_answer_that_is_no_json_is_quoted(served: Served) -> None:
    with pytest.raises(ToolError, match=r"refused to delete .*: <html>the proxy says no"):
        KubernetesObjects(served.config).delete(f"{NAMESPACES}/garbled")


def test_a_server_that_is_gone_is_told(served: Served) -> None:
    objects = KubernetesObjects(served.config)
    served.http.socket.close()
    served.http.shutdown()
    with pytest.raises(ToolError, match="does not answer"):
        objects.create(NAMESPACES, namespace("labctl-probe-x", "1 2.0"))
