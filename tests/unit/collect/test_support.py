"""The archive for a helper: whole, judged as the lab is, without secrets, written whatever is broken."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from planted import HIDDEN, SECRETS

from labctl.adapters.ports import Completed
from labctl.checks import judge
from labctl.checks.model import CheckReport
from labctl.checks.recorded import judge_recording
from labctl.collect import API_PATHS, look
from labctl.collect.support import PATHS, Collected, Sources, collect_archive, gather
from labctl.errors import ToolError, UsageError
from labctl.facts import Unavailable
from labctl.plan import LabPlan, default_plan
from labctl.workspace import Workspace
from tests.fakes import FakeApi, FakeShell, World, recording

PLAN = default_plan("v1.20.2")
NODES = [node.name for node in PLAN.nodes]
NOW = 1_623_982_951.0
ALL = "\n\n".join(secret.text for secret in SECRETS.values())


@dataclass
class LoggingShell(FakeShell):
    """A FakeShell whose nodes have logs, all of them saying `log`."""

    log: str = "started\n"

    def run(
        self, node: str, command: str, *, stdin: bytes | None = None, timeout: float = 30, check: bool = True
    ) -> Completed:
        done = super().run(node, command, stdin=stdin, timeout=timeout, check=check)
        if command != "sh -s logs":
            return done
        docker = json.dumps({"log": self.log, "stream": "stderr", "time": "2021-06-18T02:22:31Z"})
        logs = dict.fromkeys(("kubelet.service.log", "docker.service.log", "containerd.service.log"), self.log)
        logs |= {"state.txt": self.log, "weave-net-x/weave-0.log": docker + "\n"}
        packed = {name: base64.b64encode(gzip.compress(text.encode())).decode() for name, text in logs.items()}
        return Completed(("ssh", node), 0, "".join(f"{name}\t{text}\n" for name, text in packed.items()), "")


@dataclass
class Tools:
    """A ProcessRunner: every tool says `says`."""

    says: str = "1.0"
    cancelled: list[bool] = field(default_factory=list)

    def run(self, command: Sequence[str], **_: object) -> Completed:
        return Completed(tuple(command), 0, self.says, "")

    def cancel(self) -> None:
        self.cancelled.append(True)


class Bench:
    """A lab in memory and a folder to write to."""

    def __init__(self, tmp_path: Path, name: str = "healthy") -> None:
        self.world = World(files=recording(name), running=set(NODES), cluster=True)
        self.shell = LoggingShell(self.world)
        self.api: Callable[[], FakeApi] = FakeApi(self.world).open
        self.tools = Tools()
        self.workspace = Workspace("tutorial", tmp_path / "labs")
        self.home = ""
        self.out = tmp_path / "out"
        self.out.mkdir()
        self.said: list[str] = []

    def begun(self, plan: LabPlan | None = PLAN) -> Bench:
        self.workspace.prepare()
        self.workspace.journal.begin("20210618T022222-abc", "up", 1.0)
        (self.workspace.logs / "20210618T022222-abc.log").write_text("the run's log\n")
        if plan is not None:
            self.workspace.save_plan(plan)
        return self

    @property
    def sources(self) -> Sources:
        return Sources(self.workspace, self.shell, self.api, self.tools, {"labs": self.out}, self.home)

    def collect(self, wanted: Path | None = None, *, force: bool = False) -> Collected:
        return collect_archive(self.sources, wanted or self.out, self.said.append, force=force, now=NOW)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def contents(made: Collected) -> dict[str, bytes]:
    """Files of the archive by name, without the folder that all are in."""
    files = {}
    with tarfile.open(made.path) as archive:
        for member in archive:
            content = archive.extractfile(member)
            assert content is not None
            files[member.name.partition("/")[2]] = content.read()
    return files


def test_what_is_in_it(bench: Bench) -> None:
    files = contents(bench.begun().collect())
    for name in (
        *("README.txt", "plan.json", "computer.json", "missing.json", "lab/journal.jsonl"),
        *("api/api_v1_nodes.json", "nodes/node-1/host.txt", "lab/logs/20210618T022222-abc.log"),
        *("logs/node-3/kubelet.service.log", "logs/node-3/state.txt", "logs/node-3/weave-net-x/weave-0.log"),
    ):
        assert files[name].strip(), name
    assert files["logs/node-1/weave-net-x/weave-0.log"] == b"2021-06-18T02:22:31Z started\n"
    assert LabPlan.from_json(json.loads(files["plan.json"])) == PLAN


def outcomes(report: CheckReport) -> list[object]:
    # What needs a live lab is skipped on every recording.
    return [
        (r.check.id, r.scope, r.outcome, r.actual, r.why, r.because)
        for r in report.results
        if not r.check.id.startswith(("kubectl.", "network.", "dns."))
    ]


def spoil(bench: Bench, how: str) -> None:
    if how == "API down":
        bench.world.cluster = False
    if how == "node-2 down":
        bench.world.running.remove("node-2")
    if how == "nothing runs":
        bench.world.running.clear()
        bench.world.cluster = False


@pytest.mark.parametrize("how", ["as it is", "API down", "node-2 down", "nothing runs"])
@pytest.mark.parametrize(
    "name", ["healthy", "kubelet-stopped-on-node-2", "coredns-one-replica", "weave-net-missing-on-node-3"]
)
def test_it_is_judged_as_the_lab_is(tmp_path: Path, name: str, how: str) -> None:
    bench = Bench(tmp_path, name).begun()
    spoil(bench, how)
    live = judge(PLAN, look(PLAN, bench.shell, bench.api))
    assert outcomes(judge_recording(bench.collect().path)) == outcomes(live)


def plant(bench: Bench) -> None:
    """Put every secret into every source: API answers, nodes' facts, logs, this computer, lab folder, reasons."""
    world = bench.world
    for key, content in list(world.files.items()):
        if key.startswith("api/") and key != "api/version.json":
            answer = json.loads(content)
            answer["items"].append({"metadata": {"name": "planted"}, "data": {"file": ALL}})
            world.files[key] = json.dumps(answer).encode()
        elif key.endswith(".txt"):
            world.files[key] = content + b"\n" + ALL.encode()
    world.files["api/api_v1_events.json"] = json.dumps({"items": [{"message": ALL}]}).encode()
    bench.shell.log = ALL
    bench.tools.says = ALL
    root = bench.workspace.root
    for name in (
        "journal.jsonl",
        "Vagrantfile",
        "inventory.yml",
        "logs/20210618T022222-abc.log",
        "logs/look.tools.log",
    ):
        with (root / name).open("a") as stream:
            stream.write(f"\n{ALL}\n{json.dumps({'event': ALL})}\n")
    for name in ("kubeconfig", "ssh_config", "id_ed25519", "settings.json.key"):
        (root / name).write_text(ALL)
    world.running.remove("node-3")


