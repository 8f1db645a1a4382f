"""Image archives: the docker-archive layout, true digests, the same bytes each time."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from labctl.sources.distribution.image_archive import Entry, Image, tree, write_archive

REF_PROXY, REF_WEAVE = "labctl.local/kube-proxy:v1", "labctl.local/weave:1"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    root = tmp_path / "base"
    (root / "usr/sbin").mkdir(parents=True)
    (root / "usr/sbin/xtables-nft-multi").write_bytes(b"xtables")
    (root / "usr/sbin/xtables-nft-multi").chmod(0o755)
    (root / "usr/sbin/iptables").symlink_to("xtables-nft-multi")
    (tmp_path / "kube-proxy").write_bytes(b"kube-proxy")
    return tmp_path


def images(files: Path) -> list[Image]:
    base = tree(files / "base")
    return [
        Image(REF_PROXY, (base, (Entry("/usr/local/bin/kube-proxy", source=files / "kube-proxy"),))),
        Image(REF_WEAVE, (base, (Entry("/tmp", mode=0o1777), Entry("/etc/x", mode=0o644, data=b"x"))), ("/w",), ("a",)),
    ]


def written(files: Path, name: str) -> tuple[dict[str, str], bytes]:
    scratch = files / f"scratch-{name}"
    scratch.mkdir()
    ids = write_archive(images(files), files / name, arch="amd64", scratch=scratch)
    return ids, (files / name).read_bytes()


def layer(data: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {m.name: m for m in archive}


def members(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {m.name: (archive.extractfile(m) or io.BytesIO()).read() for m in archive if m.isfile()}


def test_layout_and_digests_are_what_docker_load_checks(files: Path) -> None:
    ids, data = written(files, "a.tar")
    found = members(data)
    index = json.loads(found["manifest.json"])
    assert [entry["RepoTags"] for entry in index] == [[REF_PROXY], [REF_WEAVE]]
    for entry in index:
        config_bytes = found[entry["Config"]]
        assert ids[entry["RepoTags"][0]] == f"sha256:{hashlib.sha256(config_bytes).hexdigest()}"
        config = json.loads(config_bytes)
        assert (config["os"], config["architecture"]) == ("linux", "amd64")
        digests = [f"sha256:{hashlib.sha256(found[layer]).hexdigest()}" for layer in entry["Layers"]]
        assert config["rootfs"]["diff_ids"] == digests
    weave = json.loads(found[index[1]["Config"]])
    assert weave["config"]["Entrypoint"] == ["/w"]
    assert weave["config"]["Cmd"] == ["a"]


def test_a_shared_layer_is_there_once(files: Path) -> None:
    _, data = written(files, "a.tar")
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        names = archive.getnames()
    assert len([name for name in names if name.endswith("/layer.tar")]) == 3
    assert len(names) == len(set(names))
    index = json.loads(members(data)["manifest.json"])
    assert index[0]["Layers"][0] == index[1]["Layers"][0]


def test_the_same_input_gives_the_same_bytes(files: Path) -> None:
    first = written(files, "a.tar")
    os.utime(files / "kube-proxy", (1, 1))
    assert written(files, "b.tar") == first
    (files / "kube-proxy").write_bytes(b"kube-PROXY")
    ids, _ = written(files, "c.tar")
    assert ids[REF_PROXY] != first[0][REF_PROXY]
    assert ids[REF_WEAVE] == first[0][REF_WEAVE]


def test_layers_hold_root_s_files_links_and_parents(files: Path) -> None:
    _, data = written(files, "a.tar")
    found = members(data)
    index = json.loads(found["manifest.json"])
    base, proxy = (layer(found[name]) for name in index[0]["Layers"])
    assert list(base) == ["usr", "usr/sbin", "usr/sbin/iptables", "usr/sbin/xtables-nft-multi"]
    assert base["usr/sbin/iptables"].linkname == "xtables-nft-multi"
    assert base["usr/sbin/xtables-nft-multi"].mode == 0o755
    assert list(proxy) == ["usr", "usr/local", "usr/local/bin", "usr/local/bin/kube-proxy"]
    assert all((m.uid, m.gid, m.mtime) == (0, 0, 0) for m in (*base.values(), *proxy.values()))
    weave = layer(found[index[1]["Layers"][1]])
    assert weave["tmp"].isdir()
    assert weave["tmp"].mode == 0o1777
