"""collect(): every file of a recording is there, or there is a reason why not."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from pathlib import Path

import pytest

from labctl.adapters.ports import Completed
from labctl.collect import live as module
from labctl.collect.live import API_PATHS, UNITS, api_file, collect, look
from labctl.collect.units import by_unit
from labctl.errors import ToolError
from labctl.facts import NotObserved, Unavailable
from labctl.plan import LabPlan, default_plan
from tests.fakes import FakeApi, FakeShell, World, recording

PLAN = default_plan("v1.20.2")
NODES = [node.name for node in PLAN.nodes]
PER_NODE = {f"systemctl-{verb}-{unit}.txt" for unit in UNITS for verb in ("show", "status")} | {
    "docker-version.json",
    "docker-info.json",
    "ip-addr.json",
    "host.txt",
    "labctl.json",
    "certificates.json",
}


@pytest.fixture
def world() -> World:
    return World(running=set(NODES), cluster=True)


def seen(world: World) -> dict[str, bytes | Unavailable]:
    return collect(PLAN, FakeShell(world), FakeApi(world).open)


def reason(content: bytes | Unavailable) -> str:
    assert isinstance(content, Unavailable)
    return content.reason


def test_every_file_is_named(world: World) -> None:
    files = seen(world)
    wanted = {"plan.json"} | {api_file(path) for path in API_PATHS}
    wanted |= {f"nodes/{node}/{name}" for node in NODES for name in PER_NODE}
    wanted.add("nodes/k8s-master/kubectl-non-root.txt")
    assert set(files) == wanted


def test_what_was_seen_is_what_is_so(world: World) -> None:
    world.mark("node-1", "base", "abc")
    files = seen(world)
    healthy = recording("healthy")
    for name, content in healthy.items():
        if name in files and not name.endswith("labctl.json") and name.startswith("nodes/"):
            assert files[name] == content, name
    plan = files["plan.json"]
    assert isinstance(plan, bytes)
    assert LabPlan.from_json(json.loads(plan)) == PLAN
    assert files["nodes/node-1/labctl.json"] == b'{"base": "abc"}'
    nodes = files["api/api_v1_nodes.json"]
    assert isinstance(nodes, bytes)
    assert json.loads(nodes) == json.loads(healthy["api/api_v1_nodes.json"])


def test_the_file_of_an_api_path_is_the_recordings() -> None:
    assert api_file("/version") == "api/version.json"
    assert api_file("/apis/apps/v1/namespaces/kube-system/daemonsets") == (
        "api/apis_apps_v1_namespaces_kube-system_daemonsets.json"
    )


def test_a_node_that_does_not_answer_spoils_its_own_files_only(world: World) -> None:
    world.running.remove("node-2")
    files = seen(world)
    for name in PER_NODE:
        assert reason(files[f"nodes/node-2/{name}"]) == "node-2 cannot be reached over SSH"
        assert isinstance(files.get(f"nodes/node-3/{name}"), bytes) or f"nodes/node-3/{name}" not in world.files
    assert isinstance(files["api/version.json"], bytes)


def test_an_api_that_does_not_answer_spoils_its_own_files_only(world: World) -> None:
    world.cluster = False
    files = seen(world)
    assert {reason(files[api_file(path)]) for path in API_PATHS} == {"the API server does not answer"}
    assert isinstance(files["nodes/node-1/ip-addr.json"], bytes)


def test_an_answer_that_is_refused_spoils_itself_only(world: World) -> None:
    del world.files["api/api_v1_pods.json"]
    files = seen(world)
    assert reason(files["api/api_v1_pods.json"]) == "the API server refused /api/v1/pods: 404"
    assert isinstance(files["api/api_v1_nodes.json"], bytes)


class Saying:
    """A NodeShell whose nodes all say the same."""

    def __init__(self, stdout: str, stderr: str = "") -> None:
        self._said = Completed(("ssh",), 0, stdout, stderr)

    def run(self, *_: object, **__: object) -> Completed:
        return self._said


def said(stdout: str, stderr: str = "") -> dict[str, bytes | Unavailable]:
    return collect(PLAN, Saying(stdout, stderr), FakeApi(World(cluster=True)).open)  # type: ignore[arg-type]


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_an_answer_that_is_cut_off_is_no_answer(cut: int) -> None:
    line = "ip-addr.json\t" + base64.b64encode(b'[{"ifname": "lo"}]').decode()
    files = said(f"host.txt\t{base64.b64encode(b'whole').decode()}\n{line[:-cut]}")
    assert files["nodes/node-1/host.txt"] == b"whole"
    assert reason(files["nodes/node-1/ip-addr.json"]) == "the node's answer was cut off"
    assert reason(files["nodes/node-1/docker-info.json"]).startswith("node-1 gave no answer")


def test_a_node_that_says_nothing_gives_its_complaint_as_the_reason() -> None:
    files = said("", "sudo: a password is required\n")
    assert reason(files["nodes/node-3/host.txt"]) == "node-3 gave no answer: sudo: a password is required"


def test_what_stands_before_the_answers_does_not_matter() -> None:
    files = said(f"Welcome to this node!\n\nhost.txt\t{base64.b64encode(b'x').decode()}\n")
    assert files["nodes/node-1/host.txt"] == b"x"


def test_an_unreadable_name_cannot_lead_out_of_the_nodes_folder() -> None:
    files = said(f"../../plan.json\t{base64.b64encode(b'x').decode()}\nunknown\teA==\n")
    assert isinstance(files["plan.json"], bytes)
    assert {name for name in files if ".." in name or "unknown" in name} == set()


def test_an_error_of_the_api_client_itself_is_a_reason(world: World) -> None:
    def no_kubeconfig() -> FakeApi:
        raise ToolError("the lab has no kubeconfig yet")

    files = collect(PLAN, FakeShell(world), no_kubeconfig)
    assert reason(files["api/version.json"]) == "the lab has no kubeconfig yet"


def test_facts_of_a_look_say_what_could_not_be_seen(world: World) -> None:
    world.running.remove("node-2")
    facts = look(PLAN, FakeShell(world), FakeApi(world).open)
    assert isinstance(facts.machine("node-2").host, NotObserved)
    assert not isinstance(facts.machine("node-1").host, NotObserved)


def script() -> str:
    return module._NODE_SCRIPT


def test_the_nodes_script_is_sh() -> None:
    subprocess.run(["sh", "-n"], input=script() + module._MASTER_SCRIPT, text=True, check=True)


def test_the_nodes_script_names_every_file_whatever_is_missing_on_the_node(tmp_path: Path) -> None:
    """Run for real, on a node where nearly nothing is there: each file is named, and none of it is an error."""
    for tool in ("sh", "base64", "tr", "cat", "head", "printf", "ls", "timeout"):
        found = subprocess.run(["sh", "-c", f"command -v {tool}"], capture_output=True, text=True, check=False)
        if found.stdout.startswith("/"):
            (tmp_path / tool).symlink_to(found.stdout.strip())
    bare = re.sub(r"PATH=\S+", f"PATH={tmp_path}", script())
    done = subprocess.run(["sh", "-s"], input=bare, capture_output=True, text=True, check=False)
    lines = (line.partition("\t")[::2] for line in done.stdout.splitlines())
    named = by_unit({f"nodes/node-1/{name}": base64.b64decode(content) for name, content in lines}, "nodes/node-1")
    assert set(named) == {f"nodes/node-1/{name}" for name in PER_NODE}
    for missing in ("ip-addr.json", *(name for name in PER_NODE if name.startswith("systemctl-"))):
        assert b"not found" in told(named[f"nodes/node-1/{missing}"])
    assert json.loads(told(named["nodes/node-1/labctl.json"])) == {}


def told(content: bytes | Unavailable) -> bytes:
    assert isinstance(content, bytes)
    return content
