"""Faults of one lab: power cuts, full disks, damaged layers, a restarted Docker daemon, cut networks. In order.

Each ends healed by `up` or `reset`; what cannot go on says so in a sentence. The lab lies on a small disk of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from labctl.adapters.process import LocalProcessRunner
from labctl.providers.docker_ending import end
from tests import hard_use
from tests.e2e.conftest import Ended, Labctl, docker, four_nodes, until
from tests.hard_use import NODES

pytestmark = pytest.mark.e2e

on = partial(hard_use.on, "faults")
CONTAINERS = [f"labctl-faults-{node}" for node in NODES]
FULL = "No space left on device"
SUDO = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]


def as_root(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SUDO, *command], capture_output=True, text=True, check=False)


class Disk:
    """A file system of 160 MB."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._fill = place / "fill"

    def fill(self) -> None:
        """Leave no room at all."""
        with self._fill.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
            while stream.write(b"." * 4096) == 4096:
                pass

    def free(self) -> None:
        self._fill.unlink()


@pytest.fixture(scope="module")
def disk() -> Iterator[Disk | None]:
    """None where this user may not mount one."""
    with tempfile.TemporaryDirectory(prefix="labctl-e2e-disk-") as folder:
        options = f"size=160m,uid={os.getuid()},gid={os.getgid()},mode=0755"
        if as_root("mount", "-t", "tmpfs", "-o", options, "labctl-e2e", folder).returncode != 0:
            yield None
            return
        yield Disk(Path(folder))
        assert as_root("umount", folder).returncode == 0


@pytest.fixture(scope="module")
def lab(disk: Disk | None) -> Iterator[Labctl]:
    with tempfile.TemporaryDirectory(prefix="labctl-e2e-faults-") as folder:
        runner = Labctl(disk.place if disk else Path(folder), Path(folder))
        (runner.folder / "lab.yml").write_text(four_nodes("faults", "192.168.62"))
        runner("bundle", "create")
        yield runner
        runner("destroy", "--yes", code=None)


def runs(node: str, what: str) -> bool:
    """Whether such a process runs on the node."""
    command = ["docker", "exec", f"labctl-faults-{node}", "pgrep", "-f", what]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def power_cut() -> None:
    """All nodes at once, as a power cut ends them: it knows of nothing that cannot end."""
    end(["docker", "kill"], docker("ps", "--quiet", "--filter", "name=labctl-faults-").split(), LocalProcessRunner())


def during(lab: Labctl, arguments: list[str], reached: Callable[[dict[str, Any]], bool]) -> Ended:
    """Run labctl, cause a power cut at the first event for which reached() is true, and see how labctl ends."""
    return meanwhile(lab, arguments, reached, power_cut)


def meanwhile(
    lab: Labctl, arguments: list[str], reached: Callable[[dict[str, Any]], bool], fault: Callable[[], object]
) -> Ended:
    process = lab.start(*arguments, "-o", "json")
    assert process.stdout is not None
    for line in process.stdout:
        if reached(json.loads(line)):
            break
    else:
        raise AssertionError(f"it ended before it was reached: {process.communicate()[1]}")
    fault()
    out, err = process.communicate(timeout=lab.patience)
    print(f"labctl {' '.join(arguments)}: exit {process.returncode}\n{err}", flush=True)
    return Ended(process.returncode, out, err)


def begun(step: str, node: str = "", process: str = "") -> Callable[[dict[str, Any]], bool]:
    """The step has begun and, where named, the process runs on the node."""

    def reached(event: dict[str, Any]) -> bool:
        if event["event"] != "step_started" or event["step"] != step:
            return False
        return not process or until(lambda: runs(node, process))

    return reached


def said(text: str) -> Callable[[dict[str, Any]], bool]:
    return lambda event: event["event"] == "progress" and text in event.get("text", "")


def is_told(ended: Ended) -> None:
    """It failed over a tool or a claim, in a few lines that say what to do, and not over labctl itself."""
    assert ended.code in (1, 4), ended.err
    lines = ended.err.strip().splitlines()
    assert lines[0].startswith("Error: "), ended.err
    assert any(line.startswith("Next: ") for line in lines), ended.err
    assert "Traceback" not in ended.err


