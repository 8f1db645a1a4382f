"""Progress reporters: what each shows of the same events, in which form, from many threads, to streams that fail."""

from __future__ import annotations

import io
import json
import threading

import click
import pytest

from labctl.events import Note, Progress, StepFailed, StepFinished, StepSkipped, StepStarted, Transfer
from labctl.report.jsonlines import JsonLinesReporter
from labctl.report.live import LiveReporter
from labctl.report.log import LogReporter
from labctl.report.plain import EVERY_SECONDS, PlainReporter
from labctl.report.reporters import Tee, choose_reporter, run_reporter

STORY = [
    Note("libvirt does not work here: no hypervisor"),
    StepSkipped("fill_bundle", "Fill the bundle", 1, 3, "it is there"),
    StepStarted("create_machines", "Create the machines", 2, 3),
    Progress("create_machines", "waiting for SSH (1 s)", "node-1"),
    Transfer("create_machines", "kubelet", 50_000_000, 100_000_000),
    Transfer("create_machines", "kubelet", 100_000_000, 100_000_000),
    StepFinished("create_machines", 125.4, 4),
    StepStarted("docker", "Install Docker", 3, 3),
    StepFailed("docker", 3.21, "apt-get failed"),
]


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Broken(io.StringIO):
    def write(self, text):
        raise BrokenPipeError


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "30")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def test_plain_lines():
    stream = io.StringIO()
    reporter = PlainReporter(stream, Clock())
    for event in STORY:
        reporter.emit(event)
    assert stream.getvalue().splitlines() == [
        "libvirt does not work here: no hypervisor",
        "[1/3] fill_bundle: nothing to do, it is there",
        "[2/3] create_machines: Create the machines",
        "      node-1: waiting for SSH (1 s)",
        "      kubelet: 50.0 MB of 100 MB (50%)",
        "      kubelet: 100 MB, complete",
        "[2/3] create_machines: done in 2 min 05 s, 4 changes",
        "[3/3] docker: Install Docker",
        "[3/3] docker: failed after 3.2 s: apt-get failed",
    ]


def test_plain_lines_of_a_wait_come_seldom():
    stream, clock = io.StringIO(), Clock()
    reporter = PlainReporter(stream, clock)
    for second in range(31):
        reporter.emit(Progress("x", f"waiting for SSH ({second} s)", "node-1"))
        reporter.emit(Progress("x", f"waiting for SSH ({second} s)", "node-2"))
        reporter.emit(Transfer("x", "etcd", second, 1000))
        clock.now += 1
    assert stream.getvalue().count("SSH") == 31 // EVERY_SECONDS + 1
    assert stream.getvalue().count("etcd") == 31 // EVERY_SECONDS + 1


def test_a_new_step_may_say_the_same_again():
    stream = io.StringIO()
    reporter = PlainReporter(stream, Clock())
    for step in ("base", "docker"):
        reporter.emit(StepStarted(step, step, 1, 2))
        reporter.emit(Progress(step, "copying files"))
    assert stream.getvalue().count("copying files") == 2


def test_json_lines_are_one_object_an_event():
    stream, clock = io.StringIO(), Clock()
    reporter = JsonLinesReporter(stream, clock)
    for event in STORY:
        reporter.emit(event)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == [
        "note",
        "step_skipped",
        "step_started",
        "progress",
        "transfer",
        "transfer",
        "step_finished",
        "step_started",
        "step_failed",
    ]
    assert lines[2] == {
        "event": "step_started",
        "time": 1000.0,
        "step": "create_machines",
        "title": "Create the machines",
        "position": 2,
        "total": 3,
        "after": [],
        "beside": [],
    }
    assert lines[6] == {
        "event": "step_finished",
        "time": 1000.0,
        "step": "create_machines",
        "seconds": 125.4,
        "changed": 4,
    }


def test_json_lines_of_a_transfer_are_few_but_its_end_is_there():
    stream, clock = io.StringIO(), Clock()
    reporter = JsonLinesReporter(stream, clock)
    for done in range(1001):
        reporter.emit(Transfer("fill_bundle", "etcd", done, 1000))
        clock.now += 0.001
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len(lines) <= 5
    assert lines[-1]["done"] == 1000


def test_what_tools_say_cannot_steer_the_terminal(terminal):
    nasty = "\x1b[2J\x1b]0;title\x07 [bold]text[/bold]\r\n second line"
    for stream in (terminal, io.StringIO()):
        reporter = choose_reporter("table", stream, {"TERM": "xterm"})
        reporter.emit(Note(nasty))
        reporter.close()
        assert "\x1b[2J" not in stream.getvalue()
        assert "\x1b]0" not in stream.getvalue()
        assert "[bold]text[/bold]" in stream.getvalue()
        assert stream.getvalue().count("\n") == 1


