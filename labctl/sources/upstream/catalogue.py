"""Which files the upstream source fetches, as data: addresses, checksums, places in the bundle.

Checksums are those that the projects' users have published (kubespray v2.16.0, roles/download/defaults/main.yml); a
file without one here is pinned at its first fill (pins.py). How files are fetched does not belong here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from labctl.releases import TUTORIAL, Versions
from labctl.sources.manifest import ALL_NODES, CONTROL_PLANE_NODES


@dataclass(frozen=True)
class File:
    """One download. mirror: a key of MIRRORS; path below its base; place in the bundle, a folder where it is unpacked.

    kind: elf, tgz, deb or yaml, what the content must be. members: which files of a tgz are taken, () all of them.
    """

    mirror: str
    path: str
    place: str
    kind: str
    sha256: str | None = None
    mode: int = 0o644
    members: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What progress bars call it."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Image:
    """A container image: registry (a key of MIRRORS), repository and tag there; ref is what Kubernetes names it."""

    registry: str
    repository: str
    tag: str
    ref: str
    nodes: str = ALL_NODES

    @property
    def archive(self) -> str:
        """Its place in the bundle."""
        return f"images/{self.repository.rpartition('/')[2]}.tar"


@dataclass(frozen=True)
class Catalogue:
    """All of a release for one architecture. base is the image of which a bare node is made (node_root.py)."""

    release: str
    arch: str
    node_os: str
    versions: Versions
    image_repository: str
    image_tags: Mapping[str, str]
    files: tuple[File, ...]
    images: tuple[Image, ...]
    base: Image
    packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_SHA256: Mapping[str, Mapping[str, str]] = {
    "kubelet": {
        "amd64": "e77ff3ea404b2e69519ea4dce41cbdf11ae2bcba75a86d409a76eecda1c76244",
        "arm64": "5b37d7fc2da65a25896447685166769333b5896488de21bc9667edb4e799905e",
    },
    "kubectl": {
        "amd64": "58785190e2b4fc6891e01108e41f9ba5db26e04cebb7c1ac639919a931ce9233",
        "arm64": "d7e1163f4127efd841e5f5db6eacced11c2a3b20384457341b19ca295d0c535f",
    },
    "kubeadm": {
        "amd64": "1553c07a6a777c4cf71d45d5892915f0ea6586b8a80f9fea39e7a659d6315d42",
        "arm64": "1c9a93ac74f2756c1eb40a9d18bb7e146eeab0b33177c0f66f5e617ed7261d1b",
    },
    "crictl": {
        "amd64": "85c78a35584971625bf1c3bcd46e5404a90396f979d7586f18b11119cb623e24",
        "arm64": "454eecd29fe636282339af5b73c60234a7d10e4b11b9e18937e33056763d72cf",
    },
    "cni": {
        "amd64": "962100bbc4baeaaa5748cdbfce941f756b1531c2eadb290129401498bfac21e7",
        "arm64": "ef17764ffd6cdcb16d76401bac1db6acc050c9b088f1be5efa0e094ea3b01df0",
    },
}
ARCHITECTURES = ("amd64", "arm64")
_CRICTL = "1.21.0"
_CONTAINERD = "1.4.6-1"
# Ubuntu 20.04's own packages that kubeadm's preflight asks for: (pool folder, package, version).
_KUBE_PACKAGES = (
    ("c/conntrack-tools", "conntrack", "1.4.5-2"),
    ("s/socat", "socat", "1.7.3.3-2"),
    ("e/ebtables", "ebtables", "2.0.11-3build1"),
    ("e/ethtool", "ethtool", "5.4-1"),
)


def tutorial_catalogue(arch: str) -> Catalogue:
    """The tutorial's release for amd64 or arm64."""
    supply = TUTORIAL.supplies["upstream"]
    return Catalogue(
        release=TUTORIAL.id,
        arch=arch,
        node_os=supply.node_os,
        versions=supply.versions,
        image_repository=supply.image_repository,
        image_tags=supply.image_tags,
        files=_binaries(supply.versions, arch) + _packages(supply.versions, arch),
        images=_images(supply.versions),
        base=Image("docker.io", "library/ubuntu", "20.04", "ubuntu:20.04"),
        packages={
            "docker": ("docker-ce", "docker-ce-cli", "containerd.io"),
            "kube": tuple(name for _, name, _ in _KUBE_PACKAGES),
        },
    )


def _binaries(versions: Versions, arch: str) -> tuple[File, ...]:
    kubernetes = tuple(
        File(
            "k8s",
            f"release/{versions.kubernetes}/bin/linux/{arch}/{name}",
            f"bin/{name}",
            "elf",
            _SHA256[name][arch],
            0o755,
        )
        for name in ("kubeadm", "kubelet", "kubectl")
    )
    cni, weave = versions.cni_plugins, versions.weave_net
    return (
        *kubernetes,
        File(
            "github",
            f"containernetworking/plugins/releases/download/v{cni}/cni-plugins-linux-{arch}-v{cni}.tgz",
            "cni/bin",
            "tgz",
            _SHA256["cni"][arch],
            0o755,
        ),
        File(
            "github",
            f"kubernetes-sigs/cri-tools/releases/download/v{_CRICTL}/crictl-v{_CRICTL}-linux-{arch}.tar.gz",
            "bin",
            "tgz",
            _SHA256["crictl"][arch],
            0o755,
            ("crictl",),
        ),
        File(
            "github",
            f"weaveworks/weave/releases/download/v{weave}/weave-daemonset-k8s-1.11.yaml",
            "manifests/weave-net.yaml",
            "yaml",
        ),
    )


def _packages(versions: Versions, arch: str) -> tuple[File, ...]:
    docker = f"{versions.docker}~3-0~ubuntu-focal"
    names = (
        f"docker-ce_{docker}_{arch}.deb",
        f"docker-ce-cli_{docker}_{arch}.deb",
        f"containerd.io_{_CONTAINERD}_{arch}.deb",
    )
    archive = "ubuntu" if arch == "amd64" else "ubuntu-ports"
    return (
        *(
            File("docker", f"linux/ubuntu/dists/focal/pool/stable/{arch}/{name}", f"packages/docker/{name}", "deb")
            for name in names
        ),
        *(
            File(
                archive,
                f"pool/main/{folder}/{name}_{version}_{arch}.deb",
                f"packages/kube/{name}_{version}_{arch}.deb",
                "deb",
            )
            for folder, name, version in _KUBE_PACKAGES
        ),
    )


def _images(versions: Versions) -> tuple[Image, ...]:
    """Kubeadm 1.21.1's own image list, weave-net's two, and busybox for the probe pods."""

    def k8s(repository: str, tag: str, nodes: str = ALL_NODES) -> Image:
        return Image("registry.k8s.io", repository, tag, f"registry.k8s.io/{repository}:{tag}", nodes)

    def weave(repository: str) -> Image:
        return Image("docker.io", repository, versions.weave_net, f"{repository}:{versions.weave_net}")

    masters = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    return (
        *(k8s(name, versions.kubernetes, CONTROL_PLANE_NODES) for name in masters),
        k8s("etcd", versions.etcd, CONTROL_PLANE_NODES),
        k8s("kube-proxy", versions.kubernetes),
        k8s("pause", versions.pause),
        k8s("coredns/coredns", f"v{versions.coredns}"),
        weave("weaveworks/weave-kube"),
        weave("weaveworks/weave-npc"),
        Image("docker.io", "library/busybox", versions.busybox, f"busybox:{versions.busybox}"),
    )
