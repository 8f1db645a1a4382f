"""Ansible's own parser and the shell read every playbook and script; ansible-lint and yamllint run in `make lint`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.playbooks.conftest import PLAYBOOKS, ROOT

SCRIPTS = sorted(PLAYBOOKS.rglob("*.sh"))


def run(tmp_path: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a program of this environment in the project's folder, with its caches elsewhere."""
    scripts = Path(sys.executable).parent
    home = {"ANSIBLE_HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "cache"), "NO_COLOR": "1"}
    env = {**os.environ, "PATH": f"{scripts}:{os.environ['PATH']}", **home}
    return subprocess.run(
        [str(scripts / command[0]), *command[1:]], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


def test_ansible_reads_every_playbook(tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.yml"
    inventory.write_text("nodes: {children: {control_plane: {hosts: {k8s-master: }}, workers: {hosts: {node-1: }}}}\n")
    books = [str(book.relative_to(ROOT)) for book in sorted(PLAYBOOKS.glob("*.yml"))]
    done = run(tmp_path, "ansible-playbook", "-i", str(inventory), "--syntax-check", *books)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_the_shell_reads_every_script(script: Path) -> None:
    done = subprocess.run(["sh", "-n", str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert script.read_text().startswith("#!/bin/sh\n# ")
    assert "\nset -eu\n" in script.read_text()