def verify(lab: Labctl, *flags: str) -> dict[str, str]:
    """Outcomes by "id scope"."""
    report = json.loads(lab("verify", "-o", "json", *flags, code=None).out)
    return {f"{check['id']} {check['scope']}": check["outcome"] for check in report["checks"]}


def broken(lab: Labctl, *flags: str) -> list[str]:
    return [name for name, outcome in verify(lab, *flags).items() if outcome in ("fail", "error")]


def up(lab: Labctl) -> None:
    """`up` heals, and with its own deep look every claim holds."""
    ended = lab("up", "-o", "json", code=None)
    report = ended.events[-1].get("report", {"checks": []})
    assert [check for check in report["checks"] if check["outcome"] in ("fail", "error")] == []
    assert ended.code == 0, ended.err
    assert broken(lab) == []


def concerns(names: list[str], node: str) -> bool:
    return any(name.endswith(f" {node}") for name in names)


def reset(lab: Labctl, *arguments: str) -> Ended:
    ended = lab("reset", *arguments, "--yes", "-o", "json")
    assert broken(lab) == []
    return ended


def snapshots(lab: Labctl) -> list[str]:
    return [each["name"] for each in json.loads(lab("snapshot", "list", "-o", "json").out)["snapshots"]]


def test_a_full_disk_is_told_before_anything_is_made(lab: Labctl, disk: Disk | None) -> None:
    if disk is None:
        pytest.skip("this user may not mount a file system")
    disk.fill()
    ended = lab("up", code=4)
    assert FULL in ended.err or "MB left; a lab needs" in ended.err
    assert str(disk.place) in ended.err
    assert "free some space" in ended.err
    assert docker("ps", "--all", "--quiet", "--filter", "name=labctl-faults-") == ""
    disk.free()


def test_a_disk_that_fills_up_in_the_middle_is_told(lab: Labctl, disk: Disk | None) -> None:
    if disk is None:
        pytest.skip("this user may not mount a file system")
    ended = meanwhile(lab, ["up"], said("starting from"), disk.fill)
    is_told(ended)
    assert FULL in ended.err or "is full" in ended.err
    assert "free some space" in ended.err
    for command in ("status", "history"):
        lab(command)
    disk.free()


def test_a_power_cut_during_kubeadm_init(lab: Labctl) -> None:
    is_told(during(lab, ["up"], begun("control_plane", "k8s-master", "kubeadm init")))


def test_a_power_cut_during_kubeadm_join(lab: Labctl) -> None:
    is_told(during(lab, ["up"], begun("workers", "node-2", "kubeadm join")))


def test_up_after_the_power_cuts(lab: Labctl) -> None:
    up(lab)
    assert snapshots(lab) == ["ready"]


def test_a_power_cut_during_reset(lab: Labctl) -> None:
    is_told(during(lab, ["reset", "--yes"], begun("wait_ready")))
    reset(lab)


def test_a_power_cut_during_snapshot_save(lab: Labctl) -> None:
    """What was saved before is whole; what was saved in that moment is, too, or is not there."""
    ready = json.loads(lab("snapshot", "show", "ready", "-o", "json").out)
    ended = during(lab, ["snapshot", "save", "cut"], said("freezing"))
    if ended.code != 0:
        is_told(ended)
    assert json.loads(lab("snapshot", "show", "ready", "-o", "json").out) == ready
    saved = "cut" in snapshots(lab)
    reset(lab, "--to", "cut" if saved else "ready")
    if saved:
        lab("snapshot", "delete", "cut", "--yes")
    assert snapshots(lab) == ["ready"]


def test_the_docker_daemon_is_restarted(lab: Labctl) -> None:
    """As `service docker restart` does it, where that works, too: asked to end, then started by `labctl setup`."""
    others = set(docker("ps", "--format", "{{.Names}}").split()) - set(CONTAINERS)
    if others:
        pytest.skip(f"other containers run here: {', '.join(sorted(others))}")
    daemon = Path("/var/run/docker.pid").read_text().strip()
    assert as_root("kill", daemon).returncode == 0
    assert until(lambda: not Path(f"/proc/{daemon}").exists())
    lab("setup", "--yes")
    lab("resume", "-o", "json")
    assert broken(lab) == []


