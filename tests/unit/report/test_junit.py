"""JUnit XML: valid by the schema, one test case a result, and what each outcome becomes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from lxml import etree

from labctl.checks import CheckReport, Outcome
from labctl.report.junit import render_junit
from tests.reports import NAMES, hostile, report

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).parents[2] / "schemas" / "junit.xsd"))
ELEMENTS = {Outcome.FAIL: "failure", Outcome.ERROR: "error", Outcome.SKIP: "skipped"}


@pytest.mark.parametrize("judged", [*map(report, NAMES), hostile()], ids=[*NAMES, "hostile"])
def test_it_is_valid_and_every_result_is_a_test_case(judged: CheckReport) -> None:
    text = render_junit(judged)
    assert text.isascii()
    document = etree.fromstring(text.encode())
    assert SCHEMA.validate(document), SCHEMA.error_log
    cases = document.findall("testsuite/testcase")
    assert [(case.get("classname"), case.get("name")) for case in cases] == [
        (f"labctl.{result.check.id}", result.scope) for result in judged.results
    ]
    for case, result in zip(cases, judged.results, strict=True):
        assert [child.tag for child in case] == [ELEMENTS[o] for o in [result.outcome] if o in ELEMENTS]
    for outcome, name in ((Outcome.FAIL, "failures"), (Outcome.ERROR, "errors"), (Outcome.SKIP, "skipped")):
        assert sum(int(suite.get(name)) for suite in document) == judged.counts[outcome]
    assert sum(int(suite.get("tests")) for suite in document) == len(judged.results)


def test_the_schema_refuses_what_servers_do() -> None:
    text = render_junit(report("healthy"))
    for good, bad in (('id="0" ', ""), (' name="lab"', ' name=""'), ("<system-err />", ""), ("timestamp=", "at=")):
        assert good in text
        assert not SCHEMA.validate(etree.fromstring(text.replace(good, bad, 1).encode()))


def test_a_drift_is_a_success_with_a_note() -> None:
    root = ElementTree.fromstring(render_junit(report("healthy")))
    suite = next(each for each in root if each.get("name") == "docker.version")
    assert [suite.get(name) for name in ("failures", "errors", "skipped")] == ["0", "0", "0"]
    note = suite.findtext("system-out") or ""
    assert note.splitlines()[0].startswith("DRIFT k8s-master: 20.10.24+dfsg1 where the tutorial shows 20.10.6")
    assert len(note.splitlines()) == 4


def test_a_failure_says_everything_and_a_consequence_names_its_cause() -> None:
    text = render_junit(report("kubelet-stopped-on-node-2"), datetime(2026, 1, 2, 3, 4, 5))
    root = ElementTree.fromstring(text)
    assert {suite.get("timestamp") for suite in root} == {"2026-01-02T03:04:05"}
    failures = {each.get("classname"): each.find("failure") for each in root.iter("testcase") if len(each)}
    cause = failures["labctl.kubelet.service"]
    assert cause is not None and cause.text is not None
    assert cause.attrib == {
        "message": "active is inactive (dead), not active (running)",
        "type": "labctl.kubelet.service",
    }
    for words in (
        "you would type: systemctl status kubelet",
        "    Active: inactive (dead)",
        "fix: labctl up --from kube",
    ):
        assert words in cause.text
    follows = failures["labctl.weave-net.daemonset"]
    assert follows is not None and follows.get("type") == "labctl.kubelet.service"


def test_what_a_lab_says_stays_text() -> None:
    root = ElementTree.fromstring(render_junit(hostile()))
    assert {element.tag for element in root.iter()} <= {
        *("testsuites", "testsuite", "properties", "property", "testcase", "system-out", "system-err"),
        *ELEMENTS.values(),
    }
    assert any("<script>document.title='run'" in (each.get("message") or "") for each in root.iter())
