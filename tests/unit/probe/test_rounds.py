"""What busybox, bash and iptables say in a round, read into network.json."""

from __future__ import annotations

import pytest

from labctl.plan import default_plan
from labctl.probe.rounds import Started, command, read_round

OWN = Started("10.32.0.5", "abc", "def")
DNS = (
    "Server:  10.96.0.10|Address: 10.96.0.10:53||Name: kubernetes.default.svc.cluster.local|Address: 10.96.0.1|",
    "Server:    10.96.0.10|Address 1: 10.96.0.10 kube-dns.kube-system|Name:      kubernetes|Address 1: 10.96.0.1 k",
)


def read(*lines: str) -> dict[str, object]:
    return read_round(default_plan(), OWN, "\n".join(lines) + "\n")


def test_the_command_names_both_pods_and_all_peers() -> None:
    typed, script = command(OWN, {"node-1": OWN, "node-2": Started("10.32.0.6", "x", "y")})
    assert typed == "sh -s -- abc def 10.32.0.5 node-1=10.32.0.5 node-2=10.32.0.6"
    assert b"docker exec" in script


@pytest.mark.parametrize(
    ("code", "said", "reason"),
    [
        ("143", "Terminated", "timed out"),
        ("124", "", "timed out"),
        ("1", "wget: download timed out", "timed out"),
        ("1", "wget: can't connect to remote host (10.32.0.6): Connection refused", "connection refused"),
        ("1", "wget: can't connect to remote host (10.32.0.6): No route to host", "no route to host"),
        (
            "1",
            "wget: server returned error: HTTP/1.1 404 Not Found",
            "wget: server returned error: HTTP/1.1 404 Not Found",
        ),
        ("126", "", "exit code 126"),
        ("0", "", "exit code 0"),
    ],
)
def test_why_a_peer_was_not_reached(code: str, said: str, reason: str) -> None:
    assert read(f"pod-to-pod\tnode-1\t{code}\t{said}")["pod-to-pod"] == {"node-1": {"failed": reason}}


def test_an_answer_is_the_peers_name_and_whom_it_saw() -> None:
    found = read(
        "host-pod-to-pod\tnode-1\t0\tpod-node-1 192.168.50.10",
        "node-to-pod\t\t0\tHTTP/1.0 200 OK||pod-k8s-master 10.32.0.1|",
        "pod-to-pod\tnode-9\t0\tpod-node-9 10.32.0.1",
    )
    assert found["host-pod-to-pod"] == {"node-1": {"answered": "pod-node-1", "saw": "192.168.50.10"}}
    assert found["node-to-pod"] == {"answered": "pod-k8s-master", "saw": "10.32.0.1"}
    assert found["pod-to-pod"] == {}


@pytest.mark.parametrize("said", DNS)
def test_a_lookup_in_either_form_of_nslookup(said: str) -> None:
    assert read(f"dns\tx\t0\t{said}")["dns"] == {"server": "10.96.0.10", "addresses": ["10.96.0.1"]}


def test_a_lookup_without_an_answer() -> None:
    said = "Server:  10.96.0.10|Address: 10.96.0.10:53||** server can't find x: NXDOMAIN|"
    assert "NXDOMAIN" in read(f"dns\tx\t1\t{said}")["dns"]["failed"]  # type: ignore[index]


def test_rules_and_noise() -> None:
    rule = '-A FORWARD -s 10.40.0.0/16 -m comment --comment "a b" -j DROP'
    assert read(f"rule\t\t0\t{rule}", "some noise", "")["rules"] == [rule]
