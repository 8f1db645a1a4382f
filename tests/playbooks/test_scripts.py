"""The shared scripts of the roles, run here on files of this computer: what they change, and never twice."""

from __future__ import annotations

import getpass
import subprocess
from pathlib import Path

import pytest

from tests.playbooks.conftest import PLAYBOOKS

USER = getpass.getuser()


def sh(script: str, *arguments: object) -> list[str]:
    """Run a script as a role does, by standard input; the lines that it says."""
    text = (PLAYBOOKS / "files" / script).read_text()
    command = ["sh", "-s", "--", *map(str, arguments)]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout.splitlines()


class TestInstallFiles:
    @pytest.fixture
    def source(self, tmp_path: Path) -> Path:
        folder = tmp_path / "source"
        folder.mkdir()
        (folder / "kubeadm").write_bytes(b"kubeadm" * 1000)
        (folder / "kubelet").write_bytes(b"kubelet" * 1000)
        return folder

    def test_installs_what_is_missing_and_nothing_twice(self, source: Path, tmp_path: Path) -> None:
        target = tmp_path / "bin"
        told = sh("install-files.sh", USER, "0755", source, target)
        assert told == [f"changed: {target}/kubeadm", f"changed: {target}/kubelet"]
        assert sh("install-files.sh", USER, "0755", source, target) == []
        assert sorted(path.name for path in target.iterdir()) == ["kubeadm", "kubelet"]

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda path: path.write_bytes(b"kubelet"),
            lambda path: path.chmod(0o700),
            lambda path: path.unlink(),
            lambda path: (path.unlink(), path.symlink_to("kubeadm")),
        ],
        ids=["truncated", "mode", "removed", "another"],
    )
    def test_repairs_the_spoiled_one_only(self, spoil: object, source: Path, tmp_path: Path) -> None:
        target = tmp_path / "bin"
        sh("install-files.sh", USER, "0755", source, target, "kubeadm", "kubelet")
        spoil(target / "kubelet")  # type: ignore[operator]
        assert sh("install-files.sh", USER, "0755", source, target, "kubeadm", "kubelet") == [
            f"changed: {target}/kubelet"
        ]
        assert (target / "kubelet").read_bytes() == b"kubelet" * 1000
        assert not (target / "kubelet").is_symlink()

    def test_can_give_another_name(self, source: Path, tmp_path: Path) -> None:
        sh("install-files.sh", USER, "0600", source, tmp_path / ".kube", "kubeadm=config")
        assert (tmp_path / ".kube" / "config").stat().st_mode & 0o777 == 0o600


class TestWriteFiles:
    def test_writes_what_is_missing_and_nothing_twice(self, tmp_path: Path) -> None:
        files = (tmp_path / "a" / "one", "0644", "text\n\n$HOME `id`", tmp_path / "two", "0600", "")
        assert sh("write-files.sh", *files) == [f"changed: {tmp_path}/a/one", f"changed: {tmp_path}/two"]
        assert sh("write-files.sh", *files) == []
        assert (tmp_path / "a" / "one").read_text() == "text\n\n$HOME `id`\n"
        assert (tmp_path / "two").stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda path: path.write_text("text"),
            lambda path: path.write_text("text\n\n"),
            lambda path: path.write_text("other\n"),
            lambda path: path.chmod(0o640),
            lambda path: path.unlink(),
        ],
        ids=["cut", "longer", "other", "mode", "removed"],
    )
    def test_repairs_a_spoiled_file(self, spoil: object, tmp_path: Path) -> None:
        file = tmp_path / "file"
        sh("write-files.sh", file, "0644", "text")
        spoil(file)  # type: ignore[operator]
        assert sh("write-files.sh", file, "0644", "text") == [f"changed: {file}"]
        assert (file.read_text(), file.stat().st_mode & 0o777) == ("text\n", 0o644)
