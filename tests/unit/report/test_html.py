"""The page as text: its policy, its letters, its anchors. How it looks and behaves is tested in tests/browser."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime, timezone

import pytest

from labctl.checks import CheckReport
from labctl.report.html import render_html
from tests.reports import NAMES, hostile, report


@pytest.mark.parametrize("judged", [report(NAMES[1]), hostile()], ids=["recording", "hostile"])
def test_only_its_own_style_and_script_are_allowed(judged: CheckReport) -> None:
    page = render_html(judged)
    assert page.isascii()
    policy = re.search('http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert {name: value for name, value in rules.items() if "sha256" not in value} == {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    for element in ("style", "script"):
        (content,) = re.findall(f"<{element}>(.*?)</{element}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules[f"{element}-src"] == f"'sha256-{digest}'"
    # No attribute that the policy forbids, nothing fetched, nothing left of a template.
    assert not re.findall(r"<[^>]*\s(?:style|src|on[a-z]+)=|<(?:img|link|iframe|object)\b|\{[{%]", page)
    assert len(re.findall("<script", page)) == 1


def test_it_says_when_and_how_long() -> None:
    page = render_html(report("healthy"), datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc))
    assert "A recording, 2026-01-02 03:04 UTC." in page
    assert page.endswith("</html>\n")


def test_consequences_lead_to_their_cause() -> None:
    page = render_html(report("kubelet-stopped-on-node-2"))
    targets = set(re.findall('href="#(result-[0-9]+)"', page))
    assert len(targets) == 1
    assert f'id="{targets.pop()}" data-outcome="FAIL"' in page


def test_nothing_that_a_page_may_not_hold() -> None:
    assert not set(render_html(hostile())) & {chr(code) for code in range(32) if chr(code) != "\n"}
