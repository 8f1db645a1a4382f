"""The source as a whole: what it says when it cannot serve, and how built parts become a bundle."""

from __future__ import annotations

import json
import platform
import shutil
from pathlib import Path

import pytest
from table_runner import Events, TableRunner

from labctl.errors import ToolError
from labctl.releases import TUTORIAL
from labctl.sources.bundle import Bundle
from labctl.sources.distribution import apt_sources, images, node_root, source
from labctl.sources.distribution.apt import PrivateApt
from labctl.sources.distribution.part import Part, Workshop
from labctl.sources.distribution.source import DistributionSource

PLUGINS = ("bridge", "host-local", "loopback", "portmap")
TOOLS = {"etcd-server": "3.4.23", "etcd-client": "3.4.23", "containernetworking-plugins": "1.1.1"}
LAYOUT = {
    "kubernetes": ("kubeadm", "kubelet", "kubectl", "kube-apiserver", "kube-controller-manager", "kube-scheduler"),
    "programs": ("iptables-choice", "pause", "runc-wrapper", "weave-kube", "weave-npc"),
    "coredns": ("coredns",),
    "compiler": ("bin/go",),
    "base-layer": ("network/sbin/ip", "libc/lib/libc.so.6"),
    "node-root": ("root.tar",),
    "node-packages": ("docker/docker.io_20.10.25_amd64.deb", "kube/socat_1_amd64.deb"),
    "tools": (
        *("etcd-server/etcd", "etcd-client/etcdctl", "busybox-static/busybox"),
        *(f"containernetworking-plugins/{name}" for name in PLUGINS),
    ),
}


def small(name: str) -> Part:
    """A part with the real one's files, each holding its own name."""

    def build(shop: Workshop, into: Path) -> None:
        for path in (*LAYOUT[name], *(["kube-proxy"] if name == "kubernetes" else [])):
            (into / path).parent.mkdir(parents=True, exist_ok=True)
            (into / path).write_text(path)
            (into / path).chmod(0o755 if name in ("kubernetes", "programs", "tools") else 0o644)
        if name == "tools":
            (into / "versions.json").write_text(json.dumps({**TOOLS, "busybox-static": "1.35.0"}))
        if name == "node-packages":
            (into / "versions.json").write_text(json.dumps({"docker": "20.10.25"}))

    return Part(name, name, (), lambda shop: [name], build)


class QuietApt(PrivateApt):
    def refresh(self) -> str | None:
        return "older package lists were used"


@pytest.fixture
def made(tmp_path: Path, runner: TableRunner, monkeypatch: pytest.MonkeyPatch) -> DistributionSource:
    monkeypatch.setattr(source, "PrivateApt", QuietApt)
    monkeypatch.setattr(source, "PARTS", (*(small(name) for name in LAYOUT), images.PART))
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")

    class AnyBusybox(TableRunner):
        def run(self, command, **options):
            self.table[tuple(command)] = "sh\nwget\nbusybox\n"
            return super().run(command, **options)

    return DistributionSource(cache=tmp_path / "build", runner=AnyBusybox(), release=TUTORIAL)


def test_parts_become_a_whole_bundle(made: DistributionSource, tmp_path: Path) -> None:
    events = Events()
    made.fill(tmp_path / "bundle", events)
    bundle = Bundle.open(tmp_path / "bundle")
    manifest = bundle.manifest
    assert bundle.verify() == []
    paths = {entry.path: entry.mode for entry in manifest.files}
    assert paths["bin/kubelet"] == paths["bin/runc-wrapper"] == paths["cni/bin/portmap"] == "0755"
    assert paths["manifests/weave-net.yaml"] == paths["packages/docker/docker.io_20.10.25_amd64.deb"] == "0644"
    assert {"images/all.tar", "images/control-plane.tar", "node/root.tar"} <= paths.keys()
    assert (manifest.arch, manifest.node_os, manifest.image_repository) == ("amd64", "debian-12", "labctl.local")
    assert manifest.versions["kubernetes"] == "v1.21.1"
    assert manifest.versions["docker"] == "20.10.25"
    assert any("docker is 20.10.25" in note for note in manifest.notes)
    assert not any("etcd is" in note for note in manifest.notes)
    nodes = {image.ref.removeprefix("labctl.local/"): image.nodes for image in manifest.images}
    assert nodes == {
        **dict.fromkeys(("kube-apiserver:v1.21.1", "kube-controller-manager:v1.21.1"), "control-plane"),
        **dict.fromkeys(("kube-scheduler:v1.21.1", "etcd:3.4.23"), "control-plane"),
        **dict.fromkeys(("kube-proxy:v1.21.1", "pause:3.4.1", "coredns/coredns:v1.8.0", "busybox:1.35.0"), "all"),
        **dict.fromkeys(("weave-kube-standin:1", "weave-npc-standin:1"), "all"),
    }
    assert "older package lists were used" in str(events.seen[-1])