def test_live_display_shows_steps_nodes_and_files(terminal):
    clock = Clock()
    reporter = LiveReporter(terminal, clock)
    for event in STORY[:5]:
        reporter.emit(event)
    clock.now += 10
    reporter._live.refresh()
    shown = terminal.getvalue()
    for part in ("[2/3] create_machines", "node-1", "waiting for SSH (1 s)", "10 s", "kubelet", "50.0 MB of 100 MB"):
        assert part in shown
    assert "5.0 MB/s" in shown
    for event in STORY[5:]:
        reporter.emit(event)
    assert "done in 2 min 05 s, 4 changes" in terminal.getvalue()
    assert "failed after 3.2 s: apt-get failed" in terminal.getvalue()
    assert reporter._live is None
    assert terminal.getvalue().rstrip("\n").count("\x1b[?25l") == terminal.getvalue().count("\x1b[?25h")


def test_live_display_fits_a_small_terminal(terminal, monkeypatch):
    monkeypatch.setenv("LINES", "8")
    reporter = LiveReporter(terminal)
    reporter.emit(StepStarted("docker", "Install Docker", 1, 1))
    for index in range(40):
        reporter.emit(Progress("docker", "a long text " * 30, f"node-{index}"))
    reporter._live.refresh()
    reporter.close()
    assert "and 35 more" in terminal.getvalue()
    reporter.close()


def test_the_row_of_a_wait_counts_from_its_start():
    from labctl.report.board import Board

    board = Board(STORY[2], 0.0)
    for second in range(5):
        board.progress(Progress("x", f"waiting ({second} s)", "node-1"), float(second))
    assert board.rows["node-1"].since == 0.0
    board.progress(Progress("x", "copying", "node-1"), 9.0)
    assert board.rows["node-1"].since == 9.0


@pytest.mark.parametrize("make", [PlainReporter, JsonLinesReporter, LiveReporter])
def test_many_threads(make, terminal):
    reporter = make(terminal)

    def work(number):
        for index in range(60):
            reporter.emit(StepStarted(f"step-{number}", "title", 1, 1))
            reporter.emit(Progress(f"step-{number}", f"task {index}", f"node-{number}"))
            reporter.emit(Transfer(f"step-{number}", f"file-{number}", index, 60))
            reporter.emit(Note("a note"))
            reporter.emit(StepFinished(f"step-{number}", 1.0))

    threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    # A deadlock between our lock and rich's would leave them alive.
    assert not any(thread.is_alive() for thread in threads)
    reporter.close()
    if make is JsonLinesReporter:
        assert all(json.loads(line) for line in terminal.getvalue().splitlines())


@pytest.mark.parametrize("make", [PlainReporter, JsonLinesReporter])
def test_a_reader_that_is_gone_does_not_stop_the_work(make):
    reporter = make(Broken())
    for event in STORY:
        reporter.emit(event)


def test_log_holds_everything_and_is_private(tmp_path):
    path = tmp_path / "run.log"
    clock = Clock()
    log = LogReporter(path, clock)
    for event in STORY:
        log.emit(event)
        clock.now += 1.5
    lines = path.read_text().splitlines()
    assert len(lines) == len(STORY)
    assert "3.0 s  StepStarted  create_machines: Create the machines" in lines[2]
    assert path.stat().st_mode & 0o777 == 0o600


def test_log_of_a_folder_that_is_gone(tmp_path):
    LogReporter(tmp_path / "gone" / "run.log").emit(STORY[0])


def test_choice_of_reporter(terminal):
    assert isinstance(choose_reporter("json", terminal, {"TERM": "xterm"}), JsonLinesReporter)
    assert isinstance(choose_reporter("table", terminal, {"TERM": "xterm"}), LiveReporter)
    assert isinstance(choose_reporter("table", terminal, {"TERM": "xterm", "NO_COLOR": "1"}), PlainReporter)
    assert isinstance(choose_reporter("table", terminal, {"TERM": "dumb"}), PlainReporter)
    assert isinstance(choose_reporter("table", io.StringIO(), {"TERM": "xterm"}), PlainReporter)


def test_tee_passes_on_and_closes(tmp_path):
    first, second = io.StringIO(), io.StringIO()
    tee = Tee(PlainReporter(first), JsonLinesReporter(second))
    tee.emit(Note("hello"))
    tee.close()
    assert first.getvalue() == "hello\n"
    assert json.loads(second.getvalue())["text"] == "hello"


def test_run_reporter_is_closed_with_its_command(tmp_path, monkeypatch):
    closed = []
    monkeypatch.setattr(LogReporter, "close", lambda _: closed.append("log"))
    with click.Context(click.Command("up")):
        run_reporter("table", tmp_path / "run.log").emit(Note("hello"))
        assert not closed
    assert len(closed) == 1
    assert "hello" in (tmp_path / "run.log").read_text()
