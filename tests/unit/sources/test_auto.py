"""Which source is taken, and that the reason says why."""

from __future__ import annotations

import pytest
from sample_bundle import Events, make_bundle

from labctl.errors import ToolError
from labctl.releases import TUTORIAL
from labctl.sources import create as create_module
from labctl.sources.auto import choose, default_folder, make_source, quick_problem
from labctl.sources.create import create, existing


class Fake:
    def __init__(self, name, why=None):
        self.name, self.why, self.filled = name, why, []

    def unavailable(self):
        return self.why

    def fill(self, destination, reporter):
        self.filled.append(destination)
        make_bundle(destination, self.name)


@pytest.fixture
def sources():
    return {"upstream": Fake("upstream"), "distribution": Fake("distribution")}


@pytest.fixture
def pick(tmp_path, sources):
    def call(wanted="auto"):
        def make(name, **given):
            return sources[name] if name in sources else make_source(name, **given)

        return choose(wanted, cache=tmp_path, runner=None, release=TUTORIAL, make=make)

    return call


def test_upstream_if_it_answers(pick, sources):
    choice = pick()
    assert (choice.bundle, choice.source) == (None, sources["upstream"])
    assert "servers answer" in choice.reason


def test_distribution_else_and_why_not_upstream(pick, sources):
    sources["upstream"].why = "dl.k8s.io: no connection"
    choice = pick()
    assert choice.source is sources["distribution"]
    assert "upstream cannot serve: dl.k8s.io: no connection" in choice.reason


def test_nothing_serves(pick, sources):
    sources["upstream"].why, sources["distribution"].why = "down", "not Debian"
    choice = pick()
    assert (choice.bundle, choice.source) == (None, None)
    assert "upstream cannot serve: down; distribution cannot serve: not Debian" in choice.reason


@pytest.mark.parametrize("name", ["upstream", "distribution"])
def test_a_bundle_in_the_cache_goes_before_all(pick, tmp_path, name):
    make_bundle(default_folder(tmp_path, "tutorial", name), name)
    choice = pick()
    assert choice.bundle.manifest.source == name
    assert f"from {name} is in the cache" in choice.reason


def test_a_named_source_has_only_its_own_cache(pick, tmp_path, sources):
    make_bundle(default_folder(tmp_path, "tutorial", "upstream"))
    assert pick("distribution").source is sources["distribution"]
    assert pick("upstream").bundle is not None


def test_a_spoiled_bundle_in_the_cache_is_not_used(pick, tmp_path):
    folder = default_folder(tmp_path, "tutorial", "upstream")
    make_bundle(folder)
    (folder / "bin/kubeadm").write_bytes(b"short")
    choice = pick()
    assert choice.bundle is None
    assert "bin/kubeadm is missing or has another size" in choice.reason


def test_a_bundle_for_another_architecture(tmp_path):
    make_bundle(tmp_path / "b", arch="s390x")
    assert "is for s390x" in quick_problem(tmp_path / "b")


def test_a_folder_is_used_in_place(pick, tmp_path):
    make_bundle(tmp_path / "stick")
    choice = pick(str(tmp_path / "stick"))
    assert choice.bundle.root == tmp_path / "stick"


def test_a_damaged_folder(pick, tmp_path):
    make_bundle(tmp_path / "stick")
    (tmp_path / "stick/bin/kubeadm").unlink()
    with pytest.raises(ToolError, match="bin/kubeadm is missing"):
        pick(str(tmp_path / "stick"))


def test_neither_source_nor_folder(pick):
    with pytest.raises(ToolError, match="upstraem is neither a source nor a folder"):
        pick("upstraem")


@pytest.fixture
def made(tmp_path, sources, monkeypatch):
    def make(name, **given):
        return sources[name] if name in sources else make_source(name, **given)

    monkeypatch.setattr(create_module, "make_source", make)
    monkeypatch.setattr(create_module, "choose", lambda wanted, **given: choose(wanted, **given, make=make))

    def call(wanted="auto", destination=None):
        return create(wanted, destination, cache=tmp_path, runner=None, release=TUTORIAL, reporter=Events())

    return call


def test_create_fills_the_place_in_the_cache(made, tmp_path, sources):
    result = made()
    assert result.changed
    assert result.bundle.root == default_folder(tmp_path, "tutorial", "upstream")
    again = made()
    assert not again.changed
    assert len(sources["upstream"].filled) == 1


def test_create_fills_again_what_is_damaged_in_its_content(made, sources):
    root = made().bundle.root
    (root / "bin/kubeadm").write_bytes(b"kubeadX")  # the same size: only the checksum tells
    result = made()
    assert result.changed
    assert "was damaged; filled again from upstream" in result.reason
    assert len(sources["upstream"].filled) == 2


def test_create_copies_the_cached_bundle_to_a_folder(made, tmp_path, sources):
    made()
    result = made(destination=tmp_path / "stick")
    assert result.bundle.root == tmp_path / "stick"
    assert result.bundle.verify() == []
    assert len(sources["upstream"].filled) == 1


def test_create_takes_a_copied_bundle_into_the_cache(made, tmp_path):
    make_bundle(tmp_path / "stick", "distribution")
    result = made(str(tmp_path / "stick"))
    assert result.bundle.root == default_folder(tmp_path, "tutorial", "distribution")


def test_create_where_nothing_serves(made, sources):
    sources["upstream"].why = sources["distribution"].why = "no"
    with pytest.raises(ToolError, match="nothing can fill the bundle") as caught:
        made()
    assert "--source FOLDER" in caught.value.hint


def test_the_bundle_that_there_is(tmp_path):
    with pytest.raises(ToolError, match="there is no bundle"):
        existing(None, cache=tmp_path, release=TUTORIAL)
    make_bundle(default_folder(tmp_path, "tutorial", "distribution"), "distribution")
    assert existing(None, cache=tmp_path, release=TUTORIAL).manifest.source == "distribution"


def test_asking_which_source_serves_imports_no_slow_library():
    import subprocess
    import sys

    code = (
        "import sys\nfrom pathlib import Path\nfrom labctl.releases import TUTORIAL\n"
        "from labctl.sources.auto import make_source\n"
        "make_source('upstream', cache=Path('/nowhere'), runner=None, release=TUTORIAL)\n"
        "print(*({'httpx', 'tenacity', 'filelock', 'yaml', 'ssl'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
