"""What a part of a bundle is, and where parts are kept: a folder each, named by everything that its content depends on.

How a part is made stands in the part's own file; which parts there are, in parts.py.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from labctl.adapters.ports import ProcessRunner
from labctl.events import Progress, Reporter
from labctl.releases import Release
from labctl.sources.bundle import sha256_file
from labctl.sources.distribution.apt import PrivateApt
from labctl.sources.distribution.golang import Go

STEP = "fill_bundle"
_SUMS = ".sums.json"


@dataclass(frozen=True)
class Workshop:
    """What building a part needs: tools, the release, and what was built before. results maps a part to its folder."""

    cache: Path
    runner: ProcessRunner
    release: Release
    reporter: Reporter
    arch: str
    apt: PrivateApt
    results: dict[str, Path] = field(default_factory=dict)

    def tell(self, text: str) -> None:
        """Say what is being done."""
        self.reporter.emit(Progress(step=STEP, text=text))

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder on the cache's file system, removed afterwards (after a kill, by the next fill)."""
        place = self.cache / "tmp"
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place) as folder:
            yield Path(folder)

    def go(self) -> Go:
        """The compiler (the part `compiler` must be among the results)."""
        return Go(self.results["compiler"], self.cache / "go", self.runner, arch=self.arch)


@dataclass(frozen=True)
class Part:
    """One part. needs names parts that must be there first.

    inputs tells, as lines of text, what the content depends on beyond its needs, its recipe and its data files.
    build fills an empty folder. The recipe is the source file that build stands in.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    inputs: Callable[[Workshop], Sequence[str]]
    build: Callable[[Workshop, Path], None]
    data: tuple[Path, ...] = ()

    def key(self, shop: Workshop) -> str:
        """16 hexadecimal digits that change with anything that the content depends on. The needs must be there."""
        recipe = inspect.getsourcefile(self.build)
        digest = hashlib.sha256(f"{self.name}\n{shop.arch}\n".encode())
        for need in self.needs:
            digest.update(f"need {shop.results[need].name}\n".encode())
        for line in self.inputs(shop):
            digest.update(f"input {line}\n".encode())
        for path in (*([Path(recipe)] if recipe else []), *_files(self.data)):
            digest.update(f"file {path.name} {sha256_file(path)}\n".encode())
        return digest.hexdigest()[:16]


def obtain(part: Part, shop: Workshop) -> Path:
    """The folder of a part: from the cache if it is there and whole, else built now.

    A part is built in a folder beside and renamed when it is whole, with a checksum of each file, so that a kill
    loses this part only. Raises ToolError from the part's tools.
    """
    parts = shop.cache / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    place = parts / f"{part.name}-{part.key(shop)}"
    if place.is_dir():
        if _whole(place):
            return place
        shop.tell(f"{part.title}: damaged in the cache, made again")
        shutil.rmtree(place)
    shop.tell(part.title)
    growing = parts / f".{part.name}.{os.getpid()}"
    shutil.rmtree(growing, ignore_errors=True)
    growing.mkdir()
    try:
        part.build(shop, growing)
        sums = {path: sha256_file(growing / path) for path in _listing(growing)}
        (growing / _SUMS).write_text(json.dumps(sums), encoding="utf-8")
        growing.rename(place)
    finally:
        shutil.rmtree(growing, ignore_errors=True)
    return place


def forget_others(cache: Path, results: Mapping[str, Path]) -> None:
    """Remove what earlier recipes, older packages and killed fills left."""
    shutil.rmtree(cache / "tmp", ignore_errors=True)
    kept = {path.name for path in results.values()}
    for path in (cache / "parts").iterdir():
        if path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)


def contents(place: Path) -> list[str]:
    """Paths of a part's files, relative, sorted."""
    return _listing(place)


def _whole(place: Path) -> bool:
    try:
        sums: dict[str, str] = json.loads((place / _SUMS).read_text(encoding="utf-8"))
        return _listing(place) == sorted(sums) and all(sha256_file(place / p) == s for p, s in sums.items())
    except (OSError, ValueError):
        return False


def _listing(place: Path) -> list[str]:
    files = (Path(folder) / name for folder, _, names in os.walk(place) for name in names)
    return sorted(f.relative_to(place).as_posix() for f in files if f.is_file() and f.name != _SUMS)


def _files(paths: Sequence[Path]) -> list[Path]:
    """Files, and the files below folders, in a fixed order."""
    found: list[Path] = []
    for path in paths:
        found += sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return found
