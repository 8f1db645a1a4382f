"""The group and the commands that need no lab: help, version, completion, schema, plan, render."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

import labctl as package
from labctl import __version__
from labctl.assets import asset
from labctl.cli.group import SECTIONS
from labctl.cli.group import labctl as group
from labctl.cli.options import lab_file_words
from labctl.config.schema import json_schema_text
from labctl.plan import PlannedStep, default_plan

COMMANDS = [name for names in SECTIONS.values() for name in names]


@pytest.mark.parametrize("arguments", [["-h"], ["--help"], []])
def test_help_lists_every_command_in_its_section(labctl, arguments):
    ended = labctl(*arguments)
    assert ended.code == 0
    for section, commands in SECTIONS.items():
        assert f"{section}:" in ended.out
        for name, text in commands.items():
            assert f"{name} " in ended.out
            assert text in ended.out
    assert "Examples:" in ended.out
    assert max(len(line) for line in ended.out.splitlines()) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(labctl, name):
    ended = labctl(name, "-h")
    assert ended.code == 0
    assert f"Usage: labctl {name}" in ended.out
    assert max(len(line) for line in ended.out.splitlines()) <= 100


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_bears_its_name(name):
    command = group.get_command(click.Context(group), name)
    assert command.name == name
    assert command.help


def test_every_file_of_a_command_is_in_the_help():
    files = {path.stem for path in asset("playbooks").parent.joinpath("labctl", "cli").glob("*.py")}
    shell = {"__init__", "boundary", "failure", "group", "options"}
    assert files - shell == set(COMMANDS)


def test_version(labctl):
    assert labctl("--version").out == f"labctl, version {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["plann"], "Did you mean `plan`?"),
        (["xyzzy"], "`labctl -h` lists them."),
        (["--nonsense"], "No such option"),
        (["plan", "-o", "xml"], "'xml' is not one of"),
        (["plan", "extra"], "unexpected extra argument"),
        (["render"], "Missing option '-d'"),
    ],
)
def test_usage_errors(labctl, arguments, told):
    ended = labctl(*arguments)
    assert ended.code == 2
    assert told in ended.err
    assert ended.out == ""


def test_schema(labctl):
    assert labctl("schema").out == json_schema_text()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(labctl, shell, tmp_path):
    script = labctl("completion", shell).out
    assert "_LABCTL_COMPLETE" in script
    if shutil.which(shell):
        (tmp_path / "script").write_text(script)
        subprocess.run([shell, "-n", str(tmp_path / "script")], check=True)


def test_completion_offers_commands_and_labs(labctl, monkeypatch, tmp_path):
    monkeypatch.setenv("_LABCTL_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "labctl pl")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert labctl().out == "plain,plan\n"
    (tmp_path / "data" / "labs" / "class-a").mkdir(parents=True)
    monkeypatch.setenv("COMP_WORDS", "labctl status -n ")
    monkeypatch.setenv("COMP_CWORD", "3")
    assert labctl().out == "plain,class-a\n"


@pytest.fixture
def fake_app(monkeypatch, tmp_path):
    """The composition root without this computer: what `plan` and `render` ask of it."""
    asked = []

    def resolve(file, source="auto"):
        asked.append((file, source))
        return SimpleNamespace(
            file=file or Path("/assets/lab.yml"), plan=default_plan(), notes=("docker: not installed",)
        )

    steps = [PlannedStep("docker", "Install Docker", None, ("apt-get install docker.io",))]
    fake = SimpleNamespace(
        asked=asked,
        resolve=resolve,
        plan_steps=lambda plan: steps,
        render_lab=lambda resolved, directory: [directory / "Vagrantfile", directory / "kubeadm.yml"],
    )
    monkeypatch.setattr(package, "app", fake, raising=False)
    return fake


def test_plan(labctl, fake_app):
    ended = labctl("plan")
    assert ended.code == 0
    assert "lab file    /assets/lab.yml (the tutorial's own: no lab.yml here)" in ended.out
    assert "k8s-master" in ended.out
    assert fake_app.asked == [(None, "auto")]


def test_plan_as_json(labctl, fake_app, tmp_path):
    data = json.loads(labctl("plan", "-f", "class.yml", "--source", "upstream", "-o", "json").out)
    assert data["file"] == "class.yml"
    assert data["notes"] == ["docker: not installed"]
    assert [str(file) for file, _ in fake_app.asked] == ["class.yml"]


def test_render_lists_its_files(labctl, fake_app):
    ended = labctl("render", "-d", "out")
    assert ended.out.splitlines() == [
        "lab file: /assets/lab.yml (the tutorial's own: no lab.yml here)",
        "out/Vagrantfile",
        "out/kubeadm.yml",
    ]


@pytest.mark.parametrize(
    ("given", "used", "words"),
    [("class.yml", "class.yml", "class.yml"), (None, "lab.yml", "lab.yml (in this folder)")],
)
def test_which_lab_file_was_taken(given, used, words):
    assert lab_file_words(given and Path(given), Path(used)) == words