def found(content: bytes) -> list[str]:
    return [piece for piece in HIDDEN if piece.encode() in content]


def test_no_secret_gets_into_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABCTL_PASSWORD", "hunter2")
    monkeypatch.setenv("HTTPS_PROXY", "http://alice:hunter2@proxy.example:3128")
    plant(bench.begun())
    bench.shell.log = ALL
    told = "node-1: kubeadm said --token abcdef.0123456789abcdef"

    def refused() -> FakeApi:
        raise ToolError(told)

    for api in (bench.api, refused):
        bench.api = api
        made = bench.collect(force=True)
        whole = gzip.decompress(made.path.read_bytes())
        assert found(whole) == []
        assert found(json.dumps(dict(made.missing)).encode()) == []
        # Whoever searches for them searches like this.
        assert (
            re.findall(
                rb"[a-z0-9]{6}\.[a-z0-9]{16}|BEGIN[A-Z ]*PRIVATE|eyJ[\w-]+\.|client-key-data: (?!REMOVED)", whole
            )
            == []
        )


def test_the_secrets_were_there_to_be_found_in_every_source(bench: Bench) -> None:
    """The test above can fail: what was gathered, not yet cleaned, holds them under every name that may."""
    plant(bench.begun())
    gathered = gather(bench.sources, bench.said.append)
    holding = {name for name, content in gathered.items() if isinstance(content, bytes) and found(content)}
    for name in (
        *("api/api_v1_namespaces_kube-system_configmaps.json", "api/api_v1_events.json", "api/api_v1_pods.json"),
        *("nodes/node-1/host.txt", "nodes/node-1/systemctl-status-kubelet.service.txt", "computer.json"),
        *("logs/node-1/kubelet.service.log", "logs/node-1/weave-net-x/weave-0.log", "logs/node-1/state.txt"),
        *("lab/journal.jsonl", "lab/Vagrantfile", "lab/logs/20210618T022222-abc.log", "lab/logs/look.tools.log"),
    ):
        assert name in holding
    assert not {name for name in gathered if "kubeconfig" in name or "ssh" in name or "id_" in name}


