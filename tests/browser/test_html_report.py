"""The HTML report as a browser sees it: every claim, the filter, no request, no violation of axe-core's rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from labctl.checks import CheckReport
from labctl.report.html import render_html
from tests.reports import hostile, report

STOPPED = report("kubelet-stopped-on-node-2")
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}

Open = Callable[..., Page]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a report in a new window; what it asks for, logs and throws is kept at page.heard."""
    contexts = []

    def open_page(judged: CheckReport = STOPPED, **how: Any) -> Page:
        file = tmp_path / "report.html"
        file.write_text(render_html(judged), encoding="utf-8")
        context = browser.new_context(**how)
        contexts.append(context)
        page = context.new_page()
        heard: list[str] = []
        page.heard = heard  # type: ignore[attr-defined]
        page.on("request", lambda request: heard.append(request.url))
        page.on("console", lambda message: heard.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: heard.append(f"error: {error}"))
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


def visible(page: Page) -> list[str]:
    """Outcome, claim and scope of each result that is shown."""
    rows = page.locator("#results tr:visible")
    return [" ".join(text.split()[:3]) for text in rows.evaluate_all("rows => rows.map(row => row.innerText)")]


def expected(judged: CheckReport) -> list[str]:
    return [f"{result.outcome.name} {result.check.id} {result.scope}" for result in judged.results]


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_every_claim_is_shown_and_nothing_runs_over_the_edge(
    show: Open, viewport: dict[str, int], script: bool
) -> None:
    page = show(viewport=viewport, java_script_enabled=script)
    assert visible(page) == expected(STOPPED)
    assert page.locator("#filter").is_visible() == script
    for detail in page.locator("#results details:not([open]) summary").all()[:8]:
        detail.click()
    if script:
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_the_filter_goes_by_outcome_and_by_words(show: Open) -> None:
    page = show()
    for outcome in ("PASS", "DRIFT", "SKIP"):
        page.get_by_label(outcome, exact=True).uncheck()
    failing = [line for line in expected(STOPPED) if line.startswith("FAIL")]
    assert visible(page) == failing
    assert page.get_by_role("status").inner_text() == f"{len(failing)} of 78 results shown"
    page.get_by_role("searchbox").fill("KUBELET  node-2 dead")
    assert visible(page) == ["FAIL kubelet.service node-2", "FAIL kubelet.command-line node-2"]
    page.get_by_role("searchbox").fill("nothing has these words")
    assert visible(page) == []
    page.get_by_role("button", name="Show all").click()
    page.get_by_text("78 of 78 results shown").wait_for()
    assert visible(page) == expected(STOPPED)


def test_a_link_leads_to_a_cause_that_the_filter_hides(show: Open) -> None:
    page = show()
    page.get_by_role("searchbox").fill("weave-net.daemonset")
    page.get_by_role("link", name="Go to its cause, kubelet.service on node-2").first.click()
    page.get_by_text("78 of 78 results shown").wait_for()
    assert len(visible(page)) == 78


def test_details_of_a_cause_are_open_and_mark_what_differs(show: Open) -> None:
    page = show()
    row = page.locator("#results tr", has_text="kubelet.service").filter(has_text="node-2").filter(has_text="inactive")
    assert row.first.locator("mark").all_inner_texts() == ["inactive", "(dead)"]
    assert page.locator("#results details[open]").count() == 1
    page.get_by_role("button", name="Open all details").click()
    assert page.locator("#results details[open]").count() == 78


def test_the_keyboard_reaches_the_claims(show: Open) -> None:
    page = show()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the claims"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#claims"
    page.locator("#results summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#results details").first.get_attribute("open") is not None


@pytest.mark.parametrize("judged", [STOPPED, hostile()], ids=["recording", "hostile"])
def test_no_request_leaves_the_page_and_nothing_of_a_lab_runs(show: Open, judged: CheckReport) -> None:
    page = show(judged)
    page.get_by_role("button", name="Open all details").click()
    page.get_by_role("searchbox").fill("kubelet")
    # A round trip through the browser's event loop: what was to be fetched has been asked for.
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    assert page.heard == [page.url]  # type: ignore[attr-defined]
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0
    assert page.title() == f"Lab {judged.lab}: {judged.outcome.name}"
    assert page.locator("script, img, iframe, object, link").count() == 1
    if judged is not STOPPED:
        assert "<img src='http://127.0.0.1:9/leak'" in page.locator("#results").inner_text()


@pytest.mark.parametrize(("scheme", "viewport"), [("light", PHONE), ("dark", DESK)], ids=["light", "dark"])
def test_axe_finds_no_violation(show: Open, scheme: str, viewport: dict[str, int]) -> None:
    page = show(color_scheme=scheme, viewport=viewport)
    page.get_by_role("button", name="Open all details").click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    passed = {rule["id"] for rule in found.response["passes"]}
    assert {"color-contrast", "label", "landmark-one-main", "scrollable-region-focusable", "document-title"} <= passed


def test_paper_is_a4_with_the_filter_left_out(show: Open) -> None:
    page = show()
    page.emulate_media(media="print")
    assert not page.locator("#filter").is_visible()
    assert visible(page) == expected(STOPPED)
    pdf = page.pdf(prefer_css_page_size=True)
    # 210 mm x 297 mm in points.
    assert b"/MediaBox [0 0 594.95996 841.91998]" in pdf or b"/MediaBox [0 0 595" in pdf
