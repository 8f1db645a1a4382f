"""Registries that misbehave, ask for tokens, or hold what Docker 20.10 cannot load."""

from __future__ import annotations

import json

import loopback
import pytest
from tiny_release import MANIFEST, put_image, sha256


def image(world, name):
    return next(image for image in world.catalogue.images if image.repository.endswith(name))


def tag_path(world, name):
    found = image(world, name)
    return f"/v2/{found.registry}/{found.repository}/manifests/{found.tag}"


def rewrite(world, name, change):
    """Serve a plain manifest of the image, changed."""
    path = put_image(world.server, image(world, name), "plain")
    document = json.loads(world.server.files[path])
    change(document)
    world.server.files[path] = json.dumps(document).encode()
    return path


def blob_path(world, name, index=1):
    path = put_image(world.server, image(world, name), "plain")
    digest = json.loads(world.server.files[path])["layers"][index]["digest"]
    return f"{path.rpartition('/manifests/')[0]}/blobs/{digest}"


def test_tokens_are_asked_for_once_and_again_when_they_expire(world):
    uses_left = {}

    def guard(request):
        if request.path.startswith("/token"):
            token = f"token-{len(uses_left)}"
            uses_left[token] = 2
            body = json.dumps({"access_token": token}).encode()
            request.start(200, len(body))
            request.write(body)
            return True
        if not request.path.startswith("/v2/docker.io/library/busybox"):
            return False
        token = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        if uses_left.get(token):
            uses_left[token] -= 1
            return False
        challenge = f'Bearer realm="{world.server.base}/token?x=1",service="s",scope="repository:library/busybox:pull"'
        request.start(401, 0, WWW_Authenticate=challenge)
        return True

    world.server.guard = guard
    world.fill()
    asked = [seen.path for seen in world.server.seen if seen.path.startswith("/token")]
    assert 2 <= len(asked) <= 3
    assert asked[0] == "/token?x=1&service=s&scope=repository%3Alibrary%2Fbusybox%3Apull"


def test_a_registry_that_wants_a_login(world):
    world.server.always[tag_path(world, "pause")] = loopback.status(401, WWW_Authenticate='Basic realm="x"')
    error = world.refused()
    assert "wants a login" in error.message
    assert "LABCTL_MIRROR_REGISTRY_K8S" in error.hint


def test_pull_limits_are_told(world):
    path = tag_path(world, "weave-npc")
    world.server.always[path] = loopback.status(429)
    error = world.refused()
    assert "429" in error.message
    assert path in error.message


def test_an_image_that_is_not_there(world):
    path = tag_path(world, "pause")
    del world.server.files[path]
    error = world.refused()
    assert "404" in error.message
    assert "LABCTL_MIRROR_REGISTRY_K8S" in error.hint


def test_no_image_for_this_architecture(world):
    path = tag_path(world, "kube-apiserver")
    document = json.loads(world.server.files[path])
    document["manifests"] = [e for e in document["manifests"] if e["platform"]["architecture"] != "amd64"]
    world.server.files[path] = json.dumps(document).encode()
    assert "no image for linux/amd64, only for linux/arm64" in world.refused().message


def test_a_manifest_that_is_not_what_the_list_names(world):
    path = tag_path(world, "kube-apiserver")
    entries = json.loads(world.server.files[path])["manifests"]
    digest = next(e["digest"] for e in entries if e["platform"]["architecture"] == "amd64")
    child = f"{path.rpartition('/')[0]}/{digest}"
    world.server.files[child] = world.server.files[child] + b" "
    error = world.refused()
    assert child in error.message
    assert f"expected {digest.removeprefix('sha256:')}" in error.message


def test_a_layer_that_is_not_what_the_manifest_names(world):
    path = blob_path(world, "weave-kube")
    world.server.files[path] = b"x" * len(world.server.files[path])
    error = world.refused()
    assert path in error.message
    assert "has sha256" in error.message


def test_a_layer_that_is_too_long(world):
    path = blob_path(world, "weave-kube")
    size = len(world.server.files[path])
    world.server.files[path] += b"more"
    error = world.refused()
    assert f"has {size + 4} bytes, expected {size}" in error.message


def test_a_layer_that_never_ends(world):
    path = blob_path(world, "weave-kube")
    size = len(world.server.files[path])

    def endless(request):
        request.start(200, Connection="close")
        request.close_connection = True
        while not request.loopback.closing.is_set():
            request.write(b"x" * 60_000)

    world.server.always[path] = endless
    error = world.refused()
    assert path in error.message
    assert f"more than the expected {size} bytes came" in error.message


def test_a_layer_is_resumed(world):
    path = blob_path(world, "weave-kube")
    world.server.faults[path].append(loopback.cut_after(5_000))
    world.fill()
    assert [seen.range for seen in world.server.gets(path) if seen.status in (200, 206)] == [None, "bytes=5000-"]


def test_a_layer_that_docker_20_10_cannot_load(world):
    zstd = "application/vnd.oci.image.layer.v1.tar+zstd"
    rewrite(world, "weave-kube", lambda d: d["layers"][1].update(mediaType=zstd))
    assert f"cannot load ({zstd})" in world.refused().message


def test_a_configuration_of_another_platform(world):
    path = put_image(world.server, image(world, "weave-kube"), "plain")
    root = path.rpartition("/manifests/")[0]
    document = json.loads(world.server.files[path])
    settings = json.loads(world.server.files[f"{root}/blobs/{document['config']['digest']}"])
    settings["architecture"] = "s390x"
    data = json.dumps(settings).encode()
    world.server.files[f"{root}/blobs/sha256:{sha256(data)}"] = data
    document["config"].update(digest=f"sha256:{sha256(data)}", size=len(data))
    world.server.files[path] = json.dumps(document).encode()
    assert "is for linux/s390x" in world.refused().message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>", "is not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "no manifest of an image"),
        (b'{"schemaVersion": 1, "fsLayers": []}', "no manifest of an image"),
        (b'{"manifests": 3}', "no list of platforms"),
        (b'{"config": {"digest": "../../etc", "size": 1}, "layers": []}', "no manifest of an image"),
    ],
)
def test_documents_that_are_no_manifests(world, body, words):
    path = tag_path(world, "pause")
    world.server.files[path], world.server.types[path] = body, MANIFEST
    error = world.refused()
    assert path in error.message
    assert words in error.message


def test_a_registry_that_announces_another_digest(world):
    body = world.server.files[tag_path(world, "pause")]
    lie = loopback.instead(body, Docker_Content_Digest="sha256:" + "0" * 64)
    world.server.always[tag_path(world, "pause")] = lie
    assert "the server announces sha256:000" in world.refused().message


def test_a_token_that_a_redirects_target_asks_for(world):
    path = tag_path(world, "pause")
    # localhost is another host than 127.0.0.1: a token must not be lost on the way there.
    other = world.server.base.replace("127.0.0.1", "localhost") + "/elsewhere/pause"
    world.server.files["/elsewhere/pause"] = world.server.files[path]
    world.server.types["/elsewhere/pause"] = world.server.types[path]
    world.server.always[path] = loopback.redirect(other)
    usual = world.server.guard

    def guard(request):
        if request.path == "/elsewhere/pause" and request.headers.get("Authorization") != "Bearer let-me-in":
            request.start(401, 0, WWW_Authenticate=f'Bearer realm="{world.server.base}/token",service="other"')
            return True
        return usual(request)

    world.server.guard = guard
    world.fill()