def test_secrets_are_never_asked_for() -> None:
    assert not [path for path in PATHS if "secret" in path]
    assert set(PATHS) >= set(API_PATHS)


def test_what_cannot_be_had_is_named_with_its_reason(bench: Bench) -> None:
    bench.world.running.remove("node-2")
    del bench.world.files["api/api_v1_namespaces.json"]
    made = bench.begun().collect()
    assert made.missing["logs/node-2"] == "node-2 cannot be reached over SSH"
    assert made.missing["nodes/node-2/ip-addr.json"] == "node-2 cannot be reached over SSH"
    assert made.missing["api/api_v1_namespaces.json"].endswith("404")
    told = json.loads(contents(made)["missing.json"])
    assert told["api/api_v1_namespaces.json"] == {"absent": made.missing["api/api_v1_namespaces.json"]}
    assert {key: why["absent"] if isinstance(why, dict) else why for key, why in told.items()} == made.missing
    assert "node-2: 0 files, 15 missing" in bench.said
    # One timeout for a node that is down, not two.
    assert [command for node, command in bench.shell.commands if node == "node-2"] == ["sh -s"]


@pytest.mark.parametrize("state", ["never begun", "no plan yet", "a damaged plan"])
def test_before_there_is_a_lab(bench: Bench, state: str) -> None:
    if state != "never begun":
        bench.begun(None)
    if state == "a damaged plan":
        (bench.workspace.root / "plan.json").write_text('{"name": ')
    made = bench.collect()
    files = contents(made)
    assert json.loads(files["computer.json"])["labctl"]
    assert ("lab/logs/20210618T022222-abc.log" in files) == (state != "never begun")
    expected = "plan.json cannot be read" if state == "a damaged plan" else "was not brought up on this computer"
    assert expected in made.missing["plan.json"]
    assert bench.shell.commands == []
    # A helper sees that nothing could be looked at, and why.
    judged = judge_recording(made.path)
    assert judged.exit_code() == 4
    assert expected in judged.of("nodes.members").why


def test_the_same_lab_makes_the_same_bytes(bench: Bench) -> None:
    bench.begun()
    first = bench.collect(bench.out / "lab.tar.gz")
    before = contents(first)
    after = contents(bench.collect(bench.out / "lab.tar.gz", force=True))
    assert list(before) == list(after) == sorted(before)
    assert not [name for name in before if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]+", name) or ".." in name]


def test_it_says_nothing_of_who_packed_it(bench: Bench) -> None:
    bench.home = str(bench.out.parent)
    made = bench.begun().collect()
    with tarfile.open(made.path) as archive:
        for member in archive:
            assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")
            assert (member.mode, member.mtime, member.isreg()) == (0o600, int(NOW), True)
    # gzip's header: no name, the time of the look.
    assert made.path.read_bytes()[3] == 0
    assert bench.home.encode() not in gzip.decompress(made.path.read_bytes())


