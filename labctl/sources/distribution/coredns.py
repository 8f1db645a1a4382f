"""Part: CoreDNS, compiled from its module with the plugins of its own release."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from labctl.errors import ToolError
from labctl.sources.distribution.golang import read_sums
from labctl.sources.distribution.part import Part, Workshop

_MODULE = "github.com/coredns/coredns"
_SUMS = Path(__file__).parent / "data/coredns.go.sum"
# json-iterator/go's reflect2 1.0.1 crashes at run time when compiled with Go 1.18 or newer.
_RAISED = "github.com/modern-go/reflect2@v1.0.2"


def _version(shop: Workshop) -> str:
    return shop.release.supplies["distribution"].versions.coredns


def _inputs(shop: Workshop) -> Sequence[str]:
    return [_version(shop)]


def _build(shop: Workshop, into: Path) -> None:
    version, go = _version(shop), shop.go()
    with shop.scratch() as work:
        source = work / "src"
        shop.tell(f"CoreDNS {version}: fetching sources")
        shutil.copytree(go.module(_MODULE, f"v{version}", sums=read_sums(_SUMS)), source)
        go_sum = source / "go.sum"
        go_sum.write_text(go_sum.read_text(encoding="utf-8") + _SUMS.read_text(encoding="utf-8"), encoding="utf-8")
        go.run(["mod", "edit", f"-require={_RAISED}"], cwd=source)
        shop.tell(f"CoreDNS {version}: compiling")
        go.run(["build", "-trimpath", "-ldflags", "-s -w", "-o", str(into / "coredns"), "."], cwd=source)
    said = shop.runner.run([str(into / "coredns"), "-version"], timeout=30).stdout
    if f"CoreDNS-{version}" not in said:
        raise ToolError(f"the compiled CoreDNS does not say that it is {version}", output=said)


PART = Part("coredns", "CoreDNS", ("compiler",), _inputs, _build, data=(_SUMS,))
