"""Bundles: manifest, checksums, which node needs what."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from labctl.errors import ToolError
from labctl.sources.bundle import (
    Bundle,
    ImageEntry,
    Manifest,
    file_entries,
    sha256_file,
    write_manifest,
)

FILES = {
    "bin/kubeadm": b"kubeadm",
    "images/all.tar": b"all",
    "images/control-plane.tar": b"masters",
    "node/root.tar": b"root",
    "packages/docker/docker.io_1_amd64.deb": b"deb",
}


def write_bundle(root: Path, files: dict[str, bytes] = FILES) -> Manifest:
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
        (root / path).chmod(0o755 if path.startswith("bin/") else 0o644)
    manifest = Manifest(
        release="tutorial",
        source="distribution",
        arch="amd64",
        node_os="debian-12",
        versions={"kubernetes": "v1.21.1"},
        image_repository="labctl.local",
        image_tags={"etcd": "3.4.23"},
        images=(
            ImageEntry("labctl.local/pause:3.4.1", "sha256:1", "images/all.tar", "all"),
            ImageEntry("labctl.local/etcd:3.4.23", "sha256:2", "images/control-plane.tar", "control-plane"),
        ),
        packages={"docker": ("docker.io",)},
        notes=("a note",),
        files=file_entries(root, urls={"bin/kubeadm": "https://example/kubeadm"}, pinned={"bin/kubeadm": "release"}),
    )
    write_manifest(root, manifest)
    return manifest


def document(root: Path) -> dict:
    return json.loads((root / "manifest.json").read_text())


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    manifest = write_bundle(tmp_path)
    bundle = Bundle.open(tmp_path)
    assert bundle.manifest == manifest
    assert bundle.verify() == []
    kubeadm = bundle.manifest.files[0]
    assert (kubeadm.path, kubeadm.mode, kubeadm.size, kubeadm.pinned) == ("bin/kubeadm", "0755", 7, "release")
    assert kubeadm.sha256 == sha256_file(tmp_path / "bin/kubeadm")
    assert bundle.manifest.files[1].pinned == "built"
    assert bundle.manifest.files[1].url is None
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_every_kind_of_damage_is_found(tmp_path: Path) -> None:
    write_bundle(tmp_path)
    (tmp_path / "bin/kubeadm").write_bytes(b"KUBEADM")
    (tmp_path / "images/all.tar").write_bytes(b"all of it")
    (tmp_path / "node/root.tar").unlink()
    (tmp_path / "images/control-plane.tar").unlink()
    (tmp_path / "images/control-plane.tar").symlink_to("/etc/hostname")
    (tmp_path / "packages/docker/more.deb").write_bytes(b"")
    found = {problem.path: problem.what for problem in Bundle.open(tmp_path).verify()}
    assert found["bin/kubeadm"].startswith("has sha256 ")
    assert found["images/all.tar"] == "has 9 bytes instead of 3"
    assert found["node/root.tar"] == "is missing"
    assert found["images/control-plane.tar"] == "is not a file within the bundle"
    assert found["packages/docker/more.deb"] == "is not in the manifest"
    assert len(found) == 5
    with pytest.raises(ToolError, match="damaged") as caught:
        Bundle.open(tmp_path).require_whole()
    assert "bundle create" in (caught.value.hint or "")


def test_a_folder_that_is_a_link_out_of_the_bundle_is_found(tmp_path: Path) -> None:
    root = tmp_path / "bundle"
    root.mkdir()
    write_bundle(root)
    (root / "bin").rename(tmp_path / "elsewhere")
    (root / "bin").symlink_to(tmp_path / "elsewhere")
    assert {p.path for p in Bundle.open(root).verify()} == {"bin", "bin/kubeadm"}


def test_fingerprint_follows_contents_and_paths_not_the_rest(tmp_path: Path) -> None:
    manifest = write_bundle(tmp_path)
    first = Bundle.open(tmp_path).fingerprint()
    assert len(first) == 16
    assert Bundle(Path("/elsewhere"), replace(manifest, notes=())).fingerprint() == first
    one, *rest = manifest.files
    for other in (replace(one, path="bin/kubelet"), replace(one, sha256="0" * 64)):
        assert Bundle(tmp_path, replace(manifest, files=(other, *rest))).fingerprint() != first


def test_nodes_get_what_their_role_needs(tmp_path: Path) -> None:
    write_bundle(tmp_path)
    bundle = Bundle.open(tmp_path)
    worker = bundle.files_for("worker")
    assert worker == ["manifest.json", "bin/kubeadm", "images/all.tar", "packages/docker/docker.io_1_amd64.deb"]
    assert set(bundle.files_for("control-plane")) - set(worker) == {"images/control-plane.tar"}


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "bin/../../x", "bin//x", "./x", "", "a\\b"])
def test_paths_that_leave_the_bundle_are_refused(tmp_path: Path, path: str) -> None:
    write_bundle(tmp_path)
    damaged = document(tmp_path)
    damaged["files"][0]["path"] = path
    (tmp_path / "manifest.json").write_text(json.dumps(damaged))
    with pytest.raises(ToolError, match="outside the bundle"):
        Bundle.open(tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("schema", "labctl.bundle/v2", "labctl.bundle/v2"),
        ("versions", ["x"], "versions is not an object"),
        ("versions", {"kubernetes": 1}, "not text"),
        ("release", None, "release"),
        ("files", {}, "files is not a list"),
        ("notes", [1], "notes"),
        ("packages", {"docker": "docker.io"}, "packages is not a list"),
        ("images", [{"ref": "a", "id": "b", "archive": "c", "nodes": "some"}], "neither"),
    ],
)
def test_a_damaged_manifest_says_what_is_wrong(tmp_path: Path, key: str, value: object, says: str) -> None:
    write_bundle(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({**document(tmp_path), key: value}))
    with pytest.raises(ToolError, match=says):
        Bundle.open(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [("sha256", "abc"), ("mode", "755"), ("mode", "rwx"), ("size", -1), ("size", True), ("url", 1), ("pinned", "no")],
)
def test_a_damaged_file_entry_is_refused(tmp_path: Path, key: str, value: object) -> None:
    write_bundle(tmp_path)
    damaged = document(tmp_path)
    damaged["files"][0][key] = value
    (tmp_path / "manifest.json").write_text(json.dumps(damaged))
    with pytest.raises(ToolError, match="damaged"):
        Bundle.open(tmp_path)


@pytest.mark.parametrize("text", [None, "", "{", "[]", "\udcff"])
def test_no_bundle_is_a_clear_error(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "manifest.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ToolError):
        Bundle.open(tmp_path)
