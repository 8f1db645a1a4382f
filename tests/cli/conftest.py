"""The command line in this process: arguments in, exit code and output out; labctl's folders are temporary."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from labctl import cli


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("LABCTL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LABCTL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    # Processes that tests start find this labctl, wherever they run.
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    for name in ("NO_COLOR", "_LABCTL_COMPLETE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def labctl(capsys):
    def run(*arguments, group=cli.labctl):
        capsys.readouterr()
        code = cli.run(group, arguments)
        captured = capsys.readouterr()
        return Ended(int(code), captured.out, captured.err)

    return run
