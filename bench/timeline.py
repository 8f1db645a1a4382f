"""The timeline of a run of labctl (`labctl history -o json`) as an SVG picture for docs/."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_LEFT, _RIGHT, _TOP = 150, 90, 58
_WIDTH, _ROW, _BAR = 860, 30, 18
# Of these distances between two marks of the axis, in seconds, the smallest is taken that leaves them room.
_TICKS = (1, 2, 5, 10, 20, 30, 60, 120, 300)
_MOST_TICKS = 12
_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.quiet { fill: #57606a; font-size: 12px }
.grid { stroke: #d0d7de }
.bar { fill: #0969da }
.beside { fill: #8250df }
svg { background: #ffffff }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .quiet { fill: #9198a1 } .grid { stroke: #3d444d }
  .bar { fill: #4493f8 } .beside { fill: #ab7df8 } svg { background: #0d1117 }
}"""


def timeline_svg(steps: Sequence[Mapping[str, Any]], title: str, about: str) -> str:
    """The picture: one row a step, from its start (`at`, seconds) on; other colours where one ran beside others."""
    whole = max((step["at"] + (step["seconds"] or 0.0) for step in steps), default=1.0) or 1.0
    scale = (_WIDTH - _LEFT - _RIGHT) / whole
    bottom = _TOP + _ROW * len(steps)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{bottom + 34}" '
        f'viewBox="0 0 {_WIDTH} {bottom + 34}" role="img" aria-label="{escape(title)}">',
        f"<style>\n{_STYLE}\n</style>",
        f'<text class="title" x="16" y="24">{escape(title)}</text>',
        f'<text class="quiet" x="16" y="43">{escape(about)}</text>',
        *_axis(whole, scale, bottom),
        *(part for row, step in enumerate(steps) for part in _bar(step, _TOP + row * _ROW, scale)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _axis(whole: float, scale: float, bottom: int) -> list[str]:
    distance = next((tick for tick in _TICKS if whole / tick <= _MOST_TICKS), _TICKS[-1])
    parts = []
    for second in range(0, int(whole) + 1, distance):
        x = _LEFT + second * scale
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{_TOP - 6}" x2="{x:.1f}" y2="{bottom}"/>')
        parts.append(f'<text class="quiet" x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{second} s</text>')
    return parts


def _bar(step: Mapping[str, Any], top: int, scale: float) -> list[str]:
    seconds = step["seconds"] or 0.0
    x, width, middle = _LEFT + step["at"] * scale, max(seconds * scale, 2), top + _BAR - 4
    kind = "beside" if step.get("beside") else "bar"
    told = f"{step['step']}: from {step['at']:.1f} s, {seconds:.1f} s"
    return [
        f'<text x="{_LEFT - 10}" y="{middle}" text-anchor="end">{escape(step["step"])}</text>',
        f'<rect class="{kind}" x="{x:.1f}" y="{top}" width="{width:.1f}" height="{_BAR}" rx="3">'
        f"<title>{escape(told)}</title></rect>",
        f'<text x="{x + width + 6:.1f}" y="{middle}">{seconds:.1f} s</text>',
    ]
