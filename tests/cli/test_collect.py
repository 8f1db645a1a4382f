"""`labctl collect` as typed: the path on standard output, the rest on standard error, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from labctl.plan import default_plan
from labctl.workspace import Workspace


@pytest.fixture
def lab():
    workspace = Workspace("class-a")
    workspace.prepare()
    workspace.save_plan(replace(default_plan(), name="class-a"))
    return workspace


def test_a_lab_whose_machines_are_gone_gives_what_there_is(labctl, lab):
    ended = labctl("collect")
    assert ended.code == 0
    path = Path(ended.out.strip())
    assert path.name.startswith("labctl-class-a-2")
    assert "missing: api/api_v1_events.json and 12 more: the lab has no kubeconfig yet" in ended.err
    assert "missing: logs/node-1 and 14 more: node-1 has no SSH configuration yet" in ended.err
    with tarfile.open(path) as archive:
        assert f"{path.name.removesuffix('.tar.gz')}/computer.json" in archive.getnames()


def test_what_it_wrote_is_judged_without_a_cluster(labctl, lab):
    assert labctl("collect", "-o", "lab.tar.gz").out == "lab.tar.gz\n"
    script = (
        "import sys\nfrom labctl.cli import labctl, run\n"
        "code = run(labctl, ['verify', '--from', 'lab.tar.gz', '-o', 'json'])\n"
        "heavy = {'kubernetes', 'labctl.app', 'labctl.collect', 'psutil', 'httpx', 'vagrant'}\n"
        "print('loaded', *(heavy & set(sys.modules)))\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stderr
    document, _, loaded = done.stdout.rstrip("\n").rpartition("\n")
    assert loaded == "loaded"
    report = json.loads(document)
    assert report["lab"] == "class-a"
    assert "the lab has no kubeconfig yet" in report["checks"][0]["why"]


def test_before_any_lab_it_tells_of_the_computer(labctl):
    ended = labctl("collect", "--json")
    assert ended.code == 0
    told = json.loads(ended.out)
    assert told["schema"] == "labctl.collect/v1"
    assert told["missing"]["plan.json"] == "the lab tutorial was not brought up on this computer"
    assert Path(told["path"]).stat().st_size == told["bytes"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["-n", "nowhere"], 3, "there is no lab nowhere"),
        (["-n", ".."], 3, "there is no lab .."),
        (["-n", "a/b"], 3, "there is no lab a/b"),
        (["-f", "no.yml"], 3, "no.yml"),
        (["-o", "taken"], 2, "--force"),
        (["-o", "no/such/lab.tar.gz"], 4, "mkdir -p no/such"),
        (["-o", "taken/lab.tar.gz"], 4, "cannot be written"),
        (["-o", "/dev/full"], 2, "is there already"),
        (["-o", "/proc/lab.tar.gz"], 4, "cannot be written"),
    ],
)
def test_what_cannot_be(labctl, arguments, code, says, tmp_path):
    (tmp_path / "taken").write_text("mine")
    ended = labctl("collect", *arguments)
    assert ended.code == code
    assert says in ended.err
    assert ended.out == ""
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_name_of_a_lab_chooses_it(labctl, lab):
    Workspace("other").prepare()
    assert "labctl-class-a-" in labctl("collect", "-n", "class-a").out
    assert "labctl-other-" in labctl("collect", "-n", "other").out
