"""What a fill makes of a server that behaves: a whole bundle, told truly; the second time without downloads."""

from __future__ import annotations

import gzip
import io
import json
import stat
import tarfile
import threading

import pytest
from tiny_release import WEAVE, sha256
from upstream_world import WithDocker

from labctl.errors import ToolError
from labctl.events import Note, Transfer
from labctl.sources.bundle import Bundle


def test_a_bundle_in_the_agreed_shape(world):
    bundle = world.fill()
    manifest = bundle.manifest
    assert (manifest.release, manifest.source, manifest.arch, manifest.node_os) == (
        "tutorial",
        "upstream",
        "amd64",
        "ubuntu-20.04",
    )
    paths = {entry.path: entry for entry in manifest.files}
    for name in ("kubeadm", "kubelet", "kubectl", "crictl"):
        assert paths[f"bin/{name}"].mode == "0755"
        assert paths[f"bin/{name}"].pinned == "release"
        assert stat.S_IMODE((bundle.root / "bin" / name).stat().st_mode) == 0o755
    assert {"cni/bin/bridge", "cni/bin/portmap", "cni/bin/host-local", "cni/bin/loopback"} <= set(paths)
    assert (bundle.root / "manifests/weave-net.yaml").read_text() == WEAVE
    assert paths["manifests/weave-net.yaml"].pinned == "first-fill"
    assert manifest.packages["docker"] == ("docker-ce", "docker-ce-cli", "containerd.io")
    for group, names in manifest.packages.items():
        for name in names:
            assert any(path.startswith(f"packages/{group}/{name}_") for path in paths), name
    assert manifest.image_repository == "registry.k8s.io"
    masters = {image.ref for image in manifest.images if image.nodes == "control-plane"}
    assert {ref.rpartition("/")[2].partition(":")[0] for ref in masters} == {
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "etcd",
    }
    assert "registry.k8s.io/coredns/coredns:v1.8.0" in {image.ref for image in manifest.images}


def test_image_archives_are_what_docker_load_reads(world):
    bundle = world.fill()
    for image in bundle.manifest.images:
        with tarfile.open(bundle.root / image.archive) as tar:
            members = {member.name: tar.extractfile(member).read() for member in tar}
        (entry,) = json.loads(members["manifest.json"])
        assert entry["RepoTags"] == [image.ref]
        settings = members[entry["Config"]]
        assert image.id == f"sha256:{sha256(settings)}"
        diffs = json.loads(settings)["rootfs"]["diff_ids"]
        for name, diff in zip(entry["Layers"], diffs, strict=True):
            with tarfile.open(fileobj=io.BytesIO(members[name])):
                pass
            assert f"sha256:{sha256(gzip.decompress(members[name]))}" == diff
    # The layer that all share is fetched once.
    shared = [seen for seen in world.server.seen if seen.path.endswith(entry["Layers"][0][:-4]) and seen.status == 200]
    assert len(shared) == 1


def test_the_second_fill_downloads_no_file_and_changes_nothing(world):
    first = world.fill().fingerprint()
    world.server.seen.clear()
    assert world.fill().fingerprint() == first
    assert not [seen.path for seen in world.server.seen if "/manifests/" not in seen.path and "/token" not in seen.path]


def test_progress_tells_each_file_to_its_end(world):
    world.fill()
    ends = {event.name for event in world.events if isinstance(event, Transfer) and event.done == event.total}
    assert {"kubeadm", "kubelet", "weave-daemonset-k8s-1.11.yaml"} <= ends
    assert any(name.startswith("busybox:1.35.0 layer 2/2") for name in ends)


def test_without_docker_the_manifest_says_what_cannot_be(world):
    notes = " ".join(world.fill().manifest.notes)
    assert "no node/root.tar: the docker provider cannot use this bundle (Cannot connect to the Docker daemon)" in notes


def test_with_docker_the_root_of_a_bare_node_is_made(world):
    world.runner = WithDocker()
    bundle = world.fill()
    assert (bundle.root / "node/root.tar").read_bytes() == b"root file system"
    entry = next(entry for entry in bundle.manifest.files if entry.path == "node/root.tar")
    assert entry.pinned == "built"
    verbs = [command[1] for command in world.runner.commands]
    assert verbs == ["version", "load", "run", "export", "rm", "rmi"]
    run = world.runner.commands[2]
    assert f"MIRROR={world.server.base}/ubuntu" in run
    assert {"systemd", "openssh-server", "sudo", "python3"} <= set(run)
    assert not (bundle.root / "node/base.tar").exists()


def test_a_node_root_that_cannot_be_made_is_an_error_and_leaves_nothing(world):
    world.runner = WithDocker(fails="run")
    error = world.refused()
    assert "root of a bare node" in error.message
    assert "Unable to fetch" in (error.output or "")
    assert [command[1] for command in world.runner.commands][-2:] == ["rm", "rmi"]


def test_a_failed_fill_leaves_the_old_bundle(world):
    before = world.fill().fingerprint()
    world.server.files.pop(f"/v2/registry.k8s.io/pause/manifests/{world.catalogue.versions.pause}")
    with pytest.raises(ToolError):
        world.fill()
    assert Bundle.open(world.destination).fingerprint() == before
    assert Bundle.open(world.destination).verify() == []


def test_two_fills_at_once_share_the_downloads(world, tmp_path):
    errors = []

    def fill(place):
        try:
            world.source.fill(tmp_path / place, world.events)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=fill, args=(place,)) for place in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Bundle.open(tmp_path / "one").fingerprint() == Bundle.open(tmp_path / "two").fingerprint()
    assert len(world.server.gets(world.path("kubelet"))) == 1
    assert any(isinstance(event, Note) and "waiting" in event.text for event in world.events)
