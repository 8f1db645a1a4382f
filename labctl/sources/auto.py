"""Chooses where a bundle comes from: one that is in the cache, else upstream, else the distribution; and says why.

Only choosing belongs here; sources are imported when they are asked.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from labctl.adapters.ports import ProcessRunner
from labctl.errors import ToolError
from labctl.releases import Release
from labctl.sources.bundle import Bundle
from labctl.sources.interface import Source

# In the order in which `auto` takes them.
NAMES = ("upstream", "distribution")
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Choice:
    """bundle: a filled one to run from; source: what fills one; both None: nothing can. reason: a sentence, always."""

    bundle: Bundle | None
    source: Source | None
    reason: str


def host_arch() -> str:
    """This computer's architecture as Kubernetes' downloads name it; the kernel's own word where they have none."""
    machine = platform.machine().lower()
    return _MACHINES.get(machine, machine)


def default_folder(cache: Path, release: str, source: str) -> Path:
    """Where the bundle of a source is kept."""
    return cache / "bundles" / f"{release}-{source}"


def make_source(name: str, *, cache: Path, runner: ProcessRunner, release: Release) -> Source:
    """The source that `--source` names: upstream, distribution, or the path of a folder with a bundle.

    Raises ToolError: neither a source nor a folder.
    """
    if name == "upstream":
        from labctl.sources.upstream import UpstreamSource
        from labctl.sources.upstream.catalogue import tutorial_catalogue

        return UpstreamSource(tutorial_catalogue(host_arch()), cache=cache, runner=runner)
    if name == "distribution":
        from labctl.sources.distribution.source import DistributionSource

        return DistributionSource(cache=cache / "build", runner=runner, release=release)
    from labctl.sources.folder import FolderSource

    folder = Path(name).expanduser().absolute()
    if not folder.is_dir():
        raise ToolError(
            f"{name} is neither a source nor a folder",
            hint="sources are auto, upstream, distribution; or the path of a folder with a copied bundle",
        )
    return FolderSource(folder)


def choose(
    wanted: str,
    *,
    cache: Path,
    runner: ProcessRunner,
    release: Release,
    make: Callable[..., Source] = make_source,
) -> Choice:
    """Where the bundle comes from. wanted: auto, a source's name, or a folder, whose bundle is used in place.

    Raises ToolError: a folder without a bundle, a damaged one, neither a source nor a folder.
    """
    if wanted not in ("auto", *NAMES):
        make(wanted, cache=cache, runner=runner, release=release)
        return _given(Path(wanted).expanduser().absolute())
    names = NAMES if wanted == "auto" else (wanted,)
    spoiled = []
    for name in names:
        folder = default_folder(cache, release.id, name)
        why = quick_problem(folder)
        if why is None:
            return Choice(Bundle.open(folder), None, f"a bundle from {name} is in the cache ({folder})")
        if folder.exists():
            spoiled.append(f"the one in the cache is not used: {why}")
    return _source(names, spoiled, lambda name: make(name, cache=cache, runner=runner, release=release))


def quick_problem(folder: Path) -> str | None:
    """What speaks against a bundle without reading its files: manifest, sizes, architecture; None if nothing does."""
    try:
        bundle = Bundle.open(folder)
    except ToolError as error:
        return error.message
    if bundle.manifest.arch != host_arch():
        return f"the bundle in {folder} is for {bundle.manifest.arch}, this computer is {host_arch()}"
    for entry in bundle.manifest.files:
        path = folder / entry.path
        if not path.is_file() or path.stat().st_size != entry.size:
            return f"the bundle in {folder} is damaged: {entry.path} is missing or has another size"
    return None


def _given(folder: Path) -> Choice:
    why = quick_problem(folder)
    if why is not None:
        from labctl.sources.folder import require_whole

        # Names each damaged file, which the quick look does not.
        require_whole(Bundle.open(folder))
        raise ToolError(why, hint="labctl bundle verify tells more; labctl bundle create fills a new one")
    return Choice(Bundle.open(folder), None, f"the bundle in {folder} was asked for")


def _source(names: Sequence[str], spoiled: Sequence[str], make: Callable[[str], Source]) -> Choice:
    """The first source that can serve; the reason names those that cannot."""
    refused: list[str] = list(spoiled)
    for name in names:
        source = make(name)
        why = source.unavailable()
        if why is None:
            what = "upstream's servers answer" if name == "upstream" else f"{name} can serve here"
            return Choice(None, source, "; ".join((what, *refused)))
        refused.append(f"{name} cannot serve: {why}")
    return Choice(None, None, "; ".join(refused))
