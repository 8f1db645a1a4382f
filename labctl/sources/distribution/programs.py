"""Part: labctl's own small Go programs (go/), static, standard library only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from labctl.sources.distribution.part import Part, Workshop

SOURCES = Path(__file__).parent / "go"
PROGRAMS = ("iptables-choice", "pause", "runc-wrapper", "weave-kube", "weave-npc")


def _inputs(_shop: Workshop) -> Sequence[str]:
    return PROGRAMS


def _build(shop: Workshop, into: Path) -> None:
    go = shop.go()
    for name in PROGRAMS:
        go.run(["build", "-trimpath", "-ldflags", "-s -w", "-o", str(into / name), "."], cwd=SOURCES / name)


PART = Part(
    "programs",
    "pause, runc wrapper, iptables-choice, weave-net stand-in",
    ("compiler",),
    _inputs,
    _build,
    data=(SOURCES,),
)
