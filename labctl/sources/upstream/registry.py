"""Reads images' manifests from a registry (OCI distribution API, anonymous pulls) and tells which blobs they need.

Every document and blob is checked against the digest that names it. Writing archives of them is archive.py's.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from labctl.adapters.http import Answer, HttpClient, Remote
from labctl.adapters.http_faults import server_fault
from labctl.errors import ToolError
from labctl.sources.upstream.catalogue import Image

_LISTS = ("application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.oci.image.index.v1+json")
_MANIFESTS = ("application/vnd.docker.distribution.manifest.v2+json", "application/vnd.oci.image.manifest.v1+json")
# What `docker load` of Docker 20.10 unpacks: plain and gzip; zstd came later, foreign layers lie elsewhere.
_LAYERS = (
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.oci.image.layer.v1.tar",
)
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Blob:
    """A part of an image: sha256 in hexadecimal, size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """What an image consists of. digest ("sha256:…") is of what the tag names, a list of platforms perhaps."""

    digest: str
    config: Blob
    layers: tuple[Blob, ...]


class Registry:
    """One registry or its mirror. base as in mirrors.py; hint: what else could serve."""

    def __init__(self, http: HttpClient, base: str, hint: str) -> None:
        parts = urlsplit(base)
        self._root = f"{parts.scheme}://{parts.netloc}/v2"
        self._prefix = parts.path.strip("/")
        self._http = http
        self._hint = hint
        self._lock = threading.Lock()
        self._tokens: dict[str, str] = {}

    def url(self, image: Image, kind: str, reference: str) -> str:
        """The address of a manifest (kind "manifests") or a blob ("blobs")."""
        repository = f"{self._prefix}/{image.repository}" if self._prefix else image.repository
        return f"{self._root}/{repository}/{kind}/{reference}"

    def manifest(self, image: Image, arch: str) -> Manifest:
        """What the image's tag names, for linux on arch. Raises ToolError: not there, not of that platform, wrong."""
        url = self.url(image, "manifests", image.tag)
        answer = self._http.get(self._remote(image, url))
        digest = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
        announced = answer.headers.get("docker-content-digest", digest)
        if announced != digest:
            raise server_fault(url, f"has the digest {digest}, the server announces {announced}", self._hint)
        document = self._document(url, answer)
        if "manifests" in document:
            child = self._platform(url, document, arch)
            url = self.url(image, "manifests", f"sha256:{child.sha256}")
            document = self._document(url, self._http.get(self._remote(image, url, child.sha256)))
        try:
            layers = tuple(self._layer(url, entry) for entry in document["layers"])
            return Manifest(digest, _blob(document["config"]), layers)
        except (KeyError, TypeError, ValueError) as error:
            raise server_fault(url, f"is no manifest of an image ({error!r})", self._hint) from error

    def blob(self, image: Image, blob: Blob) -> Remote:
        """Where to fetch a part of the image."""
        url = self.url(image, "blobs", f"sha256:{blob.sha256}")
        return self._remote(image, url, blob.sha256, blob.size)

    def _remote(self, image: Image, url: str, sha256: str | None = None, size: int | None = None) -> Remote:
        def authorize(challenge: str | None) -> Mapping[str, str]:
            with self._lock:
                if challenge is not None:
                    self._tokens[image.repository] = self._token(url, challenge)
                token = self._tokens.get(image.repository)
            return {"Authorization": f"Bearer {token}"} if token else {}

        headers = {"Accept": ", ".join((*_LISTS, *_MANIFESTS))} if "/manifests/" in url else {}
        return Remote(url, self._hint, sha256, size, headers, authorize)

    def _token(self, url: str, challenge: str) -> str:
        """An anonymous token as the registry's challenge describes (distribution, token authentication)."""
        values = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        realm = values.pop("realm", "")
        if not challenge.lower().startswith("bearer ") or not realm.startswith(("http://", "https://")):
            raise server_fault(url, f"wants a login that is not anonymous ({challenge or '401'})", self._hint)
        if url.startswith("https:") and not realm.startswith("https:"):
            raise server_fault(url, f"wants a token from {realm}, which is not protected by TLS", self._hint)
        wanted = {key: values[key] for key in ("service", "scope") if key in values}
        address = f"{realm}{'&' if '?' in realm else '?'}{urlencode(wanted)}"
        document = self._document(address, self._http.get(Remote(address, self._hint)))
        token = document.get("token") or document.get("access_token")
        if not isinstance(token, str):
            raise server_fault(realm, "gave no token", self._hint)
        return token

    def _document(self, url: str, answer: Answer) -> dict[str, Any]:
        try:
            document = json.loads(answer.body)
        except ValueError as error:
            raise server_fault(url, f"is not JSON ({error})", self._hint) from error
        if not isinstance(document, dict):
            raise server_fault(url, "is not a JSON object", self._hint)
        return document

    def _platform(self, url: str, document: Mapping[str, Any], arch: str) -> Blob:
        """The entry of a list of platforms for linux on arch."""
        try:
            found = [(entry.get("platform") or {}, entry) for entry in document["manifests"]]
            for platform, entry in found:
                if platform.get("os") == "linux" and platform.get("architecture") == arch:
                    return _blob(entry)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise server_fault(url, f"is no list of platforms ({error!r})", self._hint) from error
        there = ", ".join(f"{p.get('os')}/{p.get('architecture')}" for p, _ in found)
        raise server_fault(url, f"has no image for linux/{arch}, only for {there}", self._hint)

    def _layer(self, url: str, entry: Mapping[str, Any]) -> Blob:
        if entry["mediaType"] not in _LAYERS:
            raise server_fault(url, f"has a layer that Docker 20.10 cannot load ({entry['mediaType']})", self._hint)
        return _blob(entry)


def checked_config(image: Image, config: bytes, layers: int, arch: str) -> None:
    """Compare an image's configuration with its manifest and the platform. Raises ToolError."""
    try:
        document = json.loads(config)
        platform, diffs = (document["os"], document["architecture"]), document["rootfs"]["diff_ids"]
    except (ValueError, KeyError, TypeError) as error:
        raise ToolError(f"the image {image.ref} has an unreadable configuration ({error!r})") from error
    if platform != ("linux", arch):
        raise ToolError(f"the image {image.ref} is for {'/'.join(platform)}, not for linux/{arch}")
    if len(diffs) != layers:
        raise ToolError(f"the image {image.ref} has {layers} layers, its configuration names {len(diffs)}")


def _blob(entry: Mapping[str, Any]) -> Blob:
    found = _DIGEST.fullmatch(entry["digest"])
    if found is None or not isinstance(entry["size"], int):
        raise ValueError(f"digest {entry['digest']!r}, size {entry['size']!r}")
    return Blob(found[1], entry["size"])
