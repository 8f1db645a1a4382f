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
