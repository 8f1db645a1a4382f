"""A workshop without a network: programs answer from a table, apt has no registry."""

from __future__ import annotations

from pathlib import Path

import pytest
from table_runner import Events, TableRunner

from labctl.releases import TUTORIAL
from labctl.sources.distribution.apt import PrivateApt
from labctl.sources.distribution.part import Workshop


@pytest.fixture
def runner() -> TableRunner:
    return TableRunner()


@pytest.fixture
def shop(tmp_path: Path, runner: TableRunner) -> Workshop:
    cache = tmp_path / "cache"
    cache.mkdir()
    return Workshop(
        cache=cache,
        runner=runner,
        release=TUTORIAL,
        reporter=Events(),
        arch="amd64",
        apt=PrivateApt(cache / "apt", runner, etc=tmp_path / "etc"),
    )
