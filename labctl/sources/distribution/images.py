"""Part: the container images of a lab, in two archives: one for every node, one for the control plane.

Names are the release's own repository with true tags: etcd 3.4.23 is called 3.4.23.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from labctl.releases import Supply
from labctl.sources.distribution import base_layer, tools
from labctl.sources.distribution.image_archive import Entry, Image, Layer, tree, write_archive
from labctl.sources.distribution.part import Part, Workshop
from labctl.sources.manifest import ALL_NODES, CONTROL_PLANE_NODES, ImageEntry

ARCHIVES = {ALL_NODES: "all.tar", CONTROL_PLANE_NODES: "control-plane.tar"}
_IDS = "ids.json"
_STAND_IN_TAG = "1"
_ACCOUNTS = (
    Entry("/etc/passwd", mode=0o644, data=b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"),
    Entry("/etc/group", mode=0o644, data=b"root:x:0:\nnogroup:x:65534:\n"),
    Entry("/root", mode=0o700),
    Entry("/tmp", mode=0o1777),  # noqa: S108 - a folder in the image
)


def _supply(shop: Workshop) -> Supply:
    return shop.release.supplies["distribution"]


def _inputs(shop: Workshop) -> Sequence[str]:
    supply = _supply(shop)
    return [shop.release.kubernetes, supply.image_repository, *sorted(supply.image_tags.values())]


def _build(shop: Workshop, into: Path) -> None:
    ids: dict[str, dict[str, str]] = {}
    for nodes, images in (
        (ALL_NODES, images_of_all_nodes(shop)),
        (CONTROL_PLANE_NODES, images_of_control_plane(shop)),
    ):
        with shop.scratch() as work:
            archive = into / ARCHIVES[nodes]
            ids[nodes] = write_archive(images, archive, arch=shop.arch, scratch=work)
    (into / _IDS).write_text(json.dumps(ids), encoding="utf-8")


def images_of_all_nodes(shop: Workshop) -> list[Image]:
    """What runs, or may run, on every node."""
    supply, own = _supply(shop), shop.results["programs"]
    repository = supply.image_repository
    choice = _program(own / base_layer.CHOICE, f"/usr/sbin/{base_layer.CHOICE}")
    network = (*tree(shop.results["base-layer"] / base_layer.NETWORK), choice)
    coredns = (_program(shop.results["coredns"] / "coredns", "/coredns"),)
    busybox_tag = tools.versions(shop.results["tools"])["busybox-static"]
    return [
        Image(f"{repository}/pause:{supply.image_tags['pause']}", (_only(own / "pause", "/pause"),), ("/pause",)),
        # kubeadm 1.21 puts coredns below a folder of its own and nothing else.
        Image(f"{repository}/coredns/coredns:{supply.image_tags['coredns']}", (coredns,), ("/coredns",)),
        Image(
            f"{repository}/kube-proxy:{shop.release.kubernetes}",
            (network, _local(shop.results["kubernetes"], "kube-proxy")),
        ),
        Image(
            f"{repository}/weave-kube-standin:{_STAND_IN_TAG}",
            (network, _local(own, "weave-kube")),
            ("/usr/local/bin/weave-kube",),
        ),
        Image(
            f"{repository}/weave-npc-standin:{_STAND_IN_TAG}",
            (_local(own, "weave-npc"),),
            ("/usr/local/bin/weave-npc",),
        ),
        Image(f"{repository}/busybox:{busybox_tag}", (_busybox(shop),), cmd=("sh",)),
    ]


def images_of_control_plane(shop: Workshop) -> list[Image]:
    """The static pods of the master."""
    repository, taken = _supply(shop).image_repository, shop.results["tools"]
    etcd = (
        *_local(taken / "etcd-server", "etcd"),
        *_local(taken / "etcd-client", "etcdctl"),
    )
    names = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    return [
        *(
            Image(f"{repository}/{name}:{shop.release.kubernetes}", (_local(shop.results["kubernetes"], name),))
            for name in names
        ),
        Image(
            f"{repository}/etcd:{tools.versions(taken)['etcd-server']}",
            (tree(shop.results["base-layer"] / base_layer.LIBC), etcd),
            cmd=("etcd",),
        ),
    ]


def image_entries(place: Path) -> tuple[ImageEntry, ...]:
    """The manifest's entries of the images in this part."""
    ids: dict[str, dict[str, str]] = json.loads((place / _IDS).read_text(encoding="utf-8"))
    return tuple(
        ImageEntry(ref, digest, f"images/{ARCHIVES[nodes]}", nodes)
        for nodes, refs in ids.items()
        for ref, digest in refs.items()
    )


def _program(source: Path, path: str) -> Entry:
    return Entry(path, source=source)


def _only(source: Path, path: str) -> Layer:
    return (_program(source, path),)


def _local(folder: Path, name: str) -> Layer:
    """A program where Kubernetes' own images have it, on PATH."""
    return (_program(folder / name, f"/usr/local/bin/{name}"),)


def _busybox(shop: Workshop) -> Layer:
    binary = shop.results["tools"] / "busybox-static/busybox"
    applets = shop.runner.run([str(binary), "--list"], timeout=30).stdout.split()
    links = tuple(Entry(f"/bin/{name}", link="busybox") for name in applets if name != "busybox")
    return (_program(binary, "/bin/busybox"), *links, *_ACCOUNTS)


PART = Part(
    "images",
    "container images",
    ("kubernetes", "coredns", "programs", "tools", "base-layer"),
    _inputs,
    _build,
    # The archive's format is part of the content.
    data=(Path(__file__).parent / "image_archive.py",),
)
