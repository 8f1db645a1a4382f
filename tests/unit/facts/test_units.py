"""What is read from systemctl's outputs, in the wordings of several systemd versions."""

from __future__ import annotations

import pytest

from labctl.facts import NotObserved
from labctl.facts.units import UnitStatus, configured_argv, parse_show, parse_status

# Part 3 of the tutorial, as printed there (systemd 245).
TUTORIAL_KUBELET = """\
● kubelet.service - kubelet: The Kubernetes Node Agent
     Loaded: loaded (/lib/systemd/system/kubelet.service; enabled; vendor preset: enabled)
    Drop-In: /etc/systemd/system/kubelet.service.d
             └─10-kubeadm.conf
     Active: active (running) since Fri 2021-06-18 02:22:22 UTC; 18min ago
       Docs: https://kubernetes.io/docs/home/
   Main PID: 643 (kubelet)
      Tasks: 15 (limit: 1072)
     Memory: 101.7M
     CGroup: /system.slice/kubelet.service
             └─643 /usr/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --p>

Warning: some journal files were not opened due to insufficient permissions.
"""
OTHERS = """\
* docker.service - Docker Application Container Engine
     Loaded: loaded (/usr/lib/systemd/system/docker.service; disabled; preset: disabled)
    Drop-In: /etc/systemd/system/docker.service.d
             |-a.conf, b.conf
             /run/systemd/system/docker.service.d
             `-c.conf
     Active: active (running) since Mon 2026-11-23 19:24:13 UTC; 17min ago
TriggeredBy: * docker.socket
       Docs: https://docs.docker.com
             man:dockerd(8)
   Main PID: 711 (dockerd)
     CGroup: /system.slice/docker.service
             |- 12 /usr/bin/docker-proxy -proto tcp
             `-711 /usr/bin/dockerd -H fd://

Jun 18 02:22:31 node-1 dockerd[711]: Active: nonsense
"""


def test_the_tutorials_own_output() -> None:
    assert parse_status(TUTORIAL_KUBELET, "x") == UnitStatus(
        path="/lib/systemd/system/kubelet.service",
        enabled="enabled",
        drop_ins=("/etc/systemd/system/kubelet.service.d/10-kubeadm.conf",),
        active="active (running)",
        docs=("https://kubernetes.io/docs/home/",),
        process="/usr/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --p>",
        whole=True,
    )


def test_plain_letters_several_docs_and_other_processes() -> None:
    status = parse_status(OTHERS, "x")
    assert isinstance(status, UnitStatus)
    assert status.path == "/usr/lib/systemd/system/docker.service"
    assert status.enabled == "disabled"
    assert status.drop_ins == (
        "/etc/systemd/system/docker.service.d/a.conf",
        "/etc/systemd/system/docker.service.d/b.conf",
        "/run/systemd/system/docker.service.d/c.conf",
    )
    assert status.triggered_by == ("docker.socket",)
    assert status.docs == ("https://docs.docker.com", "man:dockerd(8)")
    assert status.process == "/usr/bin/dockerd -H fd://"


@pytest.mark.parametrize("lines", range(12))
def test_a_status_cut_off_anywhere_tells_nothing_false(lines: int) -> None:
    whole = parse_status(TUTORIAL_KUBELET, "x")
    assert isinstance(whole, UnitStatus)
    position = sum(len(line) + 1 for line in TUTORIAL_KUBELET.split("\n")[:lines]) + 30
    status = parse_status(TUTORIAL_KUBELET[:position], "x")
    if isinstance(status, UnitStatus):
        for name in ("path", "enabled", "active", "process"):
            assert getattr(status, name) in (None, getattr(whole, name))
        assert status.docs in ((), whole.docs)
        assert not status.whole or status.docs == whole.docs


@pytest.mark.parametrize("text", ["", "\n", "Unit kubelet.service could not be found.\n", "\x00\x01", "Active:"])
def test_no_status_at_all(text: str) -> None:
    assert isinstance(parse_status(text, "x"), NotObserved)


def test_properties_and_their_repetition() -> None:
    show = parse_show("A=1\nA=2\nLoadState=not-found\nActiveState=inactive\nSubState=dead\n", "x")
    assert show == {"A": "1\n2", "LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Failed to connect to bus: No such file or directory\n",
        "LoadState=loaded\n",
        "LoadState=loaded\nActiveState=active\nSubState=running\n",
        "LoadState=not-found\nActiveState=inactive\nSubState=dead",
    ],
)
def test_properties_that_are_cut_off(text: str) -> None:
    assert isinstance(parse_show(text, "x"), NotObserved)


def test_the_configured_command_line_has_the_units_own_variables_put_in() -> None:
    show = {
        "ExecStart": "{ path=/k ; argv[]=/k $ONE ${TWO} $MISSING --last ; ignore_errors=no ; pid=1 }",
        "Environment": '"ONE=--a=1 --b=2" TWO=--c OTHER=x',
    }
    assert configured_argv(show) == ["/k", "--a=1", "--b=2", "--c", "--last"]
    assert configured_argv({}) == []
    assert configured_argv({"ExecStart": "{ argv[]=/k --cut-off"}) == []


@pytest.mark.parametrize("word", ["argv[]=", "a", '"a=', "a="])
def test_a_hostile_unit_takes_no_hours(word: str) -> None:
    """No clock judges that: with a pattern that tries each letter this test ends after many minutes."""
    long = word * (2**18 // len(word))
    assert configured_argv({"ExecStart": long, "Environment": long}) == []
    assert configured_argv({"ExecStart": f"argv[]={long} ; ignore_errors=", "Environment": long}) == [long]


def test_a_trigger_that_is_not_active_says_so() -> None:
    status = parse_status(OTHERS.replace("* docker.socket", "○ docker.socket"), "x")
    assert isinstance(status, UnitStatus)
    assert status.triggered_by == ("docker.socket, not active",)
