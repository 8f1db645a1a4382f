"""`labctl bundle create --source upstream` with the release's real checksums, against a server with other contents."""

from __future__ import annotations

import pytest

from labctl import cli
from labctl.sources.upstream.catalogue import tutorial_catalogue


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    monkeypatch.setenv("LABCTL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("LABCTL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("labctl.sources.auto.host_arch", lambda: "amd64")


def test_contents_that_are_not_the_releases(world, capsys):
    code = cli.run(cli.labctl, ["bundle", "create", "--source", "upstream", str(world.destination)])
    told = capsys.readouterr().err
    assert code == 4
    assert "has sha256" in told
    published = {file.sha256 for file in tutorial_catalogue("amd64").files if file.sha256}
    assert any(f"expected {sha256}" in told for sha256 in published)
    assert f"{world.server.base}/" in told
    assert "LABCTL_MIRROR_" in told
    assert not world.destination.exists()


def test_servers_that_do_not_answer(world, capsys, monkeypatch):
    for variable in ("LABCTL_MIRROR_K8S", "LABCTL_MIRROR_DOCKER_HUB"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    code = cli.run(cli.labctl, ["bundle", "create", "--source", "upstream", str(world.destination)])
    told = capsys.readouterr().err
    assert code == 4
    assert "upstream cannot serve: http://127.0.0.1:9: no connection" in told
    assert "--source FOLDER" in told
