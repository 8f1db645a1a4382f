"""The tutorial's output beside the lab's: what is paired with what, aligned, and marked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from labctl.checks import CLAIMS_BY_ID, CheckResult, Outcome
from labctl.report.contrast import Contrast, contrast
from tests.reports import EVIL, NAMES, hostile, report


def shown(both: Contrast) -> list[str]:
    """The lab's lines as a terminal without colours shows them."""
    lines = []
    for line in both.lab:
        lines.append(f"{line.sign:<2}{line.text}" if both.signed else line.text)
        carets = "".join(("^" if piece.differs else " ") * len(piece.text) for piece in line.pieces).rstrip()
        lines += ["  " * both.signed + carets] if carets else []
    return lines


def result(check: str, actual: object, scope: str = "lab") -> CheckResult:
    claim = CLAIMS_BY_ID[check]
    return CheckResult(claim, scope, Outcome.FAIL, None, actual, "why", "type", "fix")


def test_a_row_keeps_the_tutorials_columns_and_marks_the_cells_that_differ() -> None:
    both = contrast(report("kubelet-stopped-on-node-2").of("weave-net.daemonset"))
    assert [line.text for line in both.tutorial] == [
        "NAME        DESIRED   CURRENT   READY   UP-TO-DATE   AVAILABLE   NODE SELECTOR",
        "weave-net   4         4         4       4            4           <none>",
    ]
    assert shown(both) == [
        "NAME        DESIRED   CURRENT   READY   UP-TO-DATE   AVAILABLE   NODE SELECTOR",
        "weave-net   4         4         3       4            3           <none>",
        "                                ^                    ^",
    ]


def test_pods_are_paired_by_what_they_are_not_by_the_letters_of_their_names() -> None:
    assert shown(contrast(report("healthy").of("kube-proxy.placement"))) == [
        "kube-proxy-…       192.168.50.11   node-1",
        "kube-proxy-…       192.168.50.13   node-3",
        "kube-proxy-…       192.168.50.12   node-2",
        "kube-proxy-…       192.168.50.10   k8s-master",
    ]


def test_lines_too_many_and_missing_ones_have_a_sign() -> None:
    placement = {f"node-{number}": [f"192.168.50.1{number}"] for number in (1, 2, 3)}
    assert shown(contrast(result("weave-net.placement", placement)))[1] == (
        "- weave-net-…       192.168.50.10   k8s-master"
    )
    placement |= {"k8s-master": ["10.0.0.9"], "node-4": ["192.168.50.14"]}
    assert shown(contrast(result("weave-net.placement", placement))) == [
        "  weave-net-…       192.168.50.11   node-1",
        "  weave-net-…       10.0.0.9        k8s-master",
        "                    ^^^^^^^^",
        "  weave-net-…       192.168.50.12   node-2",
        "  weave-net-…       192.168.50.13   node-3",
        "+ weave-net-…       192.168.50.14   node-4",
    ]


def test_flags_are_lines_and_what_the_windows_edge_cut_off_is_no_difference() -> None:
    line = (
        "/usr/bin/kubelet --config=/etc/kubelet.yaml --network-plugin=cni --v=2 --pod-infra-container-image=pause:3.4"
    )
    both = contrast(result("kubelet.command-line", {"process": line}))
    assert both.tutorial[-1].text == "--p>"
    assert shown(both) == [
        "  /usr/bin/kubelet",
        "- --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf",
        "- --kubeconfig=/etc/kubernetes/kubelet.conf",
        "  --config=/etc/kubelet.yaml",
        "  ^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "  --network-plugin=cni",
        "  --pod-infra-container-image=pause:3.4",
        "+ --v=2",
    ]


def test_words_that_differ_are_marked_in_a_line_of_words() -> None:
    assert shown(contrast(report("kubelet-stopped-on-node-2").of("kubelet.service", "node-2")))[2:4] == [
        "Active: inactive (dead)",
        "        ^^^^^^^^ ^^^^^^",
    ]


def test_nothing_in_common_is_marked_as_a_whole() -> None:
    both = contrast(report("kubelet-stopped-on-node-2").of("kubelet.command-line", "node-2"))
    assert shown(both) == ["no process: inactive (dead)", "^^ ^^^^^^^^ ^^^^^^^^ ^^^^^^"]
    assert shown(contrast(result("weave-net.daemonset", None)))[-2:] == ["no such DaemonSet", "^^ ^^^^ ^^^^^^^^^"]


def test_a_claim_of_a_node_has_the_rows_of_that_node_only() -> None:
    judged = report("healthy")
    assert [line.text for line in contrast(judged.of("nodes.roles", "k8s-master")).tutorial] == [
        "NAME         ROLES",
        "k8s-master   control-plane,master",
    ]
    both = contrast(*(judged.of("nodes.roles", f"node-{number}") for number in (1, 3)))
    assert [line.text for line in both.tutorial] == ["NAME     ROLES", "node-1   <none>", "node-3   <none>"]
    assert both.tutorial == both.lab


def test_words_of_the_tutorial_are_no_output_to_compare_with() -> None:
    both = contrast(report("coredns-one-replica").of("coredns.endpoints"))
    assert both.tutorial[0].text.startswith("“It is made available")
    assert not any(piece.differs for line in both.lab for piece in line.pieces)
    assert not both.signed


def test_what_was_not_looked_at_shows_nothing() -> None:
    skipped = report("healthy").of("kubectl.non-root")
    assert contrast(skipped).lab == ()
    assert contrast(replace(skipped, outcome=Outcome.ERROR)).lab == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_pass_differs_in_nothing_but_what_the_claim_allows(name: str) -> None:
    for each in report(name).results:
        differs = contrast(each).signed or any(p.differs for line in contrast(each).lab for p in line.pieces)
        # dockerd may lie in whatever folder.
        if each.outcome is Outcome.PASS and each.check.id != "docker.command-line":
            assert not differs, each.ref
        if each.outcome in (Outcome.FAIL, Outcome.DRIFT) and not each.check.quotes:
            assert differs, each.ref


def test_nothing_that_a_terminal_obeys_gets_through() -> None:
    texts = [line.text for each in hostile().results for line in contrast(each).lab]
    assert any("leak" in text for text in texts)
    assert not set("".join(texts)) & set("\x00\x1b\x9b\n\u202e\ud800\uffff")
    assert EVIL not in texts
