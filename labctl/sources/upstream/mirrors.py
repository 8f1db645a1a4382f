"""The servers that the upstream source asks, and the environment variables that name others in their place.

Only addresses belong here; which files they serve is catalogue.py's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from labctl.errors import ConfigError


@dataclass(frozen=True)
class Mirror:
    """One server: the variable that overrides it, its own address, what it serves, a path to ask whether it answers.

    A mirror keeps the original's layout below its base. A registry's base may end in a path, which then stands before
    each repository's name, as in caching registries.
    """

    variable: str
    base: str
    serves: str
    probe: str


# Public download hosts of the projects themselves (the release facts name them).
MIRRORS: Mapping[str, Mirror] = {
    "k8s": Mirror(
        "LABCTL_MIRROR_K8S",
        "https://dl.k8s.io",
        "kubeadm, kubelet, kubectl",
        "release/v1.21.1/bin/linux/amd64/kubeadm",
    ),
    "github": Mirror(
        "LABCTL_MIRROR_GITHUB",
        "https://github.com",
        "CNI plugins, crictl, the weave-net manifest",
        "containernetworking/plugins/releases",
    ),
    "docker": Mirror(
        "LABCTL_MIRROR_DOCKER",
        "https://download.docker.com",
        "Docker's packages for Ubuntu",
        "linux/ubuntu/dists/focal/Release",
    ),
    "ubuntu": Mirror(
        "LABCTL_MIRROR_UBUNTU",
        "http://archive.ubuntu.com/ubuntu",
        "conntrack, socat, ebtables, ethtool for amd64",
        "dists/focal/Release",
    ),
    "ubuntu-ports": Mirror(
        "LABCTL_MIRROR_UBUNTU_PORTS",
        "http://ports.ubuntu.com/ubuntu-ports",
        "the same for arm64",
        "dists/focal/Release",
    ),
    "registry.k8s.io": Mirror("LABCTL_MIRROR_REGISTRY_K8S", "https://registry.k8s.io", "Kubernetes' images", ""),
    "docker.io": Mirror(
        "LABCTL_MIRROR_DOCKER_HUB",
        "https://registry-1.docker.io",
        "images of weave-net, busybox and the node's base",
        "",
    ),
}

REGISTRIES = ("registry.k8s.io", "docker.io")


def base_of(name: str, environment: Mapping[str, str] | None = None) -> str:
    """The address in force, without a slash at its end. Raises ConfigError: the variable holds no http(s) address."""
    mirror = MIRRORS[name]
    value = (os.environ if environment is None else environment).get(mirror.variable) or mirror.base
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ConfigError(
            f"{mirror.variable} is {value!r}, which is no address of a server",
            hint=f"it takes the place of {mirror.base}: an http or https address with the same layout below it",
        )
    return value.rstrip("/")


def what_else(name: str) -> str:
    """The hint of every failed transfer: what else could serve."""
    return (
        f"a mirror: set {MIRRORS[name].variable}; or build the bundle here: "
        "labctl bundle create --source distribution; or use a copied one: labctl bundle create --source FOLDER"
    )


def mirror_table() -> tuple[tuple[str, str, str], ...]:
    """Rows (variable, default address, what it serves) for help texts and documents."""
    return tuple((m.variable, m.base, m.serves) for m in MIRRORS.values())
