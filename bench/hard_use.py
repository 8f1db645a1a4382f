"""What a lesson leaves in a lab, and what a lab takes on this computer."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Callable

NODES = tuple(f"labctl-tutorial-{name}" for name in ("k8s-master", "node-1", "node-2", "node-3"))
_WEBHOOK = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  name: nobody-answers
webhooks:
  - name: nobody.answers.example
    rules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"], scope: "*"}]
    clientConfig: {url: "https://127.0.0.1:1/"}
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Fail
    timeoutSeconds: 1
"""


def use_hard(labctl: Callable[..., str]) -> None:
    """20 pods in 5 namespaces, damaged system objects, a stopped kubelet, a cordon, a finalizer, a blocking webhook.

    labctl: runs labctl with these arguments and returns its output.
    """

    def kubectl(*arguments: str) -> None:
        labctl("kubectl", "--", *arguments)

    bundle = json.loads(labctl("bundle", "show", "-o", "json"))
    image = next(each["ref"] for each in bundle["images"] if "busybox" in each["ref"])
    for number in range(5):
        space = f"lesson-{number}"
        kubectl("create", "namespace", space)
        options = ("--namespace", space, "--image", image, "--replicas=4", "--", "sleep", "100000")
        kubectl("create", "deployment", "web", *options)
    for node in ("k8s-master", "node-1", "node-2", "node-3"):
        labctl("ssh", node, "--", "sudo", "mkdir", "-p", "/mnt/data/of/a/learner")
    kubectl("--namespace", "kube-system", "delete", "service", "kube-dns")
    kubectl("--namespace", "kube-system", "scale", "deployment", "coredns", "--replicas=1")
    kubectl("cordon", "node-3")
    kubectl("--namespace", "lesson-0", "create", "configmap", "stuck")
    finalizer = '{"metadata": {"finalizers": ["nobody.removes/this"]}}'
    kubectl("--namespace", "lesson-0", "patch", "configmap", "stuck", "--patch", finalizer)
    kubectl("delete", "namespace", "lesson-0", "--wait=false")
    labctl("ssh", "node-2", "--", "sudo", "systemctl", "stop", "kubelet")
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(_WEBHOOK)
        file.flush()
        kubectl("apply", "--filename", file.name)


def used_on_disk() -> int:
    """Bytes in use on the file system where Docker keeps its data; a hard link takes none."""
    root = _docker("info", "--format", "{{.DockerRootDir}}").strip()
    subprocess.run(["sync", "--file-system", root], check=True)
    told = subprocess.run(["df", "--block-size=1", "--output=used", root], check=True, capture_output=True, text=True)
    return int(told.stdout.splitlines()[-1])


def memory() -> float:
    """Megabytes that the lab's nodes use."""
    lines = _docker("stats", "--no-stream", "--format", "{{.MemUsage}}", *NODES).splitlines()
    return sum(_megabytes(line.split("/")[0].strip()) for line in lines)


def remove_node(node: str) -> None:
    """Take a node's container away, as somebody would by mistake."""
    _docker("rm", "--force", f"labctl-tutorial-{node}")


def size_of_images() -> int:
    """Bytes that the images of one node take, as the seed of this lab's nodes has them."""
    mounts = json.loads(_docker("inspect", "--format", "{{json .Mounts}}", NODES[0]))
    source = next(mount["Source"] for mount in mounts if mount["Destination"] == "/var/lib/docker")
    told = subprocess.run(["du", "--summarize", "--block-size=1", source], check=True, capture_output=True, text=True)
    return int(told.stdout.split()[0])


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout


def _megabytes(text: str) -> float:
    """Megabytes of what docker stats prints, such as 512.3MiB."""
    number, unit = re.fullmatch(r"([\d.]+)([KMG]?)i?B", text).groups()  # type: ignore[union-attr]
    return float(number) * {"": 1e-6, "K": 1e-3, "M": 1.0, "G": 1e3}[unit]
