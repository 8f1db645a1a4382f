"""Writes docs/report.png, the HTML report of a lab with one node's kubelet stopped: make screenshot."""

from __future__ import annotations

import tempfile
from datetime import datetime, timezone
from pathlib import Path

from labctl.report.html import render_html
from tests.browser.chromium import chromium
from tests.reports import report

TARGET = Path(__file__).parents[2] / "docs" / "report.png"


def main() -> None:
    """Open the report, let the filter show what does not hold on that node, take the picture."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        file = Path(folder) / "report.html"
        file.write_text(render_html(report("kubelet-stopped-on-node-2"), datetime(2026, 1, 1, tzinfo=timezone.utc)))
        page = browser.new_page(viewport={"width": 1000, "height": 1090}, color_scheme="light")
        page.goto(file.as_uri())
        for outcome in ("PASS", "DRIFT", "SKIP"):
            page.get_by_label(outcome, exact=True).uncheck()
        page.get_by_role("searchbox").fill("kubelet dead")
        page.get_by_role("heading", level=1).click()
        page.screenshot(path=TARGET)


if __name__ == "__main__":
    main()
