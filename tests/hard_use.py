"""What a lesson leaves in a lab of containers, for tests and for the benchmark of `reset`."""

from __future__ import annotations

import subprocess

NODES = ("k8s-master", "node-1", "node-2", "node-3")
_WEBHOOK = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: nobody-answers}
webhooks:
  - name: nobody.answers.example
    rules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"], scope: "*"}]
    clientConfig: {url: "https://127.0.0.1:1/"}
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Fail
    timeoutSeconds: 1
"""


def in_container(container: str, command: str, stdin: str = "") -> str:
    """Output of a shell command in a container, as root. Raises CalledProcessError."""
    argv = ["docker", "exec", "--interactive", container, "sh", "-c", command]
    return subprocess.run(argv, input=stdin, capture_output=True, text=True, check=True).stdout


def on(lab: str, node: str, command: str) -> str:
    """Output of a shell command on a node, as root. Raises CalledProcessError."""
    return in_container(f"labctl-{lab}-{node}", command)


def kubectl(lab: str, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
    """The bundle's kubectl on the master, as root."""
    command = ["docker", "exec", "--interactive", f"labctl-{lab}-k8s-master", "kubectl", *arguments]
    command[3:3] = ["--env", "KUBECONFIG=/etc/kubernetes/admin.conf"]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, done.stderr
    return done.stdout


def use_hard(lab: str, image: str) -> None:
    """20 pods in 5 namespaces, files, damaged system objects, a stopped kubelet, a cordon, a finalizer, a webhook.

    image: one with a shell that the nodes have.
    """
    for number in range(5):
        space = f"lesson-{number}"
        kubectl(lab, "create", "namespace", space)
        args = ("--image", image, "--replicas=4", "--", "sleep", "100000")
        kubectl(lab, "--namespace", space, "create", "deployment", "web", *args)
    for node in NODES:
        on(lab, node, "mkdir -p /mnt/data && echo precious > /mnt/data/file")
    kubectl(lab, "--namespace", "kube-system", "delete", "service", "kube-dns")
    kubectl(lab, "--namespace", "kube-system", "scale", "deployment", "coredns", "--replicas=1")
    kubectl(lab, "cordon", "node-3")
    finalizer = '{"metadata": {"finalizers": ["nobody.removes/this"]}}'
    kubectl(lab, "--namespace", "lesson-0", "create", "configmap", "stuck")
    kubectl(lab, "--namespace", "lesson-0", "patch", "configmap", "stuck", "--patch", finalizer)
    kubectl(lab, "delete", "namespace", "lesson-0", "--wait=false")
    on(lab, "node-2", "systemctl stop kubelet")
    kubectl(lab, "apply", "--filename", "-", stdin=_WEBHOOK)
    assert "created" not in kubectl(lab, "create", "namespace", "refused", check=False)
