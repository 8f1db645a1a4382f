"""The report as one HTML page that needs nothing else: no network, no server; templates/report.* say how it looks.

Everything from a lab is text to the template, which escapes it; the page's own policy allows only its own style and
script, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from labctl import __version__
from labctl.assets import asset
from labctl.checks.model import LAB, CheckReport, CheckResult, Outcome, Ref
from labctl.releases import TUTORIAL
from labctl.report.contrast import contrast
from labctl.report.table import REASONS, verdict
from labctl.report.words import clean

_MEANINGS = {
    Outcome.PASS: "as the tutorial shows",
    Outcome.DRIFT: "otherwise, and it does not matter",
    Outcome.FAIL: "otherwise, and it matters",
    Outcome.ERROR: "could not be looked at",
    Outcome.SKIP: "was not looked at",
}
_ORIGINS = {"live": "The live lab", "recording": "A recording"}


def render_html(report: CheckReport, now: datetime | None = None) -> str:
    """The page, ASCII only, ending in a newline; now is when the lab was judged (default: now)."""
    from jinja2 import Environment, StrictUndefined

    # The page is whole in one file and in one encoding, whatever the terminal's is.
    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    template = environment.from_string(_text("report.html.j2"))
    style, script = _text("report.css"), _text("report.js")
    rows = list(_rows(report))
    page = template.render(
        lab=clean(report.lab),
        outcome=report.outcome.name,
        verdict=clean(verdict(report)),
        origin=_ORIGINS[report.source],
        made=(now or datetime.now(timezone.utc)).strftime("%Y-%m-%d %H:%M UTC"),
        version=__version__,
        seconds=f"{report.seconds:.1f}",
        tutorial_version=TUTORIAL.tutorial.kubernetes,
        counts=[(outcome.name, report.counts[outcome], _MEANINGS[outcome]) for outcome in Outcome],
        rows=rows,
        causes=[row for row in rows if row["cause"]],
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )
    return page.encode("ascii", "xmlcharrefreplace").decode()


def _text(name: str) -> str:
    return asset("templates", name).read_text(encoding="ascii" if name.endswith((".css", ".js")) else "utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _rows(report: CheckReport) -> Iterator[dict[str, Any]]:
    anchors = {result.ref: f"result-{number}" for number, result in enumerate(report.results, 1)}
    for result in report.results:
        both = contrast(result)
        yield {
            "anchor": anchors[result.ref],
            "outcome": result.outcome.name,
            "id": result.check.id,
            "scope": clean(result.scope),
            "on": "" if result.scope == LAB else f" on {clean(result.scope)}",
            "title": result.check.title,
            "source": result.check.source,
            "command": clean(result.command),
            "tutorial": both.tutorial,
            "shown": both.lab,
            "signed": both.signed,
            "judged": result.check.judged,
            "reason": REASONS[result.outcome].capitalize(),
            "why": clean(result.why),
            "fix": clean(result.fix),
            "broken": result.broken,
            "cause": result.is_cause,
            **_because(result, anchors),
        }


def _because(result: CheckResult, anchors: dict[Ref, str]) -> dict[str, str]:
    cause = result.because
    if cause is None or cause not in anchors:
        return {"because": "", "because_name": ""}
    name = cause.check if cause.scope == LAB else f"{cause.check} on {cause.scope}"
    return {"because": anchors[cause], "because_name": clean(name)}
