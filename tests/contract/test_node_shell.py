"""NodeShell: the fake and OpenSSH keep one contract; what only a real shell can do is OpenSSH's alone."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from labctl.adapters import ssh as ssh_adapter
from labctl.adapters.ports import NodeShell
from labctl.adapters.process import LocalProcessRunner
from labctl.adapters.ssh import OpenSshShell, runtime_folder
from labctl.errors import ToolError
from tests.contract.sshd import SshServer, ssh_server
from tests.fakes import FakeShell, World

ODD_NAMES = [
    "plain",
    "with space",
    "-rf",
    "--to-command=touch hacked",
    "quote'quote",
    'double"double',
    "new\nline",
    "$(touch hacked)",
    "ünïcödé",
    "*",
    "folder/below/file",
]


@pytest.fixture(scope="module")
def server() -> Iterator[SshServer]:
    with ssh_server() as server:
        yield server


@pytest.fixture
def ssh(server: SshServer) -> Iterator[OpenSshShell]:
    shell = OpenSshShell(server.config, LocalProcessRunner("a-run"))
    yield shell
    shell.close()


@dataclass(frozen=True)
class Case:
    """A shell that reaches node-1 but not node-9, and a command that fails there."""

    shell: NodeShell
    failing: str


@pytest.fixture(params=["fake", "real"])
def case(request: pytest.FixtureRequest) -> Case:
    if request.param == "fake":
        return Case(FakeShell(World(running={"node-1"})), "cat /etc/kubernetes/admin.conf")
    return Case(request.getfixturevalue("ssh"), "exit 1")


def test_a_command_runs(case: Case) -> None:
    done = case.shell.run("node-1", "true")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_failing_command_is_an_error_that_names_node_and_code(case: Case) -> None:
    with pytest.raises(ToolError, match=r"a command failed on node-1 with exit code 1$") as caught:
        case.shell.run("node-1", case.failing)
    assert caught.value.command == ("ssh", "node-1", case.failing)


def test_a_failing_command_may_be_looked_at(case: Case) -> None:
    assert case.shell.run("node-1", case.failing, check=False).returncode == 1


@pytest.mark.parametrize("check", [True, False])
def test_a_node_that_does_not_answer_is_an_error_that_says_what_next(case: Case, check: bool) -> None:
    with pytest.raises(ToolError, match=r"node-9 cannot be reached over SSH$") as caught:
        case.shell.run("node-9", "true", check=check)
    assert caught.value.hint == "labctl up"
    assert caught.value.command == ("ssh", "node-9")


def test_files_for_a_node_that_does_not_answer(case: Case, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ToolError, match=r"node-9 cannot be reached over SSH$") as caught:
        case.shell.push_tree("node-9", tmp_path, ["file"], str(tmp_path / "there"))
    assert caught.value.hint == "labctl up"
    assert not (tmp_path / "there").exists()


def test_closing_twice_is_no_error(case: Case) -> None:
    case.shell.run("node-1", "true")
    case.shell.close()
    case.shell.close()


@pytest.mark.parametrize(
    "command",
    [
        "echo 'single' \"double\" $((1+1)) back\\\\slash",
        "printf '%s|' \"a b\" 'c\"d' \"e'f\"",
        "echo one; echo two >&2; echo three",
        "true && echo yes || echo no",
        "cat <<'X'\n$HOME is not expanded\nX",
    ],
)
def test_a_command_means_what_it_means_in_sh(ssh: OpenSshShell, command: str) -> None:
    here = LocalProcessRunner().run(["sh", "-c", command])
    there = ssh.run("node-1", command)
    assert (there.stdout, there.stderr) == (here.stdout, here.stderr)


def test_standard_input_arrives_whole(ssh: OpenSshShell) -> None:
    data = bytes(range(256)) * 4096
    assert ssh.run("node-1", "cksum", stdin=data).stdout.split()[1] == str(len(data))
    assert ssh.run("node-1", "sh -s", stdin=b"echo hello\nexit 0\n").stdout == "hello\n"


def test_without_standard_input_a_command_waits_for_nothing(ssh: OpenSshShell) -> None:
    assert ssh.run("node-1", "cat", timeout=10).stdout == ""


def test_a_command_that_does_not_read_its_input_is_no_error(ssh: OpenSshShell) -> None:
    assert ssh.run("node-1", "true", stdin=b"x" * 1_000_000).returncode == 0


def test_a_slow_command_is_ended_and_told(ssh: OpenSshShell) -> None:
    ssh.run("node-1", "true")
    begun = time.monotonic()
    with pytest.raises(ToolError, match=r"node-1: ssh did not end within 2 s") as caught:
        ssh.run("node-1", "echo begun; exec sleep 30", timeout=2)
    assert time.monotonic() - begun < 20
    assert caught.value.command == ("ssh", "node-1", "echo begun; exec sleep 30")
    assert "begun" in (caught.value.output or "")
    assert caught.value.hint


def test_one_connection_serves_many_commands(server: SshServer, ssh: OpenSshShell) -> None:
    before = server.logins()
    for _ in range(3):
        ssh.run("node-1", "true")
    assert server.logins() == before + 1


def test_closing_leaves_no_socket_and_no_connection(server: SshServer, ssh: OpenSshShell) -> None:
    ssh.run("node-1", "true")
    folder = runtime_folder(server.config.parent)
    assert len(list(folder.iterdir())) == 1
    assert folder.stat().st_mode & 0o777 == 0o700
    ssh.close()
    assert not folder.exists()
    before = server.logins()
    ssh.run("node-1", "true")
    assert server.logins() == before + 1


def test_a_kept_connection_does_not_hold_the_first_command(ssh: OpenSshShell) -> None:
    """The connection's own process lives on; it must not hold the pipes of the command that opened it."""
    ssh.run("node-1", "true")
    said = subprocess.run(["ssh", *ssh.options(), "-O", "check", "node-1"], capture_output=True, text=True, check=True)
    master = Path("/proc") / said.stderr.partition("pid=")[2].partition(")")[0]
    held = {(master / "fd" / number).readlink() for number in ("0", "1", "2")}
    assert held == {Path(os.devnull)}


