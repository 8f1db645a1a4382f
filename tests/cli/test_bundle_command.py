"""`labctl bundle`: a copied bundle goes into the cache, is shown and verified; damage is told with exit code 4."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from labctl.cli.bundle import bundle

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "sources"))
from sample_bundle import make_bundle


@pytest.fixture
def stick(tmp_path):
    make_bundle(tmp_path / "stick")
    return tmp_path / "stick"


def run(labctl, *arguments):
    return labctl(*arguments, group=bundle)


def test_from_a_stick_into_the_cache_and_again(labctl, stick, tmp_path):
    first = run(labctl, "create", "--source", str(stick))
    place = tmp_path / "cache/bundles/tutorial-upstream"
    assert (first.code, first.out.splitlines()[0].partition(" (")[0]) == (0, f"{place}: filled")
    assert "note: a note" in first.out
    second = run(labctl, "create")
    assert second.out.startswith(f"{place}: whole, nothing to do")
    assert "a bundle from upstream is in the cache" in second.out


def test_created_as_json(labctl, stick):
    done = run(labctl, "create", "--source", str(stick), "-o", "json")
    documents = [json.loads(line) for line in done.out.splitlines()]
    assert documents[-1]["schema"] == "labctl.bundle/v1"
    assert documents[-1]["path"].endswith("tutorial-upstream")
    assert {document["event"] for document in documents[:-1]} >= {"note", "progress"}


def test_show_tells_where_checksums_come_from(labctl, stick):
    out = run(labctl, "show", str(stick)).out
    published, pinned, built = (
        out.index(heading) for heading in ("published with the release", "pinned at the first fill", "built on this")
    )
    assert published < out.index("bin/kubeadm") < pinned < out.index("images/pause.tar") < built
    shown = json.loads(run(labctl, "show", str(stick), "-o", "json").out)
    assert shown["fingerprint"]
    assert len(shown["files"]) == 3


def test_verify(labctl, stick):
    assert "whole (3 files" in run(labctl, "verify", str(stick)).out
    (stick / "bin/kubeadm").write_bytes(b"kubeadX")
    spoiled = run(labctl, "verify", str(stick))
    assert spoiled.code == 4
    assert "bin/kubeadm has sha256" in spoiled.err
    told = run(labctl, "verify", str(stick), "-o", "json")
    assert told.code == 4
    document = json.loads(told.out)
    assert (document["whole"], document["problems"][0]["path"]) == (False, "bin/kubeadm")


@pytest.mark.parametrize("command", ["show", "verify"])
def test_without_a_bundle(labctl, command):
    ended = run(labctl, command)
    assert ended.code == 4
    assert "labctl bundle create" in ended.err


def test_a_damaged_stick(labctl, stick, tmp_path):
    (stick / "images/pause.tar").unlink()
    ended = run(labctl, "create", "--source", str(stick))
    assert ended.code == 4
    assert "images/pause.tar is missing" in ended.err
    assert not (tmp_path / "cache/bundles/tutorial-upstream").exists()


def test_help_names_the_mirrors(labctl):
    out = run(labctl, "create", "--help").out
    assert "LABCTL_MIRROR_DOCKER_HUB" in out
    assert "https://dl.k8s.io" in out
