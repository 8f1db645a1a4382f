"""Markdown: a table with every claim in it, details below, and no text of a lab that becomes markup."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt

from labctl.report.markdown import escape, render_markdown
from tests.reports import EVIL, NAMES, hostile, report

READER = MarkdownIt("commonmark").enable("table")


def rows(text: str) -> list[list[str]]:
    """The table's cells as a reader sees them."""
    found: list[list[str]] = []
    for token in READER.parse(text):
        if token.type == "tr_open":
            found.append([])
        if token.type == "inline" and found and token.level > 2 and token.children is not None:
            found[-1].append("".join(child.content for child in token.children))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_claim_has_its_row_and_what_is_not_a_pass_its_details(name: str) -> None:
    judged, text = report(name), render_markdown(report(name))
    head, *body = rows(text)
    assert head == ["Outcome", "Claim", "Where", "What"]
    told = {(row[1], scope, row[0]) for row in body for scope in row[2].split(", ")}
    assert told == {(r.check.id, "" if r.scope == "lab" else r.scope, r.outcome.name) for r in judged.results}
    details = re.findall("<summary>(\\w+) (\\S+) ?(.*)</summary>", text)
    explained = {(claim, scope, outcome) for outcome, claim, scopes in details for scope in scopes.split(", ")}
    assert explained == {row for row in told if row[2] not in ("PASS", "SKIP")}


def test_details_show_both_outputs() -> None:
    text = render_markdown(report("weave-net-missing-on-node-3"))
    assert "\nthis lab shows        NAME        DESIRED   CURRENT" in text
    assert "\nfix                   labctl up --from weave_net\n" in text


def test_what_a_lab_says_stays_text() -> None:
    text = render_markdown(hostile())
    tokens = READER.parse(text)
    inline = [child for token in tokens for child in token.children or []]
    assert not {child.type for child in inline} & {"html_inline", "link_open", "image"}
    assert all(len(row) == 4 for row in rows(text))
    html = {line for token in tokens if token.type == "html_block" for line in token.content.split("\n")}
    assert all(line in ("", "<details>", "</details>") or line.startswith("<summary>") for line in html)
    assert not any("<script" in line or "<img" in line for line in html)
    assert [token.content for token in tokens if token.type == "heading_open" and token.level] == []
    assert sum(token.type == "heading_open" for token in tokens) == 1
    fences = [token.content for token in tokens if token.type == "fence"]
    assert any("<img src=" in content for content in fences)
    assert not any("<details>" in content.splitlines() for content in fences)


@pytest.mark.parametrize(
    "evil", [EVIL, "a|b\\|c\\\\|d", "`` a ` b", "\\", "*a* _b_ ~~c~~ [d](e) ![f](g) <h> &i; #1", "www.x.y"]
)
def test_escaped_text_reads_as_it_was(evil: str) -> None:
    (row,) = rows(f"| {escape(evil)} | x |\n| --- | --- |")
    seen = " ".join(row[0].split())
    assert seen == " ".join("".join(c if c.isprintable() else " " for c in evil).split())