class TestDestination:
    def test_named_by_lab_and_time_in_the_current_folder(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(bench.out)
        made = collect_archive(bench.sources, None, bench.said.append, now=NOW)
        assert made.path == Path("labctl-tutorial-20210618T022231Z.tar.gz")
        assert made.path.stat().st_mode & 0o777 == 0o600

    def test_or_in_a_folder_that_is_given(self, bench: Bench) -> None:
        assert bench.collect(bench.out).path == bench.out / "labctl-tutorial-20210618T022231Z.tar.gz"

    @pytest.mark.parametrize("name", ["a b.tar.gz", "-x.tar.gz", ".tar.gz", "ä\n.tgz", "x" * 200])
    def test_whatever_the_file_is_called_its_members_have_plain_names(self, bench: Bench, name: str) -> None:
        made = bench.collect(bench.out / name)
        with tarfile.open(made.path) as archive:
            assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._/-]+", member.name) for member in archive)
        assert judge_recording(made.path)

    def test_a_file_that_is_there_stays_unless_forced(self, bench: Bench) -> None:
        path = bench.out / "lab.tar.gz"
        path.write_text("mine")
        with pytest.raises(UsageError, match="is there already"):
            bench.collect(path)
        assert path.read_text() == "mine"
        assert bench.said == []
        bench.collect(path, force=True)
        assert "missing.json" in contents(bench.collect(path, force=True))

    def test_a_folder_that_is_not_there_is_told_before_anything_is_asked(self, bench: Bench) -> None:
        with pytest.raises(ToolError, match="there is no folder"):
            bench.begun().collect(bench.out / "no" / "lab.tar.gz")
        assert bench.shell.commands == []

    @pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
    def test_a_disk_that_is_full_or_ctrl_c_leaves_nothing(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch, error: BaseException
    ) -> None:
        def fail(descriptor: int) -> None:
            raise error

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(ToolError if isinstance(error, OSError) else KeyboardInterrupt) as caught:
            bench.collect()
        assert list(bench.out.iterdir()) == []
        if isinstance(caught.value, ToolError):
            assert "No space left on device" in caught.value.message


def test_ctrl_c_ends_what_runs(bench: Bench) -> None:
    def interrupted() -> FakeApi:
        raise KeyboardInterrupt

    bench.begun().api = interrupted
    with pytest.raises(KeyboardInterrupt):
        bench.collect()
    assert bench.tools.cancelled == [True]
    assert list(bench.out.iterdir()) == []


class TestLabFiles:
    def test_a_long_log_gives_its_end_from_a_line_on(self, bench: Bench) -> None:
        (bench.begun().workspace.logs / "20210619T000000-def.log").write_text("line\n" * 500_000)
        content = contents(bench.collect())["lab/logs/20210619T000000-def.log"]
        assert 2**20 - 5 <= len(content) <= 2**20
        assert content.startswith(b"line\n")

    def test_only_the_newest_logs(self, bench: Bench) -> None:
        bench.begun()
        for day in range(10, 30):
            (bench.workspace.logs / f"202106{day}T000000-abc.log").write_text("x")
        logs = [name for name in contents(bench.collect()) if name.startswith("lab/logs/")]
        assert len(logs) == 12
        assert "lab/logs/20210629T000000-abc.log" in logs

    def test_what_is_no_file_is_not_waited_for(self, bench: Bench) -> None:
        logs = bench.begun().workspace.logs
        os.mkfifo(logs / "pipe.log")
        (logs / "link.log").symlink_to("/etc/passwd")
        (logs / "folder.log").mkdir()
        (logs / "odd\nname.log").write_text("x")
        made = bench.collect()
        assert {name: why for name, why in made.missing.items() if name.startswith("lab/")} == {
            "lab/logs/pipe.log": "it is not a regular file",
            "lab/logs/link.log": "it cannot be read: Too many levels of symbolic links",
            "lab/logs/folder.log": "it is not a regular file",
        }
        assert not [name for name in contents(made) if "odd" in name]


def test_nothing_unavailable_is_told_where_nothing_is_missing(bench: Bench) -> None:
    bench.world.files["api/api_v1_namespaces.json"] = b"{}"
    bench.world.files["api/api_v1_events.json"] = b"{}"
    bench.world.files.setdefault("api/api_v1_namespaces_default_endpoints.json", b'{"items": []}')
    gathered = gather(bench.begun().sources, bench.said.append)
    assert {name: why for name, why in gathered.items() if isinstance(why, Unavailable)} == {}
