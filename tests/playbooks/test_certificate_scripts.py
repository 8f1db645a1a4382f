"""The scripts of the role certificates that run without a cluster, on files of this computer."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from labctl.facts.certificates import UNFINISHED
from tests.playbooks.conftest import PLAYBOOKS

ROLE = PLAYBOOKS / "roles" / "certificates"
ADMIN = """\
apiVersion: v1
contexts:
- context: {cluster: kubernetes, user: kubernetes-admin}
  name: kubernetes-admin@kubernetes
users:
- name: kubernetes-admin
  user:
    client-certificate-data: bmV3/cert+==
    client-key-data: bmV3/key+==
"""
MINE = """\
apiVersion: v1
contexts:
- context:
    cluster: kubernetes
    namespace: lesson
    user: kubernetes-admin
  name: mine
current-context: mine
users:
- name: jane
  user:
    client-certificate-data: amFuZQ==
    client-key-data: amFuZQ==
- name: kubernetes-admin
  user:
    client-certificate-data: b2xk
    client-key-data: b2xk
"""


def kubectl(admin: Path, *files: Path) -> list[str]:
    text = (ROLE / "files" / "kubectl.sh").read_text().replace("/etc/kubernetes/admin.conf", str(admin))
    command = ["sh", "-s", "--", *map(str, files)]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.fixture
def admin(tmp_path: Path) -> Path:
    (tmp_path / "admin.conf").write_text(ADMIN)
    return tmp_path / "admin.conf"


def test_a_learners_kubeconfig_keeps_everything_but_the_certificate(admin: Path, tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(MINE)
    file.chmod(0o640)
    assert kubectl(admin, file, tmp_path / "none") == [f"changed: {file}"]
    wanted = MINE.replace("certificate-data: b2xk", "certificate-data: bmV3/cert+==")
    assert file.read_text() == wanted.replace("key-data: b2xk", "key-data: bmV3/key+==")
    assert file.stat().st_mode & 0o777 == 0o640
    assert kubectl(admin, file) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["admin.conf", "config"]


@pytest.mark.parametrize("text", ["users:\n- name: jane\n  user: {token: abc}\n", "no YAML", '{"users": []}\n'])
def test_a_kubeconfig_without_the_administrator_is_left_alone(admin: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "config"
    file.write_text(text)
    before = file.stat()
    kubectl(admin, file)
    assert file.read_text().rstrip("\n") == text.rstrip("\n")
    assert file.stat().st_mode == before.st_mode


def test_the_mark_of_an_unfinished_renewal_is_one() -> None:
    for name in ("files/renew.sh", "files/adopt.sh"):
        assert f": >{UNFINISHED}\n" in (ROLE / name).read_text()
    assert f"path: {UNFINISHED}\n" in (ROLE / "tasks" / "main.yml").read_text()
