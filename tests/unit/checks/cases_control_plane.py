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
    Case(
        "a second API server by kubeadm",
        e.text(
            e.CONFIG_MAPS,
            "apiEndpoints:\\n",
            "apiEndpoints:\\n  second:\\n    advertiseAddress: 192.168.50.20\\n    bindPort: 6443\\n",
        ),
        ("FAIL control-plane.endpoint",),
    ),
    Case(
        "the shared endpoint is the master's",
        e.text(
            e.CONFIG_MAPS,
            "clusterName: kubernetes",
            "clusterName: kubernetes\\ncontrolPlaneEndpoint: 192.168.50.10:6443",
        ),
    ),
    Case("kubeadm leaves the port out", e.text(e.CONFIG_MAPS, "    bindPort: 6443\\n", "")),
    Case(
        "the service kubernetes at another port",
        e.default_endpoints(["192.168.50.10"], 8443),
        ("FAIL control-plane.endpoint",),
    ),
    Case(
        "the service kubernetes at two addresses",
        e.default_endpoints(["192.168.50.10", "192.168.50.11"]),
        ("FAIL control-plane.endpoint",),
    ),
    Case(
        "the service kubernetes reaches nothing",
        e.default_endpoints([], not_ready=["192.168.50.10"]),
        ("FAIL control-plane.endpoint",),
    ),
    Case(
        "the service kubernetes has no endpoints",
        e.default_endpoints(["192.168.50.10"], name="other"),
        ("FAIL control-plane.endpoint",),
    ),
    Case("the default endpoints are refused", e.refuse(e.DEFAULT_ENDPOINTS), ("ERROR control-plane.endpoint",)),
    Case(
        "the default endpoints are cut off",
        e.both(e.default_endpoints(["192.168.50.10"]), e.cut(e.DEFAULT_ENDPOINTS)),
        ("ERROR control-plane.endpoint",),
    ),
    Case("etcd is being deleted", e.pod("etcd-", None, e.BEING_DELETED), ("FAIL control-plane.etcd",)),
    Case(
        "a second container in the API server's pod",
        e.pod("kube-apiserver-", None, lambda p: p["spec"]["containers"].append({"name": "x", "image": "x"})),
        ("FAIL control-plane.kube-apiserver",),
    ),
    Case(
        "the scheduler crashes",
        e.pod(
            "kube-scheduler-",
            None,
            lambda p: p["status"]["containerStatuses"][0].update(
                ready=False, state={"waiting": {"reason": "CrashLoopBackOff"}}
            ),
        ),
        ("FAIL control-plane.kube-scheduler",),
    ),
    Case("another static pod of the master", e.copied(e.PODS, "etcd-", "etcd-backup-k8s-master")),
    Case(
        "a pod of a component's name that is no static pod",
        e.copied(
            e.PODS,
            "etcd-",
            "etcd-debug",
            lambda p: (
                p["metadata"]["annotations"].pop("kubernetes.io/config.mirror"),
                p["metadata"].pop("ownerReferences"),
            ),
        ),
    ),
    Case(
        "a mirror pod of another node's",
        e.pod("etcd-", None, e.put("metadata.ownerReferences.0.name", "node-1")),
        ("FAIL control-plane.etcd",),
    ),
    Case(
        "the scheduler succeeded",
        e.pod("kube-scheduler-", None, e.put("status.phase", "Succeeded")),
        ("FAIL control-plane.kube-scheduler",),
    ),
)
