"""A loopback server with the whole release, small, and a computer that is told to use it."""

from __future__ import annotations

import pytest
from loopback import Loopback
from tiny_release import environment
from upstream_world import World


@pytest.fixture
def server(monkeypatch):
    loopback = Loopback()
    for name, value in environment(loopback.base).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield loopback
    loopback.close()


@pytest.fixture
def world(server, tmp_path):
    return World(server, tmp_path)
