"""A tiny whole bundle, as a source would leave it."""

from __future__ import annotations

from labctl.sources.auto import host_arch
from labctl.sources.bundle import Bundle, Manifest, file_entries, write_manifest

FILES = {"bin/kubeadm": b"kubeadm", "images/pause.tar": b"pause", "manifests/weave-net.yaml": b"kind: List\n"}


def make_bundle(root, source="upstream", arch=None, files=FILES):
    for path, data in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        target.chmod(0o755 if path.startswith("bin/") else 0o644)
    manifest = Manifest(
        release="tutorial",
        source=source,
        arch=arch or host_arch(),
        node_os="ubuntu-20.04",
        versions={"kubernetes": "v1.21.1"},
        image_repository="registry.k8s.io",
        image_tags={},
        images=(),
        packages={},
        notes=("a note",),
        files=file_entries(root, pinned={"bin/kubeadm": "release", "images/pause.tar": "first-fill"}),
    )
    write_manifest(root, manifest)
    return Bundle.open(root)


class Events(list):
    def emit(self, event):
        self.append(event)
