"""What a fill makes of servers that misbehave: the right bundle, or an error with address, finding and remedy."""

from __future__ import annotations

from dataclasses import replace

import loopback
import pytest
from tiny_release import deb, noise, put_image

from labctl.errors import ToolError


def spoil(world, name, *faults):
    path = world.path(name)
    world.server.faults[path].extend(faults)
    return path


def always(world, name, fault):
    path = world.path(name)
    world.server.always[path] = fault
    return path


def in_turn(first, then):
    """One fault for the first request, another for all later ones."""
    left = [first]

    def fault(request):
        chosen = left.pop() if left else then
        chosen(request)

    return fault


def says(error, world, path, *words):
    """The message names the address and these words; the hint what else could serve."""
    assert f"{world.server.base}{path}: " in error.message
    for word in words:
        assert word in error.message, error.message
    for remedy in ("LABCTL_MIRROR_", "--source distribution", "--source FOLDER"):
        assert remedy in error.hint


# What passes by itself.


def test_a_cut_is_resumed_where_it_was(world):
    path = spoil(world, "kubelet", loopback.cut_after(40_000), loopback.cut_after(50_000))
    world.fill()
    gets = world.server.gets(path)
    assert [seen.range for seen in gets] == [None, "bytes=40000-", "bytes=90000-"]
    assert sum(seen.sent for seen in gets) == len(world.server.files[path])


def test_a_file_without_checksum_is_resumed_by_the_servers_mark(world):
    path = spoil(world, "docker-ce_", loopback.cut_after(7_000))
    world.fill()
    assert [seen.range for seen in world.server.gets(path)] == [None, "bytes=7000-"]


def test_without_mark_and_checksum_a_cut_file_starts_again(world):
    world.server.etags = False

    def cut_unmarked(request):
        request.start(200, len(request.content))
        request.write(request.content[:7_000])
        request.close_connection = True

    path = spoil(world, "docker-ce_", cut_unmarked)
    world.fill()
    assert [seen.range for seen in world.server.gets(path)] == [None, None]


def test_a_file_that_changed_meanwhile_starts_again(world):
    path = world.path("docker-ce_")
    old = world.server.files[path]

    def old_then_cut(request):
        request.content = old
        loopback.cut_after(7_000)(request)
        world.server.files[path] = deb("another build")

    world.server.faults[path].append(old_then_cut)
    bundle = world.fill()
    place = next(entry.path for entry in bundle.manifest.files if "/docker-ce_" in entry.path)
    assert (bundle.root / place).read_bytes() == deb("another build")


def test_a_server_that_ignores_ranges(world):
    path = spoil(world, "kubelet", loopback.cut_after(40_000), loopback.whole)
    world.fill()
    assert world.server.gets(path)[1].range == "bytes=40000-"


def test_a_server_that_sends_another_range(world):
    def from_the_start(request):
        size = len(request.content)
        request.start(206, size, Content_Range=f"bytes 0-{size - 1}/{size}")
        request.write(request.content)

    spoil(world, "kubelet", loopback.cut_after(40_000), from_the_start)
    world.fill()


def test_what_an_earlier_run_left_is_gone_on_with(world):
    path = always(world, "kubelet", in_turn(loopback.cut_after(60_000), loopback.status(503)))
    world.refused()
    del world.server.always[path]
    world.server.seen.clear()
    world.fill()
    assert [seen.range for seen in world.server.gets(path)] == ["bytes=60000-"]


def test_bad_bytes_of_an_earlier_run_are_fetched_again(world):
    path = always(world, "kubelet", in_turn(loopback.cut_after(60_000), loopback.status(503)))
    world.refused()
    del world.server.always[path]
    (part,) = (world.cache / "downloads" / "partial").glob("*-kubelet")
    part.write_bytes(b"\0" * part.stat().st_size)
    world.fill()


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_passing_refusals(world, code):
    path = spoil(world, "kubeadm", loopback.status(code), loopback.status(code, Retry_After="0"))
    world.fill()
    assert [seen.status for seen in world.server.gets(path)] == [code, code, 200]


def test_a_stalled_server_is_asked_again(world):
    path = spoil(world, "kubectl", loopback.stall_after(30_000))
    world.fill()
    assert [seen.range for seen in world.server.gets(path)] == [None, "bytes=30000-"]


def test_a_crawling_server_is_asked_again(world):
    def crawl(request):
        request.start(200, len(request.content))
        for index in range(60):
            request.write(request.content[index : index + 1])
            request.wfile.flush()
            if request.loopback.closing.wait(0.1):
                return

    world.limits = replace(world.limits, slowest=100)
    path = spoil(world, "kubectl", crawl)
    world.fill()
    assert len(world.server.gets(path)) == 2


# What does not.


def test_never_whole_is_an_error_after_some_tries(world):
    path = always(world, "kubelet", loopback.cut_after(0))
    error = world.refused()
    says(error, world, path, "cut", "tried 3 times")


def test_corrupted_content_is_never_used(world):
    path = always(world, "kubelet", loopback.instead(b"\x7fELF" + noise("evil", 150_000)))
    error = world.refused()
    expected = next(file.sha256 for file in world.catalogue.files if file.name == "kubelet")
    says(error, world, path, "has sha256 ", f"expected {expected}")
    assert len(world.server.gets(path)) == 1
    assert not list((world.cache / "downloads" / "partial").glob("*kubelet*"))


