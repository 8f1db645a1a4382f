"""The tutorial's release with small contents: the catalogue's own layout, real formats, other checksums."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import tarfile
from dataclasses import replace

from labctl.sources.upstream.catalogue import tutorial_catalogue
from labctl.sources.upstream.mirrors import MIRRORS

PREFIXES = {name: f"/{name}" for name in MIRRORS}
LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
WEAVE = """apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ServiceAccount
    metadata: {name: weave-net, namespace: kube-system}
  - apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: weave-net, namespace: kube-system}
    spec: {template: {spec: {containers: [{name: weave}, {name: weave-npc}]}}}
"""


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def noise(seed, size):
    return random.Random(seed).randbytes(size)


def tgz(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return gzip.compress(out.getvalue(), 1, mtime=0)


def deb(name):
    """A package in dpkg's format; its parts need no meaning here."""
    out = b"!<arch>\n"
    parts = {"debian-binary": b"2.0\n", "control.tar.xz": noise(name, 301), "data.tar.xz": noise(name + "d", 20_000)}
    for part, data in parts.items():
        out += f"{part:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode() + data
        out += b"\n" * (len(data) % 2)
    return out


def content(file):
    name = file.name
    if file.kind == "elf":
        return b"\x7fELF" + noise(name, 150_000)
    if file.kind == "deb":
        return deb(name)
    if file.kind == "yaml":
        return WEAVE.encode()
    if name.startswith("cni"):
        return tgz({f"./{plugin}": noise(plugin, 3000) for plugin in ("bridge", "host-local", "loopback", "portmap")})
    return tgz({"crictl": noise("crictl", 5000)})


def layer(**files):
    """(compressed layer, diff id) of a real file system layer."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o755
            tar.addfile(info, io.BytesIO(data))
    plain = out.getvalue()
    return gzip.compress(plain, 1, mtime=0), f"sha256:{sha256(plain)}"


BASE_LAYER = layer(base=noise("base", 30_000))


def config(layers, arch="amd64"):
    document = {
        "architecture": arch,
        "os": "linux",
        "config": {"Cmd": ["/app"]},
        "rootfs": {"type": "layers", "diff_ids": [diff for _, diff in layers]},
        "history": [{"created_by": "test"} for _ in layers],
    }
    return json.dumps(document).encode()


def descriptor(kind, data):
    return {"mediaType": kind, "size": len(data), "digest": f"sha256:{sha256(data)}"}


def put_image(server, image, style="list"):
    """Serve an image as docker manifest list, OCI index, or plain manifest; returns the path of its tag."""
    root = f"/v2{PREFIXES[image.registry]}/{image.repository}"
    layers = [BASE_LAYER, layer(app=noise(image.repository, 9_000))]
    blobs = {}
    oci = style == "oci"
    kind = OCI_MANIFEST if oci else MANIFEST
    layer_kind = (
        "application/vnd.oci.image.layer.v1.tar+gzip" if oci else ("application/vnd.docker.image.rootfs.diff.tar.gzip")
    )
    entries = []
    for arch in ("arm64", "amd64"):
        settings = config(layers, arch)
        document = {
            "schemaVersion": 2,
            "mediaType": kind,
            "config": descriptor("application/vnd.docker.container.image.v1+json", settings),
            "layers": [descriptor(layer_kind, data) for data, _ in layers],
        }
        body = json.dumps(document).encode()
        blobs[sha256(settings)] = settings
        path = f"{root}/manifests/sha256:{sha256(body)}"
        server.files[path], server.types[path] = body, kind
        entries.append({**descriptor(kind, body), "platform": {"os": "linux", "architecture": arch}})
    if style != "plain":
        kind = OCI_INDEX if oci else LIST
        body = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": entries}).encode()
    tag = f"{root}/manifests/{image.tag}"
    server.files[tag], server.types[tag] = body, kind
    for data, _ in layers:
        blobs[sha256(data)] = data
    for name, data in blobs.items():
        server.files[f"{root}/blobs/sha256:{name}"] = data
    return tag


def token_guard(request):
    """Docker Hub's way: /v2/ needs a token that anyone gets."""
    if request.path.startswith("/token"):
        body = json.dumps({"token": "let-me-in", "expires_in": 300}).encode()
        request.start(200, len(body), Content_Type="application/json")
        request.write(body)
        return True
    if request.path.startswith(f"/v2{PREFIXES['docker.io']}/") and (
        request.headers.get("Authorization") != "Bearer let-me-in"
    ):
        host = request.headers["Host"]
        challenge = f'Bearer realm="http://{host}/token",service="registry",scope="repository:x:pull"'
        request.start(401, 0, WWW_Authenticate=challenge)
        return True
    return False


def serve_release(server, arch="amd64"):
    """Put everything on the server; returns the catalogue that belongs to it."""
    catalogue = tutorial_catalogue(arch)
    files = []
    for file in catalogue.files:
        data = content(file)
        server.files[f"{PREFIXES[file.mirror]}/{file.path}"] = data
        files.append(replace(file, sha256=sha256(data)) if file.sha256 else file)
    for number, image in enumerate((*catalogue.images, catalogue.base)):
        put_image(server, image, ("list", "oci", "plain")[number % 3])
    for name, mirror in MIRRORS.items():
        if mirror.probe:
            server.files.setdefault(f"{PREFIXES[name]}/{mirror.probe}", b"here")
    server.files["/v2/"] = b"{}"
    server.guard = token_guard
    return replace(catalogue, files=tuple(files))


def environment(base):
    """The variables that name this server in the place of all others."""
    return {mirror.variable: f"{base}{PREFIXES[name]}" for name, mirror in MIRRORS.items()}
