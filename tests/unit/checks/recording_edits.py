"""One-change edits of a recording's files, for the tests of this folder. No assertions about claims here."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from labctl.facts import Unavailable
from labctl.facts.recording import read_recording
from labctl.plan import LabPlan, default_plan

RECORDINGS = Path(__file__).parents[2] / "recordings"
Files = dict[str, "bytes | Unavailable"]
Edit = Callable[[Files], None]

NODES = "api/api_v1_nodes.json"
PODS = "api/api_v1_namespaces_kube-system_pods.json"
SERVICES = "api/api_v1_namespaces_kube-system_services.json"
ENDPOINTS = "api/api_v1_namespaces_kube-system_endpoints.json"
CONFIG_MAPS = "api/api_v1_namespaces_kube-system_configmaps.json"
DAEMON_SETS = "api/apis_apps_v1_namespaces_kube-system_daemonsets.json"
DEPLOYMENTS = "api/apis_apps_v1_namespaces_kube-system_deployments.json"
REPLICA_SETS = "api/apis_apps_v1_namespaces_kube-system_replicasets.json"
VERSION = "api/version.json"
DEFAULT_ENDPOINTS = "api/api_v1_namespaces_default_endpoints.json"


@cache
def _read(name: str) -> Files:
    return read_recording(RECORDINGS / f"{name}.tar.gz")


def load(name: str) -> Files:
    """The files of one of the four recordings, to be edited freely."""
    return dict(_read(name))


def on(node: str, file: str) -> str:
    """The key of a node's file."""
    return f"nodes/{node}/{file}"


def show(node: str, unit: str) -> str:
    return on(node, f"systemctl-show-{unit}.service.txt")


def status(node: str, unit: str) -> str:
    return on(node, f"systemctl-status-{unit}.service.txt")


def data(key: str, change: Callable[[Any], None]) -> Edit:
    """Change a JSON file in place."""

    def edit(files: Files) -> None:
        content = json.loads(files[key])
        before = copy.deepcopy(content)
        change(content)
        assert content != before, "the edit changed nothing"
        files[key] = json.dumps(content).encode()

    return edit


def item(key: str, name: str, change: Callable[[Any], None]) -> Edit:
    """Change the first item whose name begins so."""

    def find(content: Any) -> None:
        change(next(each for each in content["items"] if each["metadata"]["name"].startswith(name)))

    return data(key, find)


def pod(name: str, node: str | None, change: Callable[[Any], None]) -> Edit:
    """Change the pod whose name begins so, on that node (any if None)."""

    def find(content: Any) -> None:
        change(
            next(
                each
                for each in content["items"]
                if each["metadata"]["name"].startswith(name) and node in (None, each["spec"]["nodeName"])
            )
        )

    return data(PODS, find)


def without(key: str, name: str, node: str | None = None) -> Edit:
    """Take the first item out whose name begins so."""

    def drop(content: Any) -> None:
        for each in content["items"]:
            if each["metadata"]["name"].startswith(name) and node in (None, each.get("spec", {}).get("nodeName")):
                content["items"].remove(each)
                return

    return data(key, drop)


def copied(key: str, name: str, new: str, change: Callable[[Any], None] = lambda _: None) -> Edit:
    """Add a copy of an item under another name."""

    def add(content: Any) -> None:
        found = next(each for each in content["items"] if each["metadata"]["name"].startswith(name))
        twin = copy.deepcopy(found)
        twin["metadata"] |= {"name": new, "uid": "00000000-0000-0000-0000-000000000000"}
        change(twin)
        content["items"].append(twin)

    return data(key, add)


def put(path: str, value: Any) -> Callable[[Any], None]:
    """A change that sets the value at a dotted path; numbers index lists."""

    def change(content: Any) -> None:
        *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        for part in parents:
            content = content[part]
        content[last] = value

    return change


