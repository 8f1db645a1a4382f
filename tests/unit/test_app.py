"""The composition root: which lab a command means, when `up` refuses one, what ssh and kubectl are handed."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labctl import app
from labctl.errors import ConfigError, ExitCode, ToolError, UsageError
from labctl.plan import Box, LabPlan, NetworkPlan, NodePlan, default_plan
from labctl.providers.host import Host
from labctl.providers.registry import provider_named
from labctl.status import status
from labctl.steps.recipes import UP
from labctl.workspace import Workspace, labs_folder
from tests.fakes import Recorder

PLAN = default_plan()
CLASS = "name: class-a\nnodes:\n- {name: head, role: control-plane, ip: 192.168.60.10}\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and folders of labctl's own."""
    monkeypatch.setenv("LABCTL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LABCTL_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    # Commands that look at a lab that is there ask nothing of this computer.
    monkeypatch.setattr(app, "probe_host", lambda _: Host(vagrant=True, virtualbox=True))
    return folder


def lab(name: str = "tutorial", plan: LabPlan = PLAN) -> Workspace:
    workspace = Workspace(name)
    workspace.prepare()
    workspace.save_plan(replace(plan, name=name))
    return workspace


def resolved(plan: LabPlan = PLAN) -> app.Resolved:
    provider = provider_named(plan.provider)
    return app.Resolved(Path("lab.yml"), plan, provider, Host(vagrant=True, virtualbox=True), None, ())


class TestLabFile:
    def test_the_given_one(self, here: Path) -> None:
        (here / "lab.yml").write_text(CLASS)
        assert app.lab_file(Path("other.yml")) == Path("other.yml")

    def test_else_the_one_here(self, here: Path) -> None:
        (here / "lab.yml").write_text(CLASS)
        assert app.lab_file(None) == Path("lab.yml")

    def test_else_the_tutorials_own(self) -> None:
        assert app.lab_file(None).parts[-2:] == ("vagrant", "lab.yml")

    def test_a_folder_in_its_place_is_a_mistake_of_the_lab_file(self, here: Path) -> None:
        (here / "lab.yml").mkdir()
        with pytest.raises(ConfigError):
            app.existing(None, None)


class TestFolders:
    def test_the_cache_can_be_set(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        assert app.cache_folder() == tmp_path / "cache"
        monkeypatch.setenv("LABCTL_CACHE_DIR", "relative")
        assert app.cache_folder() == Path.cwd() / "relative"

    def test_else_it_is_the_users(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.delenv("LABCTL_CACHE_DIR")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
        assert app.cache_folder() == tmp_path / "xdg" / "labctl"


class TestExisting:
    def test_by_name(self) -> None:
        lab("one")
        lab("two")
        assert app.existing("two", None).plan.name == "two"

    def test_by_lab_file(self, here: Path) -> None:
        lab("class-a")
        lab("tutorial")
        (here / "lab.yml").write_text(CLASS)
        assert app.existing(None, None).plan.name == "class-a"

    def test_the_only_one_there_is(self) -> None:
        lab("whatever")
        assert app.existing(None, None).plan.name == "whatever"

    def test_a_lab_file_here_counts_more_than_the_only_one(self, here: Path) -> None:
        lab("whatever")
        (here / "lab.yml").write_text(CLASS)
        with pytest.raises(ConfigError, match="there is no lab class-a") as caught:
            app.existing(None, None)
        assert caught.value.hint == "labctl up"

    def test_of_several_the_tutorials(self) -> None:
        lab("one")
        lab("tutorial")
        assert app.existing(None, None).plan.name == "tutorial"

    @pytest.mark.parametrize("name", [None, "nowhere", "..", "/", "a/b"])
    def test_none(self, name: str | None) -> None:
        with pytest.raises(ConfigError, match="there is no lab") as caught:
            app.existing(name, None)
        assert caught.value.exit_code == ExitCode.CONFIG
        assert not labs_folder().exists()

    def test_a_plan_that_is_none(self) -> None:
        (lab().root / "plan.json").write_text('{"name": "tutorial"}')
        with pytest.raises(ConfigError) as caught:
            app.existing("tutorial", None)
        assert caught.value.hint


OTHERS: dict[str, LabPlan] = {
    "provider: the lab has virtualbox, the lab file says docker": replace(PLAN, provider="docker"),
    "network: the lab has": replace(PLAN, network=NetworkPlan("10.64.0.0/12", "10.96.0.0/12")),
    "box: the lab has": replace(PLAN, box=Box(name="generic/debian12")),
    "release: the lab has": replace(PLAN, release="other"),
    "node node-3: the lab has": replace(PLAN, nodes=PLAN.nodes[:-1]),
    "node node-1: the lab has": replace(
        PLAN, nodes=(PLAN.nodes[0], replace(PLAN.nodes[1], memory_mb=4096), *PLAN.nodes[2:])
    ),
}
SAME: dict[str, LabPlan] = {
    "nothing": PLAN,
    "the bundle": replace(PLAN, bundle=replace(PLAN.bundle, fingerprint="0123456789abcdef", source="folder")),
    "reasons": replace(PLAN, provider_reason="another"),
    "one node more": replace(PLAN, nodes=(*PLAN.nodes, NodePlan("node-4", "worker", "192.168.50.14", 1, 1536))),
    "the nodes' order": replace(PLAN, nodes=tuple(reversed(PLAN.nodes))),
}


class TestSameLab:
    @pytest.mark.parametrize("problem", OTHERS)
    def test_what_would_need_other_machines_is_told(self, problem: str) -> None:
        with pytest.raises(ConfigError, match="made by another plan") as caught:
            app._same_lab(PLAN, OTHERS[problem])
        assert len(caught.value.problems) == 1
        assert caught.value.problems[0].startswith(problem)
        assert "labctl destroy" in (caught.value.hint or "")

    def test_all_of_it_at_once(self) -> None:
        other = replace(PLAN, provider="docker", nodes=PLAN.nodes[:2], box=Box(name="x"))
        with pytest.raises(ConfigError) as caught:
            app._same_lab(PLAN, other)
        assert len(caught.value.problems) == 4

    @pytest.mark.parametrize("what", SAME)
    def test_what_needs_none_is_fine(self, what: str) -> None:
        app._same_lab(PLAN, SAME[what])

    def test_up_refuses_before_it_does_anything(self) -> None:
        workspace = lab()
        before = (workspace.root / "plan.json").read_bytes()
        with pytest.raises(ConfigError, match="made by another plan"):
            app.up(resolved(replace(PLAN, provider="docker")), app.UpOptions(), lambda _: Recorder())
        assert (workspace.root / "plan.json").read_bytes() == before
        assert [run.outcome for run in workspace.journal.runs()] == ["failed"]

    def test_up_goes_on_where_the_kept_plan_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As an older labctl may have left it: its hint says that up writes it again."""
        workspace = lab()
        (workspace.root / "plan.json").write_text('{"name": "tutorial"}')
        told = Recorder()
        reached = ToolError("preflight was reached")

        def stop(*_: object) -> None:
            raise reached

        monkeypatch.setattr("labctl.steps.preflight.preflight", stop)
        with pytest.raises(ToolError, match="preflight was reached"):
            app.up(resolved(), app.UpOptions(), lambda _: told)
        assert "it is written again" in str(told.events[0])


class TestOptions:
    @pytest.mark.parametrize("options", [("base", None), (None, "base"), ("base", "base"), ("base", "workers")])
    def test_ranges(self, options: tuple[str | None, str | None]) -> None:
        app.UpOptions(*options).check()

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (("nothing", None), "there is no step nothing"),
            ((None, "nothing"), "there is no step nothing"),
            (("workers", "base"), "--until base comes before --from workers"),
        ],
    )
    def test_no_ranges(self, options: tuple[str | None, str | None], message: str) -> None:
        with pytest.raises(UsageError, match=message):
            app.UpOptions(*options).check()


class TestDryRun:
    def test_without_a_lab_every_step_is_to_be_done_and_nothing_is_touched(self, tmp_path: Path) -> None:
        steps = app.dry_run(resolved(), app.UpOptions())
        assert [step.id for step in steps] == [step.id for step in UP]
        # There is no source: the bundle is there.
        nothing_to_do = ["fill_bundle", "certificates", "save_ready"]
        assert [step.id for step in steps if step.done is not None] == nothing_to_do
        assert all(step.commands for step in steps)
        assert not (tmp_path / "data").exists()
        assert not (tmp_path / "cache").exists()

    def test_it_obeys_the_range(self) -> None:
        assert [step.id for step in app.dry_run(resolved(), app.UpOptions("base", "docker"))][-1] == "docker"

    def test_commands_of_the_plan_need_no_look(self) -> None:
        assert [step.id for step in app.plan_steps(PLAN)] == [step.id for step in UP]


ARGUMENTS = [
    ["ls", "-l"],
    ["echo", "two words", ""],
    ["printf", "%s|", "a'b", 'c"d', "$HOME", "`id`", "*", "a\nb", ";", "&&", "ü"],
    ["sh", "-c", "ls /etc | wc -l"],
    ["--", "-x"],
]


class TestSsh:
    def command(self, *arguments: str) -> list[str]:
        workspace = lab()
        workspace.ssh_config.write_text("Host node-1\n")
        return app.ssh_command("tutorial", None, "node-1", arguments)

    def test_a_shell(self) -> None:
        assert self.command() == ["ssh", "-F", str(Workspace("tutorial").ssh_config), "node-1"]

    @pytest.mark.parametrize("arguments", ARGUMENTS, ids=range(len(ARGUMENTS)))
    def test_arguments_arrive_as_they_were_given(self, arguments: list[str]) -> None:
        *_, node, dashes, line = self.command(*arguments)
        assert (node, dashes) == ("node-1", "--")
        # What the node's shell makes of the line that ssh hands to it.
        said = subprocess.run(["sh", "-c", f"printf '%s\\0' {line}"], capture_output=True, text=True, check=True).stdout
        assert said.split("\0")[:-1] == arguments
        assert shlex.split(line) == arguments

    def test_an_unknown_node_is_told_with_those_there_are(self) -> None:
        lab()
        with pytest.raises(ConfigError, match="has no node node-9") as caught:
            app.ssh_command("tutorial", None, "node-9", [])
        assert "node-3" in (caught.value.hint or "")

    def test_before_machines_there_is_nothing_to_reach(self) -> None:
        lab()
        with pytest.raises(ConfigError, match="has no machines yet") as caught:
            app.ssh_command("tutorial", None, "node-1", [])
        assert caught.value.hint == "labctl up"


class TestKubectl:
    def test_before_the_cluster(self) -> None:
        lab()
        with pytest.raises(ConfigError, match="has no cluster yet"):
            app.kubectl_command("tutorial", None, ["get", "nodes"])

    def test_without_the_bundle(self, tmp_path: Path) -> None:
        plan = replace(PLAN, bundle=replace(PLAN.bundle, path=str(tmp_path / "gone")))
        lab(plan=plan).kubeconfig.write_text("{}")
        with pytest.raises(ToolError) as caught:
            app.kubectl_command("tutorial", None, ["get", "nodes"])
        assert "gone" in caught.value.message

    def test_it_is_the_bundles_own_with_the_labs_kubeconfig(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Bundle:
            def path(self, name: str) -> Path:
                return Path("/bundle") / name

        workspace = lab()
        workspace.kubeconfig.write_text("{}")
        monkeypatch.setattr("labctl.steps.step.Lab.bundle", Bundle())
        monkeypatch.setenv("KUBECONFIG", "/elsewhere")
        argv, environment = app.kubectl_command("tutorial", None, ["get", "pods", "-n", "kube-system"])
        assert argv == ["/bundle/bin/kubectl", "get", "pods", "-n", "kube-system"]
        assert environment["KUBECONFIG"] == str(workspace.kubeconfig)


class TestStatus:
    def test_of_a_lab_whose_machines_are_off(self) -> None:
        workspace = lab()
        run = workspace.journal.new_id()
        workspace.journal.begin(run, "up", 1.0)
        workspace.journal.note(run, "step_finished", step="base", seconds=2.5)
        seen: dict[str, Any] = status("tutorial", None)
        assert [node["machine"] for node in seen["nodes"]] == ["unreachable"] * 4
        assert {node["state"] for node in seen["nodes"]} == {"unknown"}
        assert seen["last_run"]["outcome"] is None
        assert seen["last_run"]["steps"] == [{"step": "base", "seconds": 2.5}]
        assert seen["last_run"]["log"] == str(workspace.logs / f"{run}.log")

    def test_of_a_lab_that_never_ran(self) -> None:
        lab()
        assert status("tutorial", None)["last_run"] is None


def test_render_writes_what_up_would(tmp_path: Path) -> None:
    written = app.render_lab(resolved(), tmp_path / "out")
    assert [path.name for path in written] == ["Vagrantfile", "inventory.yml", "kubeadm.yml"]
    assert str(tmp_path / "out" / "ssh_config") in (tmp_path / "out" / "inventory.yml").read_text()
    assert not labs_folder().exists()
