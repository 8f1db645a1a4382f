"""Makes or renews a bundle for `labctl bundle create`, and finds the one that there is.

Which source serves auto.py decides; how it fills is the source's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from labctl.adapters.ports import ProcessRunner
from labctl.errors import ToolError
from labctl.events import Note, Progress, Reporter
from labctl.releases import Release
from labctl.sources.auto import NAMES, choose, default_folder, make_source
from labctl.sources.bundle import Bundle
from labctl.sources.folder import FolderSource
from labctl.sources.interface import Source

_STEP = "fill_bundle"


@dataclass(frozen=True)
class Created:
    """The bundle that is there now, why it came from there, and whether anything had to be done."""

    bundle: Bundle
    reason: str
    changed: bool


def create(
    wanted: str,
    destination: Path | None,
    *,
    cache: Path,
    runner: ProcessRunner,
    release: Release,
    reporter: Reporter,
) -> Created:
    """Fill a bundle at destination (None: its place in the cache), or find it whole there. wanted as in choose().

    Every file of a bundle that is there already is checked; a damaged one of the cache is filled again.
    Raises ToolError: nothing can serve, or what the source raises.
    """
    choice = choose(wanted, cache=cache, runner=runner, release=release)
    source: Source | None = choice.source
    reason = choice.reason
    if choice.bundle is not None:
        named = wanted in ("auto", *NAMES)
        source = FolderSource(choice.bundle.root)
        if named and _damaged(choice.bundle, reporter):
            reason = (
                f"the bundle in {choice.bundle.root} was damaged; filled again from {choice.bundle.manifest.source}"
            )
            source = make_source(choice.bundle.manifest.source, cache=cache, runner=runner, release=release)
        name = choice.bundle.manifest.source
    elif source is not None:
        name = source.name
    else:
        raise ToolError(f"nothing can fill the bundle: {reason}", hint=_NOTHING)
    reporter.emit(Note(reason))
    target = (destination or default_folder(cache, release.id, name)).absolute()
    changed = not (isinstance(source, FolderSource) and target.exists() and target.samefile(source.folder))
    source.fill(target, reporter)
    return Created(Bundle.open(target), reason, changed)


def existing(folder: Path | None, *, cache: Path, release: Release) -> Bundle:
    """The bundle in a folder, by default the one in the cache that `up` would take. Raises ToolError."""
    if folder is not None:
        return Bundle.open(folder)
    places = [default_folder(cache, release.id, name) for name in NAMES]
    for place in places:
        if place.is_dir():
            return Bundle.open(place)
    raise ToolError(
        f"there is no bundle in {places[0].parent}", hint="fill one (labctl bundle create), or name its folder"
    )


_NOTHING = (
    "copy a bundle from another computer and give its folder: labctl bundle create --source FOLDER; "
    "or set mirrors: labctl bundle create --help names the variables"
)


def _damaged(bundle: Bundle, reporter: Reporter) -> bool:
    reporter.emit(Progress(_STEP, f"checking every file of {bundle.root}"))
    return bool(bundle.verify())