def test_a_second_fill_changes_nothing_and_a_damaged_bundle_is_mended(made: DistributionSource, tmp_path: Path) -> None:
    place = tmp_path / "bundle"
    made.fill(place, Events())
    before, first = place.stat().st_ino, Bundle.open(place).fingerprint()
    made.fill(place, Events())
    assert place.stat().st_ino == before
    # Not in place: the parts share the files.
    (place / "bin/kubeadm").unlink()
    (place / "bin/kubeadm").write_text("KUBEADM")
    made.fill(place, Events())
    assert Bundle.open(place).verify() == []
    assert Bundle.open(place).fingerprint() == first
    assert not list((tmp_path / "build/tmp").iterdir())


def test_a_file_spoiled_in_bundle_and_cache_alike_is_made_again(made: DistributionSource, tmp_path: Path) -> None:
    made.fill(tmp_path / "bundle", Events())
    with (tmp_path / "bundle/bin/kubeadm").open("r+") as shared:
        shared.write("KUBEADM")
    made.fill(tmp_path / "bundle", Events())
    assert (tmp_path / "bundle/bin/kubeadm").read_text() == "kubeadm"


def test_what_this_computer_lacks_is_said(runner: TableRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = DistributionSource(cache=tmp_path, runner=runner, release=TUTORIAL)
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert "riscv64" in (here.unavailable() or "")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(apt_sources, "_os_release", lambda: {"ID": "fedora", "VERSION_CODENAME": ""})
    assert "Debian 12" in (here.unavailable() or "")
    monkeypatch.setattr(apt_sources, "_os_release", lambda: {"ID": "debian", "VERSION_CODENAME": "bookworm"})
    monkeypatch.setattr(shutil, "which", lambda tool: None if tool == "mmdebstrap" else f"/usr/bin/{tool}")
    assert "mmdebstrap is missing" in (here.unavailable() or "")
    monkeypatch.setattr(shutil, "which", lambda tool: None if tool == "newuidmap" else f"/usr/bin/{tool}")
    monkeypatch.setattr(source.os, "geteuid", lambda: 1000)
    assert "uidmap" in (here.unavailable() or "")
    monkeypatch.setattr(source.os, "geteuid", lambda: 0)
    runner.table[("apt-cache",)] = "golang-1.19-go:\n  Installed: (none)\n  Candidate: (none)\n"
    assert "no golang-1.19-go" in (here.unavailable() or "")
    runner.table[("apt-cache",)] = ToolError("apt-cache did not end within 2 s")
    assert here.unavailable() is None
    runner.table[("apt-cache",)] = "golang-1.19-go:\n  Candidate: 1.19.8-2\n"
    assert here.unavailable() is None


def test_a_node_root_that_cannot_be_made_says_what_mmdebstrap_said(
    shop: Workshop, runner: TableRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shop.cache / "apt/sources").mkdir(parents=True)
    runner.table[("mmdebstrap",)] = ToolError("mmdebstrap failed", output="E: unable to pick chroot mode")
    monkeypatch.setattr(node_root.os, "geteuid", lambda: 1000)
    with pytest.raises(ToolError, match="could not be made") as caught:
        node_root.PART.build(shop, tmp_path)
    assert "unable to pick" in (caught.value.output or "")
    assert "uidmap" in (caught.value.hint or "")


def test_a_root_without_a_package_status_is_refused(tmp_path: Path) -> None:
    with node_root.tarfile.open(tmp_path / "root.tar", "w"):
        pass
    with pytest.raises(ToolError, match="var/lib/dpkg/status"):
        node_root.extract_status(tmp_path / "root.tar", tmp_path)
