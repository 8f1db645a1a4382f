"""Programs of this computer: output, time, interruption; and what a killed run leaves."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labctl.adapters import survivors
from labctl.adapters.process import MARK, LocalProcessRunner
from labctl.errors import ToolError


def test_output_of_both_streams_and_the_exit_code() -> None:
    lines: list[str] = []
    done = LocalProcessRunner().run(["sh", "-c", "echo out; echo err >&2"], on_line=lines.append)
    assert (done.returncode, done.stdout, done.stderr) == (0, "out\n", "err\n")
    assert sorted(lines) == ["err", "out"]


def test_much_output_on_both_streams_does_not_block() -> None:
    script = "import sys; sys.stderr.write('e' * 300000); sys.stdout.write('o' * 300000)"
    done = LocalProcessRunner().run([sys.executable, "-c", script])
    assert (len(done.stdout), len(done.stderr)) == (300000, 300000)


def test_a_failure_carries_command_and_output() -> None:
    with pytest.raises(ToolError) as caught:
        LocalProcessRunner().run(["sh", "-c", "echo no; exit 3"])
    assert caught.value.command == ("sh", "-c", "echo no; exit 3")
    assert caught.value.output == "no"
    assert LocalProcessRunner().run(["sh", "-c", "exit 3"], check=False).returncode == 3


def test_a_missing_program_and_a_missing_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="no-such-program is not there"):
        LocalProcessRunner().run(["no-such-program"])
    with pytest.raises(ToolError, match="nowhere is not there"):
        LocalProcessRunner().run(["true"], cwd=tmp_path / "nowhere")


def test_a_program_that_takes_too_long_is_ended() -> None:
    begun = time.monotonic()
    with pytest.raises(ToolError, match=r"did not end within 0 s|did not end within"):
        LocalProcessRunner().run(["sleep", "60"], timeout=0.2)
    assert time.monotonic() - begun < 30


def test_input_reaches_the_program_and_a_program_that_reads_none_is_no_error() -> None:
    assert LocalProcessRunner().run(["cat"], stdin=b"text").stdout == "text"
    LocalProcessRunner().run(["true"], stdin=b"x" * 1_000_000)


def test_children_carry_the_run_and_extra_environment() -> None:
    done = LocalProcessRunner("run-7").run(["sh", "-c", f"echo ${MARK} $EXTRA"], env={"EXTRA": "more"})
    assert done.stdout == "run-7 more\n"


def _orphan(run_id: str, program: str = "sleep 60") -> subprocess.Popen[bytes]:
    """A child in a session of its own with the run's mark, as an earlier labctl would have left it."""
    return subprocess.Popen(["sh", "-c", f"exec {program}"], env={**os.environ, MARK: run_id}, start_new_session=True)


def test_survivors_of_a_run_are_found_and_ended_and_no_others() -> None:
    begun = time.time()
    mine, other = _orphan("run-mine"), _orphan("run-other")
    try:
        found = survivors.find("run-mine", begun)
        assert [survivor.pid for survivor in found] == [mine.pid]
        said: list[str] = []
        survivors.end(found, said.append)
        assert survivors.process_started(mine.pid) is None
        assert other.poll() is None
        assert said == ["ending 1 processes that an earlier run left"]
    finally:
        for process in (mine, other):
            process.kill()
            process.wait()


def test_a_process_older_than_the_run_is_not_its_child() -> None:
    process = _orphan("run-x")
    try:
        assert survivors.find("run-x", time.time() + 3600) == []
    finally:
        process.kill()
        process.wait()


def test_vagrant_is_awaited(tmp_path: Path) -> None:
    vagrant = tmp_path / "vagrant"
    vagrant.write_text("#!/bin/sh\nread line\nexit 0\n")
    vagrant.chmod(0o755)
    process = subprocess.Popen([str(vagrant)], env={**os.environ, MARK: "run-v"}, stdin=subprocess.PIPE)
    try:
        found = survivors.find("run-v", time.time() - 5)
        assert found and found[0].must_finish
        said: list[str] = []

        def announce(text: str) -> None:
            said.append(text)
            assert process.stdin is not None
            process.stdin.write(b"done\n")
            process.stdin.close()

        survivors.end(found, announce)
        assert process.wait(5) == 0
        assert "waiting for it to finish" in said[0]
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("command", "awaited"),
    [
        (("vagrant", "up"), True),
        (("/usr/bin/ruby", "/usr/bin/vagrant", "up"), True),
        (("ssh", "-o", "User=vagrant", "vagrant"), False),
        (("python3", "/x/ansible-playbook", "vagrant"), False),
        ((), False),
    ],
)
def test_only_vagrant_itself_is_awaited(command: tuple[str, ...], awaited: bool) -> None:
    assert survivors.Survivor(1, 1.0, command).must_finish is awaited


def test_the_start_of_a_process() -> None:
    started = survivors.process_started(os.getpid())
    assert started is not None and started <= time.time()
    assert survivors.process_started(2**22 + 1) is None
