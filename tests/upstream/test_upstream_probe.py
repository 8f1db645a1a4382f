"""Whether the servers answer, within three seconds, and which do not."""

from __future__ import annotations

import time
from dataclasses import replace

import loopback


def test_all_answer(world, monkeypatch):
    monkeypatch.setattr("labctl.sources.upstream.source.PROBE_SECONDS", 60)
    started = time.monotonic()
    assert world.source.unavailable() is None
    assert time.monotonic() - started < 20  # nobody is waited for in vain
    assert {seen.method for seen in world.server.seen} == {"HEAD"}


def test_the_silent_one_is_named(world, monkeypatch):
    monkeypatch.setenv("LABCTL_MIRROR_DOCKER", "http://127.0.0.1:9")
    why = world.source.unavailable()
    assert why.startswith("http://127.0.0.1:9: no connection")
    assert ";" not in why


def test_a_refusal_is_no_answer(world):
    world.server.always["/docker/linux/ubuntu/dists/focal/Release"] = loopback.status(403)
    assert world.source.unavailable().endswith("/docker/linux/ubuntu/dists/focal/Release: answered 403 Forbidden")


def test_a_server_that_says_nothing_costs_three_seconds(world, monkeypatch):
    monkeypatch.setattr("labctl.sources.upstream.source.PROBE_SECONDS", 0.5)
    world.server.always["/v2/"] = lambda request: request.loopback.closing.wait(30)
    started = time.monotonic()
    why = world.source.unavailable()
    assert time.monotonic() - started < 2
    assert why == f"{world.server.base}: no answer within 0.5 s"


def test_a_registry_that_wants_a_token_answers(world):
    world.server.always["/v2/"] = loopback.status(401)
    assert world.source.unavailable() is None


def test_an_architecture_without_releases(world):
    world.catalogue = replace(world.catalogue, arch="riscv64")
    assert "riscv64" in world.source.unavailable()


def test_a_mirror_that_is_no_address(world, monkeypatch):
    monkeypatch.setenv("LABCTL_MIRROR_GITHUB", "file:///etc")
    assert "LABCTL_MIRROR_GITHUB is 'file:///etc'" in world.source.unavailable()
