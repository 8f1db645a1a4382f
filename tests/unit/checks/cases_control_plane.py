"""One-change cases about the control plane."""

from __future__ import annotations

import recording_edits as e
from mutation_case import POD_CLAIMS, Case, rows

CASES = (
    Case(
        "another API port", e.text(e.CONFIG_MAPS, "bindPort: 6443", "bindPort: 8443"), ("FAIL control-plane.endpoint",)
    ),
    Case(
        "another API address",
        e.text(e.CONFIG_MAPS, "advertiseAddress: 192.168.50.10", "advertiseAddress: 10.0.2.15"),
        ("FAIL control-plane.endpoint",),
    ),
    Case(
        "a shared endpoint elsewhere",
        e.text(e.CONFIG_MAPS, "clusterName: kubernetes", "clusterName: kubernetes\\ncontrolPlaneEndpoint: lb:6443"),
        ("FAIL control-plane.endpoint",),
    ),
    Case(
        "the service's endpoint elsewhere",
        e.replace(
            "api/api_v1_namespaces_default_endpoints.json",
            b'{"kind":"EndpointsList","items":[{"metadata":{"name":"kubernetes"},"subsets":[{"addresses":[{"ip":"10.0.2.15"}],"ports":[{"port":6443,"protocol":"TCP"}]}]}]}',
        ),
        ("FAIL control-plane.endpoint",),
    ),
    Case(
        "the service's endpoint as shown",
        e.replace(
            "api/api_v1_namespaces_default_endpoints.json",
            b'{"kind":"EndpointsList","items":[{"metadata":{"name":"kubernetes"},"subsets":[{"addresses":[{"ip":"192.168.50.10"}],"ports":[{"port":6443}]}]}]}',
        ),
    ),
    Case("no kubeadm-config", e.without(e.CONFIG_MAPS, "kubeadm-config"), ("ERROR control-plane.endpoint",)),
    Case(
        "kubeadm-config is not YAML",
        e.text(e.CONFIG_MAPS, "apiEndpoints:", "apiEndpoints: ["),
        ("ERROR control-plane.endpoint",),
    ),
    Case("the ConfigMaps are cut off", e.cut(e.CONFIG_MAPS), ("ERROR control-plane.endpoint",)),
    Case("the scheduler is gone", e.without(e.PODS, "kube-scheduler-"), ("FAIL control-plane.kube-scheduler",)),
    Case(
        "etcd is not ready",
        e.pod("etcd-", None, e.put("status.containerStatuses.0.ready", False)),
        ("FAIL control-plane.etcd",),
    ),
    Case(
        "the controller manager waits",
        e.pod("kube-controller-manager-", None, e.put("status.phase", "Pending")),
        ("FAIL control-plane.kube-controller-manager",),
    ),
    Case(
        "the API server's pod is no mirror pod",
        e.pod("kube-apiserver-", None, lambda p: p["metadata"]["annotations"].pop("kubernetes.io/config.mirror")),
        ("FAIL control-plane.kube-apiserver",),
    ),
    Case(
        "etcd is owned by something else",
        e.pod("etcd-", None, e.put("metadata.ownerReferences.0.kind", "ReplicaSet")),
        ("FAIL control-plane.etcd",),
    ),
    Case(
        "the scheduler on another node",
        e.pod("kube-scheduler-", None, e.put("spec.nodeName", "node-1")),
        ("FAIL control-plane.kube-scheduler",),
    ),
    Case(
        "a second etcd",
        e.copied(
            e.PODS,
            "etcd-",
            "etcd-node-1",
            lambda p: (p["spec"].update(nodeName="node-1"), p["metadata"]["ownerReferences"][0].update(name="node-1")),
        ),
        ("FAIL control-plane.etcd",),
    ),
    Case("etcd restarted often", e.pod("etcd-", None, e.put("status.containerStatuses.0.restartCount", 40))),
    Case(
        "another image of the scheduler",
        e.pod("kube-scheduler-", None, e.put("spec.containers.0.image", "mirror.example/kube-scheduler:v1.20.9")),
    ),
    Case("the pods' list is refused", e.refuse(e.PODS), rows("ERROR", POD_CLAIMS, cause="control-plane.etcd")),
    Case("the pods' list is cut off", e.cut(e.PODS, 0.9), rows("ERROR", POD_CLAIMS, cause="control-plane.etcd")),
    Case("the list of all pods is cut off", e.cut("api/api_v1_pods.json")),
)