def test_a_node_that_has_lost_the_labs_network(lab: Labctl) -> None:
    docker("network", "disconnect", "labctl-faults", "labctl-faults-node-1")
    assert until(lambda: concerns(broken(lab), "node-1"))
    up(lab)


# As a runc leaves it that was killed while it started a container (control groups v1).
FREEZE = """
for state in $(find /sys/fs/cgroup/freezer -path '*kubepods*' -name freezer.state); do
  if grep -q . "${state%/*}/cgroup.procs"; then echo FROZEN > "$state"; break; fi
done
"""


def test_a_full_volume_and_dropped_packets(lab: Labctl) -> None:
    """On node-2 a small file system in the place of kubelet's folder; node-3 reaches no other node, and cannot die."""
    on(
        "node-2",
        "systemctl stop kubelet && cd /var/lib/kubelet && mkdir /tmp/small && mount -t tmpfs -o size=1m none /tmp/small"
        " && cp -a config.yaml kubeadm-flags.env pki /tmp/small && mount --bind /tmp/small /var/lib/kubelet"
        " && head -c 2M /dev/zero > /var/lib/kubelet/full 2>/dev/null; systemctl start kubelet",
    )
    assert "100%" in on("node-2", "df /var/lib/kubelet")
    on("node-3", "iptables -I INPUT -s 192.168.62.0/24 -j DROP; iptables -I OUTPUT -d 192.168.62.0/24 -j DROP")
    on("node-3", FREEZE)
    assert until(lambda: all(concerns(broken(lab), node) for node in ("node-2", "node-3")))
    reset(lab, "node-2", "node-3")


def layer_files(node: str) -> dict[str, str]:
    """Programs in the node's image layers with their sums."""
    lines = on(node, "find /var/lib/docker/overlay2/*/diff -xdev -type f -path '*bin/*' -exec sha256sum {} +")
    return {name: digest for digest, name in (line.split(None, 1) for line in lines.splitlines())}


def test_shared_layers(lab: Labctl) -> None:
    """What node-3 removes, no other misses. A write in place on node-1 reaches node-2, and is mended for all nodes."""
    before = layer_files("node-1")
    assert len(before) > 10
    on(
        "node-3",
        "systemctl stop kubelet; docker rm --force $(docker ps --all --quiet) >/dev/null; "
        "docker rmi $(docker images --quiet | head -1) >/dev/null; docker system prune --all --force >/dev/null; "
        "systemctl stop docker.socket docker; rm -rf /var/lib/docker/overlay2/*",
    )
    assert layer_files("node-1") == before
    assert {node for node in NODES if concerns(broken(lab), node)} <= {"node-3"}
    (path,) = [name for name in before if name.endswith("/bin/busybox")]
    on("node-1", f"printf broken | dd of={path} bs=1 seek=1000 conv=notrunc 2>/dev/null")
    assert layer_files("node-2")[path] == layer_files("node-1")[path] != before[path]
    ended = reset(lab, "node-3")
    assert any("/bin/busybox" in event.get("text", "") for event in ended.events)
    assert {layer_files(node)[path] for node in NODES} == {before[path]}
    assert broken(lab, "--deep") == []


def test_a_snapshot_that_is_damaged_is_refused_before_anything_is_lost(lab: Labctl) -> None:
    volume = next(
        name for name in docker("volume", "ls", "--format", "{{.Name}}").split() if "labctl-faults-snapshot" in name
    )
    image = docker("container", "inspect", "--format", "{{.Image}}", "labctl-faults-node-1").strip()
    spoil = ["run", "--rm", "--volume", f"{volume}:/data", "--entrypoint", "sh", image, "-c"]
    docker(*spoil, "echo '# mine' >> /data/node-1/kubelet/config.yaml")
    ended = lab("reset", "--yes", code=4)
    assert "the snapshot ready is damaged: ./node-1/kubelet/config.yaml" in ended.err
    assert broken(lab) == []
    lab("snapshot", "delete", "ready", "--yes")
    up(lab)
    assert snapshots(lab) == ["ready"]
