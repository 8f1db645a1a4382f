"""All claims, in the order of the table in claims.md. Nothing else: a claim is described beside its judging."""

from __future__ import annotations

from collections.abc import Mapping

from labctl.checks import (
    kubectl_user,
    part2_control_plane,
    part2_nodes,
    part3_coredns,
    part3_docker,
    part3_kube_proxy,
    part3_kubelet,
    part3_network,
    part3_weave_net,
    part6_nodes,
)
from labctl.checks.model import Check

CLAIMS: tuple[Check, ...] = (
    *part2_nodes.CHECKS,
    *part6_nodes.CHECKS,
    *part2_control_plane.CHECKS,
    *part3_kube_proxy.CHECKS,
    *part3_kubelet.CHECKS,
    *part3_docker.CHECKS,
    *part3_coredns.CHECKS,
    *part3_weave_net.CHECKS,
    *kubectl_user.CHECKS,
    *part3_network.CHECKS,
)
CLAIMS_BY_ID: Mapping[str, Check] = {check.id: check for check in CLAIMS}
