"""Fetches everything of a catalogue into the cache, in parallel: files, images' manifests, then their blobs.

Nothing of the bundle is written here (assemble.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from labctl.adapters.http import HttpClient, Remote
from labctl.adapters.http_faults import server_fault
from labctl.sources.upstream import contents
from labctl.sources.upstream.catalogue import Catalogue, File, Image
from labctl.sources.upstream.mirrors import MIRRORS, REGISTRIES, base_of, what_else
from labctl.sources.upstream.parallel import run_all
from labctl.sources.upstream.pins import Pins
from labctl.sources.upstream.registry import Blob, Manifest, Registry, checked_config
from labctl.sources.upstream.store import Store

WORKERS = 6


@dataclass(frozen=True)
class FetchedImage:
    """An image whose parts are in the cache, layers in their order; url names it by its digest."""

    image: Image
    url: str
    config: Path
    layers: tuple[Path, ...]


@dataclass(frozen=True)
class Fetched:
    """Everything, in the catalogue's order; files and images are in the cache under their sha256."""

    files: tuple[tuple[File, Path], ...]
    images: tuple[FetchedImage, ...]
    base: FetchedImage | None


class Fetcher:
    """Fetches into a store; every method raises ToolError: unreachable, refused, wrong content, disk full."""

    def __init__(self, catalogue: Catalogue, http: HttpClient, store: Store, pins: Pins) -> None:
        self._catalogue = catalogue
        self._http = http
        self._store = store
        self._pins = pins
        self._registries = {name: Registry(http, base_of(name), what_else(name)) for name in REGISTRIES}

    def fetch(self, *, with_base: bool) -> Fetched:
        """Everything of the catalogue, the base image of a bare node only if wanted."""
        files, images = self._catalogue.files, self._catalogue.images
        wanted = (*images, self._catalogue.base) if with_base else images
        manifests = run_all([partial(self._manifest, image) for image in wanted], WORKERS, self._http.stop)
        # One job a content: images share layers.
        blobs: dict[str, tuple[Image, Blob, str]] = {}
        for image, manifest in zip(wanted, manifests, strict=True):
            blobs.setdefault(manifest.config.sha256, (image, manifest.config, f"{image.ref} configuration"))
            for number, layer in enumerate(manifest.layers, 1):
                name = f"{image.ref} layer {number}/{len(manifest.layers)}"
                blobs.setdefault(layer.sha256, (image, layer, name))
        jobs = [partial(self._file, file) for file in files] + [partial(self._blob, *blob) for blob in blobs.values()]
        places = run_all(jobs, WORKERS, self._http.stop)
        parts = dict(zip(blobs, places[len(files) :], strict=True))
        fetched = [self._whole(image, found, parts) for image, found in zip(wanted, manifests, strict=True)]
        return Fetched(
            files=tuple(zip(files, places, strict=False)),
            images=tuple(fetched[: len(images)]),
            base=fetched[-1] if with_base else None,
        )

    def _file(self, file: File) -> Path:
        """One file, by its published checksum, else by its pin, else pinned now."""
        origin = f"{MIRRORS[file.mirror].base}/{file.path}"
        url = f"{base_of(file.mirror)}/{file.path}"
        hint = what_else(file.mirror)
        pin = None if file.sha256 else self._pins.get(origin)
        if pin is not None:
            hint = f"{self._pins.advice(origin)}; or else {hint}"

        def judge(path: Path) -> None:
            wrong = contents.problem(path, file.kind)
            if wrong is not None:
                raise server_fault(url, wrong, hint)

        remote = Remote(url, hint, file.sha256 or pin)
        place, sha256 = self._store.fetch(remote, file.name, judge)
        if file.sha256 is None:
            self._pins.check(origin, sha256, url)
        return place

    def _manifest(self, image: Image) -> Manifest:
        registry = self._registries[image.registry]
        manifest = registry.manifest(image, self._catalogue.arch)
        what = f"{image.registry}/{image.repository}:{image.tag}"
        self._pins.check(what, manifest.digest.removeprefix("sha256:"), registry.url(image, "manifests", image.tag))
        return manifest

    def _blob(self, image: Image, blob: Blob, name: str) -> Path:
        return self._store.fetch(self._registries[image.registry].blob(image, blob), name)[0]

    def _whole(self, image: Image, manifest: Manifest, parts: dict[str, Path]) -> FetchedImage:
        config = parts[manifest.config.sha256]
        checked_config(image, config.read_bytes(), len(manifest.layers), self._catalogue.arch)
        url = self._registries[image.registry].url(image, "manifests", manifest.digest)
        return FetchedImage(image, url, config, tuple(parts[layer.sha256] for layer in manifest.layers))
