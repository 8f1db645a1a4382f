"""The parts of a bundle from the distribution: what is made of what. How each is made stands in its own file.

compiler      Go from the distribution
kubernetes    <- compiler                  7 programs
coredns       <- compiler
programs      <- compiler                  pause, runc wrapper, weave-net stand-in
tools                                      etcd, CNI plugins, busybox
node-root                                  a bare node
node-packages <- node-root                 what roles install on it
base-layer                                 iptables and friends for two images
images        <- kubernetes, coredns, programs, tools, base-layer
"""

from __future__ import annotations

from labctl.sources.distribution import (
    base_layer,
    compiler,
    coredns,
    images,
    kubernetes,
    node_packages,
    node_root,
    programs,
    tools,
)
from labctl.sources.distribution.part import Part

# The longest road first: Kubernetes waits for the compiler, the images for Kubernetes.
PARTS: tuple[Part, ...] = (
    compiler.PART,
    kubernetes.PART,
    node_root.PART,
    coredns.PART,
    programs.PART,
    tools.PART,
    base_layer.PART,
    node_packages.PART,
    images.PART,
)