def take(path: str) -> Callable[[Any], None]:
    """A change that removes what is at a dotted path."""

    def change(content: Any) -> None:
        *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        for part in parents:
            content = content[part]
        del content[last]

    return change


def text(key: str, old: str, new: str, count: int = -1) -> Edit:
    """Replace text in a file."""

    def edit(files: Files) -> None:
        content = files[key].decode()
        assert old in content, f"{key} has no {old!r}"
        files[key] = content.replace(old, new, count).encode()

    return edit


def cut(key: str, share: float = 0.5) -> Edit:
    """Keep only the beginning of a file."""

    def edit(files: Files) -> None:
        files[key] = files[key][: int(len(files[key]) * share)]

    return edit


def drop(key: str) -> Edit:
    """Remove a file."""
    return lambda files: files.__delitem__(key)


def drop_node(node: str) -> Edit:
    """Remove everything of a node."""

    def edit(files: Files) -> None:
        for key in [key for key in files if key.startswith(f"nodes/{node}/")]:
            del files[key]

    return edit


def replace(key: str, content: bytes | Unavailable) -> Edit:
    """Put another content in a file's place."""
    return lambda files: files.__setitem__(key, content)


def refuse(key: str) -> Edit:
    """What the API answers to whoever may not list."""
    refusal = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": 'is forbidden: User "system:anonymous" cannot list resource',
        "reason": "Forbidden",
        "code": 403,
    }
    return replace(key, json.dumps(refusal).encode())


def both(*edits: Edit) -> Edit:
    """One change of the world that shows in several files."""

    def edit(files: Files) -> None:
        for each in edits:
            each(files)

    return edit


BEING_DELETED = put("metadata.deletionTimestamp", "2026-11-23T19:43:37Z")


def addresses(node: str, *pairs: tuple[str, Any]) -> Edit:
    """A node's addresses: type and address."""
    return item(NODES, node, put("status.addresses", [{"type": kind, "address": each} for kind, each in pairs]))


def taints(node: str, *pairs: tuple[str, str]) -> Edit:
    """A node's taints: key and effect."""
    return item(NODES, node, put("spec.taints", [{"key": key, "effect": effect} for key, effect in pairs]))


def counts(name: str, **status: int) -> Edit:
    """Numbers in a DaemonSet's status."""
    return item(DAEMON_SETS, name, lambda each: each["status"].update(status))


def interface(node: str, name: str, change: Callable[[Any], None]) -> Edit:
    """Change one interface of `ip -j addr`."""
    return data(on(node, "ip-addr.json"), lambda all_: change(next(each for each in all_ if each["ifname"] == name)))


def default_endpoints(
    ready: list[str], port: int = 6443, name: str = "kubernetes", not_ready: tuple[str, ...] = ()
) -> Edit:
    """The endpoints of the namespace default, which the recordings do not hold."""
    subset: dict[str, Any] = {"ports": [{"port": port, "protocol": "TCP"}]}
    subset |= {"addresses": [{"ip": ip} for ip in ready]} if ready else {}
    subset |= {"notReadyAddresses": [{"ip": ip} for ip in not_ready]} if not_ready else {}
    document = {"kind": "EndpointsList", "items": [{"metadata": {"name": name}, "subsets": [subset]}]}
    return replace(DEFAULT_ENDPOINTS, json.dumps(document).encode())


def planned(change: Callable[[LabPlan], LabPlan] = lambda plan: plan) -> Edit:
    """Add a plan.json, the tutorial's own plan with that change."""
    return lambda files: files.__setitem__("plan.json", json.dumps(change(default_plan("v1.20.2")).to_json()).encode())


def all_without(key: str, name: str) -> Edit:
    """Take all items out whose name begins so."""

    def drop_all(content: Any) -> None:
        content["items"] = [each for each in content["items"] if not each["metadata"]["name"].startswith(name)]

    return data(key, drop_all)


def drop_api(files: Files) -> None:
    """Remove every answer of the API."""
    for key in [key for key in files if key.startswith("api/")]:
        del files[key]
