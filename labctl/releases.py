"""What a release of the lab is, as data: versions, image names, what the tutorial itself showed.

Only facts belong here. How a bundle gets its files is the sources' business (labctl/sources/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Versions:
    """Versions of what runs in a lab; kubernetes with its leading v, the others as their projects write them."""

    kubernetes: str
    docker: str
    etcd: str
    coredns: str
    pause: str
    cni_plugins: str
    weave_net: str
    busybox: str


@dataclass(frozen=True)
class Supply:
    """What a source's bundle is expected to hold, before it is filled; afterwards its manifest says what it holds."""

    versions: Versions
    image_repository: str
    image_tags: Mapping[str, str]
    node_os: str


@dataclass(frozen=True)
class Tutorial:
    """What the tutorial's pages show of the release (shared source: Part 2, Part 3, Part 6 of the series, 2021)."""

    kubernetes: str
    docker: str
    weave_net: str
    os_image: str


@dataclass(frozen=True)
class Release:
    """One release of the lab. stand_ins maps an image repository to what stands in for which image."""

    id: str
    kubernetes: str
    docker_series: str
    tutorial: Tutorial
    supplies: Mapping[str, Supply]
    stand_ins: Mapping[str, str] = field(default_factory=dict)


TUTORIAL = Release(
    id="tutorial",
    kubernetes="v1.21.1",
    docker_series="20.10",
    tutorial=Tutorial(kubernetes="v1.21.1", docker="20.10.6", weave_net="2.8.1", os_image="Ubuntu 20.04.2 LTS"),
    supplies={
        # Built from Go modules and Debian 12's packages; images assembled under a name of our own with true tags.
        "distribution": Supply(
            versions=Versions(
                kubernetes="v1.21.1",
                docker="20.10.24",
                etcd="3.4.23",
                coredns="1.8.0",
                pause="3.4.1",
                cni_plugins="1.1.1",
                weave_net="standin-1",
                busybox="1.35.0",
            ),
            image_repository="labctl.local",
            image_tags={"etcd": "3.4.23", "coredns": "v1.8.0", "pause": "3.4.1"},
            node_os="debian-12",
        ),
        # kubeadm 1.21.1's own image list; the registry that replaced k8s.gcr.io.
        "upstream": Supply(
            versions=Versions(
                kubernetes="v1.21.1",
                docker="20.10.6",
                etcd="3.4.13-0",
                coredns="1.8.0",
                pause="3.4.1",
                cni_plugins="0.9.1",
                weave_net="2.8.1",
                busybox="1.35.0",
            ),
            image_repository="registry.k8s.io",
            image_tags={"etcd": "3.4.13-0", "coredns": "v1.8.0", "pause": "3.4.1"},
            node_os="ubuntu-20.04",
        ),
    },
    stand_ins={
        "labctl.local/weave-kube-standin": "weaveworks/weave-kube",
        "labctl.local/weave-npc-standin": "weaveworks/weave-npc",
    },
)

RELEASES: Mapping[str, Release] = {TUTORIAL.id: TUTORIAL}
