"""The report as JUnit XML, for CI servers: a suite for each claim, a test case for each scope.

It is valid by the schemas that are in use, Apache Ant's as well as Jenkins's: a test case holds at most its outcome,
so what a DRIFT has to say stands in the suite's system-out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from labctl.checks.model import CheckReport, CheckResult, Outcome
from labctl.releases import TUTORIAL
from labctl.report.contrast import ShownLine, contrast
from labctl.report.words import clean

_ELEMENTS = {Outcome.FAIL: "failure", Outcome.ERROR: "error", Outcome.SKIP: "skipped"}
_COUNTED = {Outcome.FAIL: "failures", Outcome.ERROR: "errors", Outcome.SKIP: "skipped"}


def render_junit(report: CheckReport, now: datetime | None = None) -> str:
    """The report as an XML document, ASCII only, ending in a newline; now is when the lab was judged (default: now)."""
    time = (now or datetime.now(timezone.utc)).strftime("%Y-%m-%dT%H:%M:%S")
    root = Element("testsuites")
    for number, (check, group) in enumerate(groupby(report.results, key=lambda result: result.check)):
        results = list(group)
        attributes = {
            "name": check.id,
            "package": "labctl",
            "id": str(number),
            "hostname": "localhost",
            "timestamp": time,
            "tests": str(len(results)),
            # One look serves all claims: its time stands with the first.
            "time": "0.000" if number else f"{report.seconds:.3f}",
        }
        for outcome, name in _COUNTED.items():
            attributes[name] = str(sum(result.outcome is outcome for result in results))
        suite = SubElement(root, "testsuite", attributes)
        _properties(suite, report, results[0])
        for result in results:
            _case(suite, result)
        SubElement(suite, "system-out").text = "\n".join(_note(each) for each in results if _noted(each))
        SubElement(suite, "system-err")
    indent(root)
    document: bytes = tostring(root, encoding="us-ascii", xml_declaration=True)
    return document.decode() + "\n"


def _properties(suite: Element, report: CheckReport, result: CheckResult) -> None:
    """What holds for the whole claim."""
    properties = SubElement(suite, "properties")
    facts = {
        "lab": report.lab,
        "source": report.source,
        "tutorial.kubernetes": TUTORIAL.tutorial.kubernetes,
        "claim": result.check.title,
        "tutorial.place": result.check.source,
        "command": result.check.command,
    }
    for name, value in facts.items():
        SubElement(properties, "property", name=name, value=clean(value))


def _case(suite: Element, result: CheckResult) -> None:
    case = SubElement(
        suite, "testcase", classname=f"labctl.{result.check.id}", name=clean(result.scope) or "?", time="0.000"
    )
    if result.outcome not in _ELEMENTS:
        return
    outcome = SubElement(case, _ELEMENTS[result.outcome], message=clean(result.why))
    if result.broken:
        cause = result.because
        outcome.set("type", f"labctl.{cause.check}" if cause else f"labctl.{result.check.id}")
        outcome.text = _explanation(result)


def _explanation(result: CheckResult) -> str:
    both = contrast(result)
    parts = [f"you would type: {clean(result.command)}", "the tutorial shows:", *_indented(both.tutorial)]
    if both.lab:
        parts += ["this lab shows:", *_indented(both.lab)]
    return "\n".join([*parts, f"fix: {clean(result.fix)}"])


def _indented(lines: Iterable[ShownLine]) -> list[str]:
    return [f"  {line.sign:<2}{line.text}" for line in lines]


def _noted(result: CheckResult) -> bool:
    return bool(result.why) and result.outcome in (Outcome.PASS, Outcome.DRIFT)


def _note(result: CheckResult) -> str:
    return clean(f"{result.outcome.name} {result.scope}: {result.why}")
