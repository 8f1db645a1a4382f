"""Part 3 of the tutorial, kubelet: a systemd service on every node, and how it was started."""

from __future__ import annotations

from typing import Any

from labctl.checks.model import At, Check
from labctl.checks.units import (
    ExpectedUnit,
    flag_lines,
    observe_command_line,
    process_lines,
    status_lines,
    usr_drift,
)
from labctl.facts import Facts

STATUS = "systemctl status kubelet"
SOURCE = "Part 3, kubelet"
UNIT = ExpectedUnit(
    unit="kubelet.service",
    docs="https://kubernetes.io/docs/home/",
    drop_ins=("/etc/systemd/system/kubelet.service.d/10-kubeadm.conf",),
)
PATH = "/usr/bin/kubelet"
FLAGS = {
    "--bootstrap-kubeconfig": "/etc/kubernetes/bootstrap-kubelet.conf",
    "--kubeconfig": "/etc/kubernetes/kubelet.conf",
    "--config": "/var/lib/kubelet/config.yaml",
    "--network-plugin": "cni",
}
# The tutorial's own line is cut off at the window's edge after `--p`: this flag is what follows.
_SHOWN_IN_PART = "--pod-infra-container-image"

SERVICE = Check(
    id="kubelet.service",
    scope="node",
    title="kubelet runs as a systemd service",
    source=SOURCE,
    command=STATUS,
    shown="Loaded: loaded (/lib/systemd/system/kubelet.service; enabled; …)\n"
    "Drop-In: /etc/systemd/system/kubelet.service.d/10-kubeadm.conf\n"
    "Active: active (running)\nDocs: https://kubernetes.io/docs/home/",
    judged="path, enabled, drop-in, active (running) and Docs are as shown; /usr/lib for /lib is DRIFT",
    breaks="sudo systemctl disable --now kubelet",
    fix="labctl up --from kube_packages",
    expect=UNIT.expect,
    observe=UNIT.observe,
    drift=usr_drift,
    show=status_lines,
)


def flags_of(command_line: str) -> dict[str, str]:
    """Flags and their values; of a repeated flag the last, as kubelet takes it."""
    found: dict[str, str] = {}
    words = command_line.split()[1:]
    for position, word in enumerate(words):
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            continue
        following = words[position + 1] if position + 1 < len(words) else ""
        found["--" + name.lstrip("-")] = value if equals or following.startswith("-") else following
    return found


def compare_command_line(_expected: object, actual: dict[str, Any]) -> str | None:
    """The path and the four flags; more flags after them do not count here."""
    if actual["process"] is None:
        return f"kubelet does not run: {actual['state']}"
    flags = flags_of(actual["process"])
    parts = [f"{name} is missing" for name in FLAGS if name not in flags]
    parts += [
        f"{name} is {flags[name]}, not {value}" for name, value in FLAGS.items() if flags.get(name, value) != value
    ]
    parts += [] if actual["process"].split()[0] == PATH else [f"it is {actual['process'].split()[0]}, not {PATH}"]
    return "; ".join(parts) or _compare_unit_file(actual["unit file"])


def _compare_unit_file(line: str | None) -> str | None:
    """A unit file whose own flags contradict the tutorial's (the process was started before it changed)."""
    if not line:
        return None
    flags = flags_of(line)
    parts = [f"{name}={flags[name]}" for name, value in FLAGS.items() if flags.get(name, value) != value]
    parts += [] if line.split()[0] == PATH else [line.split()[0]]
    return f"the unit file starts it with {', '.join(parts)}" if parts else None


def extra_flags(expected: object, actual: dict[str, Any]) -> str | None:
    """Flags after those that the tutorial names."""
    if compare_command_line(expected, actual) is not None:
        return None
    known = {*FLAGS, _SHOWN_IN_PART}
    extra = [word for word in actual["process"].split()[1:] if word.startswith("-") and word.split("=")[0] not in known]
    return f"also started with {' '.join(dict.fromkeys(extra))}: more flags than the tutorial shows" if extra else None


def observe(facts: Facts, at: At) -> dict[str, Any]:
    """The kubelet's command line."""
    return observe_command_line(facts, at, UNIT.unit)


COMMAND_LINE = Check(
    id="kubelet.command-line",
    scope="node",
    title="kubelet was started with the tutorial's flags",
    source=SOURCE,
    command=STATUS,
    shown=flag_lines(f"{PATH} {' '.join(f'{name}={value}' for name, value in FLAGS.items())} --p>"),
    judged="the main process has this path and these four flags with these values; more flags are DRIFT",
    breaks="change --config in 10-kubeadm.conf, systemctl daemon-reload, systemctl restart kubelet",
    fix="labctl up --from kube_packages",
    expect=lambda _: {"process": f"{PATH} {' '.join(f'{name}={value}' for name, value in FLAGS.items())}"},
    observe=observe,
    compare=compare_command_line,
    drift=extra_flags,
    show=process_lines,
)

CHECKS = (SERVICE, COMMAND_LINE)