def test_a_folder_of_sockets_that_leads_elsewhere_is_refused(
    server: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labctl.adapters.ssh._LONGEST_BASE", 1000)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    folder = runtime_folder(server.config.parent)
    folder.rmdir()
    folder.symlink_to(tmp_path)
    with pytest.raises(ToolError, match="belongs to somebody else"):
        runtime_folder(server.config.parent)


def test_a_long_runtime_folder_does_not_break_sockets(
    server: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("long" * 20)
    long.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    shell = OpenSshShell(server.config, LocalProcessRunner())
    assert shell.run("node-1", "echo here").stdout == "here\n"
    shell.close()


def test_a_node_that_takes_the_connection_and_says_nothing_costs_one_time_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command itself may take a minute: that this ends sooner is ConnectTimeout's doing."""
    monkeypatch.setattr(ssh_adapter, "CONNECT_TIMEOUT", 1)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(8)
        deaf.setblocking(False)
        config = tmp_path / "ssh_config"
        config.write_text(f"Host node-8\n  HostName 127.0.0.1\n  Port {deaf.getsockname()[1]}\n")
        with pytest.raises(ToolError, match=r"node-8 cannot be reached over SSH$") as caught:
            OpenSshShell(config, LocalProcessRunner()).run("node-8", "true", timeout=60)
        assert "timed out" in (caught.value.output or "").lower()
        deaf.accept()[0].close()
        with pytest.raises(BlockingIOError):
            deaf.accept()


def test_before_machines_there_is_nothing_to_reach(tmp_path: Path) -> None:
    shell = OpenSshShell(tmp_path / "ssh_config", LocalProcessRunner())
    with pytest.raises(ToolError, match="no SSH configuration yet") as caught:
        shell.run("node-1", "true")
    assert caught.value.hint == "labctl up"
    with pytest.raises(ToolError, match="no SSH configuration yet"):
        shell.push_tree("node-1", tmp_path, [], "/tmp/nowhere")


def tree(folder: Path) -> Path:
    for index, name in enumerate(ODD_NAMES):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(1000) + str(index).encode())
    (folder / "plain").chmod(0o755)
    (folder / "unwanted").write_text("stays here")
    return folder


def test_a_tree_arrives_with_odd_names_and_modes_and_nothing_else(ssh: OpenSshShell, tmp_path: Path) -> None:
    source = tree(tmp_path / "source")
    target = tmp_path / "a folder" / "it's $HOME"
    ssh.push_tree("node-1", source, ODD_NAMES, str(target))
    arrived = {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}
    assert arrived == {name: (source / name).read_bytes() for name in ODD_NAMES}
    assert (target / "plain").stat().st_mode & 0o777 == 0o755
    assert not list(tmp_path.rglob("hacked"))


def test_a_second_push_replaces_what_is_there(ssh: OpenSshShell, tmp_path: Path) -> None:
    source, target = tree(tmp_path / "source"), tmp_path / "target"
    target.mkdir()
    (target / "plain").write_text("old and longer than the new one" * 100)
    (target / "kept").write_text("kept")
    ssh.push_tree("node-1", source, ["plain"], str(target))
    assert (target / "plain").read_bytes() == (source / "plain").read_bytes()
    assert (target / "kept").read_text() == "kept"


def test_no_files_are_no_error(ssh: OpenSshShell, tmp_path: Path) -> None:
    ssh.push_tree("node-1", tmp_path, [], str(tmp_path / "target"))
    assert list((tmp_path / "target").iterdir()) == []


def test_a_file_that_is_not_there_is_an_error_that_names_it(ssh: OpenSshShell, tmp_path: Path) -> None:
    (tmp_path / "one").write_text("1")
    with pytest.raises(ToolError, match="files could not be copied to node-1") as caught:
        ssh.push_tree("node-1", tmp_path, ["one", "two"], str(tmp_path / "target"))
    assert "two" in (caught.value.output or "")
    assert "df -h" in (caught.value.hint or "")


def test_a_destination_that_cannot_be_is_an_error(ssh: OpenSshShell, tmp_path: Path) -> None:
    (tmp_path / "one").write_text("1")
    with pytest.raises(ToolError, match="files could not be copied to node-1") as caught:
        ssh.push_tree("node-1", tmp_path, ["one"], str(tmp_path / "one" / "below"))
    assert "one" in (caught.value.output or "")


def test_a_large_tree_streams(ssh: OpenSshShell, tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as stream:
        stream.truncate(64 << 20)
    ssh.push_tree("node-1", tmp_path, ["large"], str(tmp_path / "target"))
    assert (tmp_path / "target" / "large").stat().st_size == 64 << 20


def test_missing_programs_are_told(server: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = OpenSshShell(server.config, LocalProcessRunner())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="is not there") as caught:
        shell.run("node-1", "true")
    assert "labctl setup" in (caught.value.hint or "")
    with pytest.raises(ToolError, match="is not there") as caught:
        shell.push_tree("node-1", tmp_path, [], str(tmp_path / "target"))
    assert "labctl setup" in (caught.value.hint or "")
