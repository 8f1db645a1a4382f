"""node_logs(): bounded logs of a node, under plain names whatever the node says."""

from __future__ import annotations

import base64
import gzip
import json
import re
import subprocess
from pathlib import Path

import pytest

from labctl.adapters.ports import Completed
from labctl.collect import logs as module
from labctl.collect.logs import LOG_BYTES, LOG_UNITS, MOST_LOGS, node_logs
from labctl.errors import ToolError
from labctl.facts import Unavailable

UNITS = {f"logs/node-1/{unit}.log" for unit in LOG_UNITS} | {"logs/node-1/state.txt"}


class Saying:
    """A NodeShell whose nodes all say the same."""

    def __init__(self, stdout: str, stderr: str = "") -> None:
        self._said = Completed(("ssh",), 0, stdout, stderr)

    def run(self, *_: object, **__: object) -> Completed:
        return self._said


class Silent:
    def run(self, *_: object, **__: object) -> Completed:
        raise ToolError("node-1: ssh did not end within 120 s")


def packed(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, mtime=0)).decode()


def said(*lines: tuple[str, str], stderr: str = "") -> dict[str, bytes | Unavailable]:
    shell = Saying("".join(f"{name}\t{content}\n" for name, content in lines), stderr)
    return node_logs("node-1", shell)  # type: ignore[arg-type]


def reason(content: bytes | Unavailable) -> str:
    assert isinstance(content, Unavailable)
    return content.reason


def test_logs_by_name() -> None:
    files = said(("kubelet.service.log", packed(b"one\ntwo\n")), ("weave-net-x/weave-0.log", packed(b"plain\n")))
    assert files["logs/node-1/kubelet.service.log"] == b"one\ntwo\n"
    assert files["logs/node-1/weave-net-x/weave-0.log"] == b"plain\n"
    assert reason(files["logs/node-1/state.txt"]) == "node-1 gave no answer"


def test_a_containers_log_is_its_lines() -> None:
    records = [{"log": "one\n", "stream": "stderr", "time": "T1"}, {"log": "two\n", "stream": "stdout", "time": "T2"}]
    text = "\n".join(json.dumps(each) for each in records) + '\n{"log": 5}\n[1]\ncut off {"log'
    files = said(("p/c-1.log", packed(text.encode())))
    assert files["logs/node-1/p/c-1.log"] == b'T1 one\nT2 two\n{"log": 5}\n[1]\ncut off {"log'


@pytest.mark.parametrize(
    "name",
    ["../x", "/x", "a/../x", "a/b/c", ".hidden", "a b", "a\x00b", "x" * 400, "", "a/", "-x", "a\\b", "ä"],
)
def test_a_name_that_is_none_becomes_no_file(name: str) -> None:
    assert set(said((name, packed(b"x")))) == UNITS


def test_more_logs_than_there_may_be_are_left_out() -> None:
    files = said(*((f"pod/c-{i}.log", packed(b"x")) for i in range(MOST_LOGS * 2)))
    assert len(files) == MOST_LOGS + len(UNITS)


def test_a_bomb_is_no_log() -> None:
    files = said(("kubelet.service.log", packed(bytes(LOG_BYTES * 50))))
    assert reason(files["logs/node-1/kubelet.service.log"]) == "the node's answer was cut off"


@pytest.mark.parametrize("content", ["!", "AAAA", packed(b"x" * 100)[:-6], packed(b"x" * 100)[:20], ""])
def test_an_answer_that_is_cut_off(content: str) -> None:
    files = said(("state.txt", content))
    assert reason(files["logs/node-1/state.txt"]) == "the node's answer was cut off"


def test_a_node_that_does_not_answer_says_why() -> None:
    files = node_logs("node-1", Silent())  # type: ignore[arg-type]
    assert set(files) == UNITS
    assert {reason(content) for content in files.values()} == {"node-1: ssh did not end within 120 s"}
    assert reason(said(stderr="sudo: a password is required\n")["logs/node-1/state.txt"]).endswith("is required")


def test_the_script_names_its_logs_on_a_node_that_has_nearly_nothing(tmp_path: Path) -> None:
    """Run for real: what a tool that is missing says is the log, and no pod is no error."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("sh", "base64", "tr", "head", "tail", "gzip", "ls", "printf", "echo"):
        found = subprocess.run(["sh", "-c", f"command -v {tool}"], capture_output=True, text=True, check=False)
        if found.stdout.startswith("/"):
            (tools / tool).symlink_to(found.stdout.strip())
    pods = tmp_path / "pods" / "kube-system_weave-net-x_0-0" / "weave"
    pods.mkdir(parents=True)
    for number in range(3):
        (pods / f"{number}.log").write_text(f"run {number}\n")
    bare = re.sub(r"PATH=\S+", f"PATH={tools}", module._SCRIPT).replace("/var/log/pods", str(tmp_path / "pods"))
    done = subprocess.run(["sh", "-s", "logs"], input=bare, capture_output=True, text=True, check=False)
    files = node_logs("node-1", Saying(done.stdout))  # type: ignore[arg-type]
    assert set(files) > UNITS
    assert "not found" in str(files["logs/node-1/kubelet.service.log"])
    assert sum("weave-net-x/weave-" in name for name in files) == 2
