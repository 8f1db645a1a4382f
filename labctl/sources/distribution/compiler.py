"""Part: the Go compiler, unpacked from the distribution's packages, not installed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from labctl.sources.distribution.golang import COMPILER_PACKAGES
from labctl.sources.distribution.part import Part, Workshop


def _inputs(shop: Workshop) -> Sequence[str]:
    return [deb.file for deb in shop.apt.candidates(COMPILER_PACKAGES)]


def _build(shop: Workshop, into: Path) -> None:
    with shop.scratch() as work:
        debs = shop.apt.download(shop.apt.candidates(COMPILER_PACKAGES), work)
        shop.apt.extract(debs, into)


PART = Part("compiler", "Go compiler from the distribution", (), _inputs, _build)