def test_not_found_is_told_at_once(world):
    path = world.path("kubelet")
    del world.server.files[path]
    says(world.refused(), world, path, "404")
    assert len(world.server.gets(path)) == 1


@pytest.mark.parametrize("code", [401, 403, 410])
def test_other_refusals_are_told_at_once(world, code):
    path = always(world, "conntrack", loopback.status(code))
    says(world.refused(), world, path, str(code))
    assert len(world.server.gets(path)) == 1


def test_a_server_that_stays_broken(world):
    path = always(world, "conntrack", loopback.status(503))
    says(world.refused(), world, path, "503", "tried 3 times")


def test_a_server_that_says_nothing(world):
    path = always(world, "conntrack", loopback.stall_after(0))
    says(world.refused(), world, path, "no bytes came for 0.4 s", "tried 3 times")


def test_a_portals_page_instead_of_a_file(world):
    path = always(world, "weave", loopback.web_page)
    says(world.refused(), world, path, "web page")


def test_a_portals_page_without_its_type(world):
    path = always(world, "docker-ce_", loopback.instead(b"<html>Please log in</html>"))
    says(world.refused(), world, path, "is not what it should be (deb)", "<html>")


@pytest.mark.parametrize("name", ["kubelet", "docker-ce_", "weave"])
def test_content_length_too_long(world, name):
    size = len(world.server.files[world.path(name)])
    path = always(world, name, loopback.announces(size + 100))
    error = world.refused()
    says(error, world, path)
    assert str(size) in error.message


@pytest.mark.parametrize(("name", "words"), [("kubelet", "has sha256"), ("docker-ce_", "package that was cut")])
def test_content_length_too_short(world, name, words):
    size = len(world.server.files[world.path(name)])
    path = always(world, name, loopback.announces(size - 100))
    says(world.refused(), world, path, words)


def test_a_compressed_form_that_nobody_asked_for(world):
    path = always(world, "weave", loopback.instead(b"\x1f\x8b", Content_Encoding="gzip"))
    says(world.refused(), world, path, "compressed form")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"kind: [", "is not YAML"),
        (b"kind: ConfigMap\n", "holds no DaemonSet"),
        (b"kind: DaemonSet\nspec: {template: {spec: {containers: [{name: miner}]}}}\n", "miner"),
    ],
)
def test_a_manifest_that_is_not_weave_nets(world, text, words):
    path = always(world, "weave", loopback.instead(text))
    says(world.refused(), world, path, words)


def test_redirects_in_a_circle(world):
    path = world.path("kubelet")
    world.server.always[path] = loopback.redirect(path)
    says(world.refused(), world, path, "redirects in a circle")


def test_a_redirect_to_another_place_is_followed(world):
    path = world.path("kubelet")
    world.server.files["/elsewhere"] = world.server.files[path]
    world.server.always[path] = loopback.redirect("/elsewhere")
    world.fill()


def test_no_tls(world, monkeypatch):
    monkeypatch.setenv("LABCTL_MIRROR_K8S", world.server.base.replace("http:", "https:") + "/k8s")
    error = world.refused()
    assert "no trusted TLS connection" in error.message
    assert "https://127.0.0.1" in error.message


def test_nobody_listens(world, monkeypatch):
    monkeypatch.setenv("LABCTL_MIRROR_DOCKER", "http://127.0.0.1:9")
    error = world.refused()
    assert "http://127.0.0.1:9/linux/ubuntu" in error.message
    assert "no connection" in error.message
    assert "LABCTL_MIRROR_DOCKER" in error.hint


def test_a_mirror_that_is_no_address(world, monkeypatch):
    monkeypatch.setenv("LABCTL_MIRROR_K8S", "my-mirror")
    with pytest.raises(Exception, match="LABCTL_MIRROR_K8S is 'my-mirror'"):
        world.fill()


# Pins.


def test_a_file_that_changes_after_its_first_fill(world):
    before = world.fill()
    path = world.path("docker-ce_")
    old = next(entry.sha256 for entry in before.manifest.files if "/docker-ce_" in entry.path)
    (world.cache / "downloads" / "sha256" / old).unlink()
    world.server.files[path] = deb("swapped")
    with pytest.raises(ToolError) as caught:
        world.fill()
    says(caught.value, world, path, "has sha256 ", f"expected {old}")
    assert "https://download.docker.com/linux/ubuntu" in caught.value.hint
    assert str(world.cache / "pins.json") in caught.value.hint
    assert before.verify() == []


def test_an_image_that_changes_after_its_first_fill(world):
    world.fill()
    image = next(image for image in world.catalogue.images if "busybox" in image.repository)
    path = put_image(world.server, replace(image, repository="library/busybox"), "plain")
    with pytest.raises(ToolError) as caught:
        world.fill()
    assert f"{world.server.base}{path}" in caught.value.message
    assert "has changed: it has sha256" in caught.value.message
    assert "at the first fill it had" in caught.value.message
    assert "docker.io/library/busybox:1.35.0" in caught.value.message


def test_unreadable_pins(world):
    world.cache.mkdir()
    (world.cache / "pins.json").write_text("{")
    assert "pins.json cannot be read" in world.refused().message


def test_a_damaged_file_of_the_cache_is_fetched_again(world):
    world.fill()
    for path in (world.cache / "downloads" / "sha256").iterdir():
        path.write_bytes(b"rot")
    world.fill()
    world.cache_is_true()
