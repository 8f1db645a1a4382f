"""The private apt: which sources it takes over, what it fetches, what it says when it cannot."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from table_runner import TableRunner

from labctl.errors import ToolError
from labctl.sources.distribution import apt_sources
from labctl.sources.distribution.apt import Deb, PrivateApt

DEBIAN = """\
Types: deb
URIs: http://deb.debian.org/debian
Suites: bookworm
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://deb.debian.org/debian-security
Suites: bookworm-security
Components: main
"""
OTHERS = "# docker\ndeb https://download.docker.com/linux/debian bookworm stable\ndeb-src http://x y z\n"
URIS = """\
Reading package lists...
'http://deb.debian.org/debian/pool/main/d/docker.io/docker.io_20.10.24%2bdfsg1-1_amd64.deb' \
docker.io_20.10.24+dfsg1-1_amd64.deb 36 SHA256:00
'http://deb.debian.org/debian-security/pool/c/conntrack_1.4.7_amd64.deb' conntrack_1%3a1.4.7-1+b2_amd64.deb 35
"""


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    parts = tmp_path / "etc/sources.list.d"
    parts.mkdir(parents=True)
    (parts / "debian.sources").write_text(DEBIAN)
    (parts / "docker.list").write_text(OTHERS)
    (parts / "old.list.save").write_text("deb http://old old old\n")
    return tmp_path / "etc"


@pytest.fixture
def apt(tmp_path: Path, runner: TableRunner, etc: Path, monkeypatch: pytest.MonkeyPatch) -> PrivateApt:
    monkeypatch.setattr(apt_sources, "distribution_id", lambda: "debian")
    root = tmp_path / "apt"
    runner.table[("apt-config", "dump")] = (
        'Acquire "";\nAcquire::http::Proxy "http://proxy:3128";\nAcquire::IndexTargets::x "y";\nDPkg::x "rm";\n'
    )
    runner.table[("apt-get", "update")] = ""
    runner.table[("apt-get", "indextargets")] = (
        f"Debian|{root}/sources/000.sources:1\nDebian|{root}/sources/001.sources:1\nDocker|{root}/sources/002.list:1\n"
    )
    return PrivateApt(root, runner, etc=etc)


def test_only_the_distribution_s_own_sources_stay(apt: PrivateApt, tmp_path: Path) -> None:
    assert apt.refresh() is None
    assert [path.name for path in apt.sources] == ["000.sources", "001.sources"]
    assert "debian-archive-keyring" in apt.sources[0].read_text()
    assert apt.acquire_config.read_text() == 'Acquire::http::Proxy "http://proxy:3128";\n'
    config = (tmp_path / "apt/apt.conf").read_text()
    assert 'Dir::Etc::sourceparts "' in config
    assert "DPkg" not in config


def test_fresh_lists_are_not_fetched_again(apt: PrivateApt, runner: TableRunner, tmp_path: Path) -> None:
    apt.refresh()
    apt.refresh()
    assert runner.commands.count(("apt-get", "update")) == 1
    os.utime(tmp_path / "apt/updated", (1, 1))
    apt.refresh()
    assert runner.commands.count(("apt-get", "update")) == 2


def test_old_lists_do_when_the_registry_is_out_of_reach(apt: PrivateApt, runner: TableRunner, tmp_path: Path) -> None:
    apt.refresh()
    os.utime(tmp_path / "apt/updated", (1, 1))
    runner.table[("apt-get", "update")] = ToolError("no network", output="Could not resolve")
    assert "older package lists" in (apt.refresh() or "")


def test_no_source_at_all_is_an_error_with_apt_s_words(apt: PrivateApt, runner: TableRunner) -> None:
    runner.table[("apt-get", "update")] = ToolError("no network", output="Could not resolve")
    runner.table[("apt-get", "indextargets")] = ""
    with pytest.raises(ToolError, match="no package source") as caught:
        apt.refresh()
    assert caught.value.output == "Could not resolve"
    assert caught.value.command == ("apt-get", "update")


def test_a_closure_is_what_apt_would_fetch(apt: PrivateApt, runner: TableRunner) -> None:
    runner.table[("apt-get",)] = URIS
    docker, conntrack = apt.closure(["docker.io", "conntrack"], status=Path("/root/status"))
    assert "Dir::State::status=/root/status" in runner.commands[-1]
    assert (docker.package, docker.full_version, docker.upstream_version) == (
        "docker.io",
        "20.10.24+dfsg1-1",
        "20.10.24",
    )
    assert (conntrack.full_version, conntrack.upstream_version) == ("1:1.4.7-1+b2", "1.4.7")


def test_a_package_that_the_lists_lack_is_named(apt: PrivateApt, runner: TableRunner) -> None:
    runner.table[("apt-get", "download")] = URIS
    assert [deb.package for deb in apt.candidates(["conntrack", "docker.io"])] == ["conntrack", "docker.io"]
    with pytest.raises(ToolError, match=r"lacks the package etcd-server"):
        apt.candidates(["docker.io", "etcd-server"])


def test_exact_versions_are_fetched_into_the_folder(apt: PrivateApt, runner: TableRunner, tmp_path: Path) -> None:
    deb = Deb("conntrack_1%3a1.4.7-1+b2_amd64.deb", "http://x")
    runner.table[("apt-get", "download")] = ""
    assert apt.download([deb], tmp_path / "debs") == [tmp_path / "debs" / deb.file]
    assert runner.commands[-1] == ("apt-get", "download", "conntrack=1:1.4.7-1+b2")
    runner.table[("apt-get", "download")] = ToolError("apt-get failed", output="Hash Sum mismatch")
    with pytest.raises(ToolError, match="could not be fetched") as caught:
        apt.download([deb], tmp_path / "debs")
    assert caught.value.output == "Hash Sum mismatch"
