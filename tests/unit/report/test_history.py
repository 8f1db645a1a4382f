"""The timeline of runs as a reader and as a script see it."""

from __future__ import annotations

import io
import json

from labctl.report.history import print_history
from labctl.workspace.journal import Run, StepTime

STEPS = (StepTime("base", 0.0, 10.0, 3), StepTime("docker", 10.0, 30.0, 0), StepTime("workers", 40.0, None))
RUN = Run("a", "up", 1, 1.8e9, "failed", 40.0, (("base", 10.0),), STEPS)


def printed(*runs: Run, output: str = "table") -> str:
    stream = io.StringIO()
    print_history(runs, output, stream)
    return stream.getvalue()


def test_a_step_stands_where_it_ran_and_as_long_as_it_ran() -> None:
    lines = printed(RUN).splitlines()
    assert "labctl up: failed in 40.0 s" in lines[0]
    bars = [line.split("|")[1] for line in lines[1:]]
    assert bars[0] == "#" * 10 + " " * 30
    assert bars[1] == " " * 10 + "#" * 30
    assert "not ended" in lines[3]
    assert lines[1].endswith("3 changes")


def test_a_run_that_was_cut_says_so() -> None:
    assert "cut, or at work" in printed(Run("a", "up", 1, 1.0, None, None, ()))


def test_no_runs() -> None:
    assert printed() == "nothing was done to this lab yet\n"


def test_json_has_all_but_the_process() -> None:
    document = json.loads(printed(RUN, output="json"))
    assert document["schema"] == "labctl.history/v1"
    (run,) = document["runs"]
    assert "pid" not in run
    assert run["timeline"][1] == {
        "step": "docker",
        "at": 10.0,
        "seconds": 30.0,
        "changed": 0,
        "failed": False,
        "after": [],
        "beside": [],
    }


def test_a_step_says_what_was_at_work_beside_it() -> None:
    steps = (
        StepTime("control_plane", 1.0, 10.0, 5, after=("create_machines",)),
        StepTime("workers", 1.1, 12.0, 9, after=("create_machines",), beside=("control_plane", "weave_net")),
    )
    lines = printed(Run("a", "up", 1, 1.0, "done", 14.0, (), steps)).splitlines()
    assert lines[1].endswith("5 changes")
    assert lines[2].endswith("9 changes, beside control_plane, weave_net")
