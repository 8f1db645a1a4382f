"""The journal: runs, their steps and ends; lines cut off by a crash are passed over."""

from __future__ import annotations

import os
from pathlib import Path

from labctl.workspace import Journal


def test_a_run_with_its_steps_and_its_end(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    run_id = journal.new_id()
    journal.begin(run_id, "up", 123.5)
    journal.note(run_id, "step_finished", step="base", seconds=2.5)
    journal.note(run_id, "run_finished", outcome="done", seconds=9.0)
    (run,) = journal.runs()
    assert (run.id, run.command, run.pid, run.started) == (run_id, "up", os.getpid(), 123.5)
    assert (run.outcome, run.seconds, run.steps) == ("done", 9.0, (("base", 2.5),))


def test_a_cut_run_has_no_outcome(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.begin("a", "up", 1.0)
    assert journal.runs()[0].outcome is None


def test_damaged_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.begin("a", "up", 1.0)
    with path.open("ab") as stream:
        stream.write(b'{"run": "a", "event": "run_fin\n\xff\xfe\n[]\n"text"\n{"run": "b", "event": "step_finished"}\n')
    journal.note("a", "run_finished", outcome="done", seconds=1.0)
    assert [(run.id, run.outcome) for run in journal.runs()] == [("a", "done")]


def test_no_journal_is_no_runs(tmp_path: Path) -> None:
    assert Journal(tmp_path / "none").runs() == []


def test_the_timeline_tells_when_each_step_began_and_how_it_ended(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.begin("a", "up", 1.0)
    journal.note("a", "step_started", step="base")
    journal.note("a", "step_finished", step="base", seconds=2.5, changed=3)
    journal.note("a", "step_started", step="docker")
    journal.note("a", "step_failed", step="docker", seconds=1.5)
    journal.note("a", "step_started", step="docker")
    base, failed, cut = journal.runs()[0].timeline
    assert (base.step, base.seconds, base.changed, base.failed) == ("base", 2.5, 3, False)
    assert (failed.seconds, failed.failed) == (1.5, True)
    assert (cut.step, cut.seconds, cut.failed) == ("docker", None, False)
    assert 0 <= base.at <= failed.at <= cut.at


def test_numbers_that_are_none_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.begin("a", "up", 1.0)
    with path.open("a") as stream:
        stream.write('{"run": "a", "time": "x", "event": "step_started", "step": "base"}\n')
        stream.write('{"run": "a", "event": "step_finished", "step": "base", "seconds": null, "changed": "y"}\n')
    (step,) = journal.runs()[0].timeline
    assert (step.at, step.seconds, step.changed) == (0.0, 0.0, None)
