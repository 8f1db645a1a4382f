"""The error boundary: each way of ending has its exit code and its lines."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from labctl.errors import ConfigError, LockedError, ToolError, UsageError


def ending(error):
    """A group whose command `end` raises error."""

    @click.group()
    def group():
        pass

    @group.command()
    def end():
        raise error

    return group


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("no"), 2),
        (click.UsageError("no"), 2),
        (ConfigError("no"), 3),
        (ToolError("no"), 4),
        (click.FileError("x", "no"), 4),
        (LockedError("no"), 5),
        (ZeroDivisionError("no"), 70),
        (RecursionError("no"), 70),
        (OSError(28, "No space left on device"), 4),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (BrokenPipeError(), 141),
        (SystemExit(7), 7),
        (SystemExit(None), 0),
    ],
)
def test_exit_codes(labctl, error, code):
    ended = labctl("end", group=ending(error))
    assert ended.code == code
    assert ended.out == ""
    assert "Traceback" not in ended.err


def test_tool_error_tells_command_output_and_next(labctl):
    output = "\n".join(f"\x1b[31mline {i}\x1b[0m\x1b]0;x\x07" for i in range(50))
    error = ToolError(
        "Docker refused", command=["docker", "run", "a b"], output=output, hint="start it: service docker start"
    )
    lines = labctl("end", group=ending(error)).err.splitlines()
    assert lines[0] == "Error: Docker refused"
    assert lines[1] == "Command: docker run 'a b'"
    assert lines[2] == "Output (the last 20 of 50 lines):"
    assert lines[3].startswith("  | line 30")
    assert lines[-2].startswith("  | line 49")
    assert lines[-1] == "Next: start it: service docker start"
    assert all(line.isprintable() for line in lines)


def test_config_error_tells_all_problems(labctl):
    error = ConfigError("the lab file lab.yml has 2 mistakes", problems=["lab.yml:1: a: b", "lab.yml:2: c: d"])
    assert labctl("end", group=ending(error)).err.splitlines() == [
        "Error: the lab file lab.yml has 2 mistakes",
        "  lab.yml:1: a: b",
        "  lab.yml:2: c: d",
    ]


def test_defect_is_one_line_and_a_file(labctl, tmp_path):
    ended = labctl("end", group=ending(ZeroDivisionError("division by zero")))
    assert len(ended.err.splitlines()) == 1
    (log,) = (tmp_path / "data" / "defects").iterdir()
    assert str(log) in ended.err
    assert "ZeroDivisionError: division by zero" in ended.err
    assert "Traceback" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_defect_whose_file_cannot_be_written_is_told_in_full(labctl, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LABCTL_DATA_DIR", str(tmp_path / "file"))
    ended = labctl("end", group=ending(ZeroDivisionError("x")))
    assert ended.code == 70
    assert "Traceback" in ended.err


def test_interrupt_is_one_line(labctl):
    ended = labctl("end", group=ending(KeyboardInterrupt()))
    assert ended.err.strip().splitlines() == ["Interrupted: nothing is lost: run the same command again and it goes on"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_in_an_orderly_way(tmp_path, number):
    script = tmp_path / "wait.py"
    script.write_text(
        "import sys, threading, click\nfrom labctl import cli\n"
        "@click.group()\ndef group(): pass\n"
        "@group.command()\ndef wait():\n"
        "    try:\n        print('ready', flush=True); threading.Event().wait(60)\n"
        "    finally:\n        print('tidied', flush=True)\n"
        "sys.exit(cli.run(group, ['wait']))\n"
    )
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.1)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == "tidied\n"
    assert err.strip().startswith("Interrupted: ")
    assert len(err.strip().splitlines()) == 1


def python_m_labctl(*arguments, stdout=subprocess.PIPE, **environment):
    return subprocess.run(
        [sys.executable, "-m", "labctl", *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
        timeout=60,
        check=False,
    )


def test_a_reader_that_is_gone_is_no_failure():
    reading, writing = os.pipe()
    os.close(reading)
    done = python_m_labctl("schema", stdout=writing)
    os.close(writing)
    assert done.returncode == 141
    assert done.stderr == ""


def test_full_disk_below_the_output():
    with Path("/dev/full").open("w") as full:
        done = python_m_labctl("schema", stdout=full)
    assert done.returncode == 4
    assert done.stderr == "Error: the output cannot be written: No space left on device\n"


def test_a_file_that_a_full_disk_refused_is_named(labctl):
    ended = labctl("end", group=ending(OSError(28, "No space left on device", "/labs/one/logs")))
    assert ended.code == 4
    assert ended.err.splitlines()[0] == "Error: /labs/one/logs cannot be written: No space left on device"
    assert ended.err.splitlines()[1].startswith("Next: free some space")


def test_a_terminal_of_few_letters():
    done = python_m_labctl("setup", "-h", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "Usage: labctl setup" in done.stdout


def test_no_colour_where_none_is_wanted(labctl, monkeypatch):
    seen = []
    monkeypatch.setattr(click, "echo", lambda text=None, **how: seen.append(how.get("color")))
    labctl("end", group=ending(ToolError("no", hint="yes")))
    assert seen == [None, None]
    monkeypatch.setenv("NO_COLOR", "1")
    seen.clear()
    labctl("end", group=ending(ToolError("no", hint="yes")))
    assert seen == [False, False]
