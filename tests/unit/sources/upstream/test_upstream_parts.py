"""The catalogue's data, contents of files, pins, the thread pool."""

from __future__ import annotations

import threading

import pytest

from labctl.adapters.http_faults import StoppedError
from labctl.errors import ConfigError, ToolError
from labctl.sources.upstream import contents
from labctl.sources.upstream.catalogue import ARCHITECTURES, tutorial_catalogue
from labctl.sources.upstream.mirrors import MIRRORS, base_of, mirror_table
from labctl.sources.upstream.parallel import run_all
from labctl.sources.upstream.pins import Pins


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_file_has_its_own_place_and_a_server(arch):
    catalogue = tutorial_catalogue(arch)
    places = [file.place for file in catalogue.files if file.kind != "tgz"]
    assert len(places) == len(set(places))
    archives = [image.archive for image in catalogue.images]
    assert len(archives) == len(set(archives))
    for file in catalogue.files:
        assert file.mirror in MIRRORS
        assert arch in file.path or file.kind == "yaml"
        assert file.sha256 is None or len(bytes.fromhex(file.sha256)) == 32


def test_checksums_are_not_shared_between_files_and_architectures():
    sums = [file.sha256 for arch in ARCHITECTURES for file in tutorial_catalogue(arch).files if file.sha256]
    assert len(sums) == 10
    assert len(set(sums)) == 10


def test_mirrors_are_named_by_variables():
    assert base_of("k8s", {}) == "https://dl.k8s.io"
    assert base_of("k8s", {"LABCTL_MIRROR_K8S": "http://box.local/k8s/"}) == "http://box.local/k8s"
    assert base_of("k8s", {"LABCTL_MIRROR_K8S": ""}) == "https://dl.k8s.io"
    assert {row[0] for row in mirror_table()} == {mirror.variable for mirror in MIRRORS.values()}


@pytest.mark.parametrize("value", ["box.local", "ftp://box", "https://", "https://box/?a=b", "file:///etc"])
def test_what_is_no_mirror(value):
    with pytest.raises(ConfigError, match="LABCTL_MIRROR_K8S"):
        base_of("k8s", {"LABCTL_MIRROR_K8S": value})


def test_pins_stay(tmp_path):
    pins = Pins(tmp_path / "c" / "pins.json")
    pins.check("a", "1" * 64, "http://x/a")
    pins = Pins(tmp_path / "c" / "pins.json")
    assert pins.get("a") == "1" * 64
    pins.check("a", "1" * 64, "http://x/a")
    with pytest.raises(ToolError, match=f"{'2' * 64}.*{'1' * 64}"):
        pins.check("a", "2" * 64, "http://x/a")
    assert pins.get("a") == "1" * 64
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["pins.json"]


def archive(tmp_path, members, links=()):
    import io
    import tarfile

    path = tmp_path / "a.tgz"
    with tarfile.open(path, "w:gz") as tar:
        for name, target in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def test_unpacking_stays_in_the_folder(tmp_path):
    path = archive(tmp_path, {"../../evil": b"1", "./bridge": b"2", "/etc/x": b"3"}, [("link", "/etc/passwd")])
    names = contents.unpack(path, tmp_path / "out", (), 0o755)
    assert sorted(names) == ["bridge", "evil", "x"]
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == ["a.tgz", "bridge", "evil", "x"]
    assert not (tmp_path / "out/link").exists()


def test_a_wanted_member_that_is_missing(tmp_path):
    with pytest.raises(ToolError, match="does not hold crictl"):
        contents.unpack(archive(tmp_path, {"other": b"1"}), tmp_path / "out", ("crictl",), 0o755)


def test_a_cut_archive(tmp_path):
    path = archive(tmp_path, {"a": bytes(range(256)) * 400})
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ToolError, match="cannot be unpacked"):
        contents.unpack(path, tmp_path / "out", (), 0o755)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it begins with b''"),
        (b"!<arch>\n", "holds nothing"),
        (b"!<arch>\n" + b"x" * 60, "damaged package at byte 8"),
        (b"!<arch>\n" + f"{'a.txt':<48}{4:<10}`\n".encode() + b"1234", "no Debian package: it holds a.txt"),
    ],
)
def test_what_is_no_package(tmp_path, data, words):
    (tmp_path / "x.deb").write_bytes(data)
    assert words in contents.problem(tmp_path / "x.deb", "deb")


def test_results_in_the_order_of_the_jobs():
    assert run_all([lambda i=i: i * i for i in range(20)], 4, lambda: None) == [i * i for i in range(20)]
    assert run_all([], 4, lambda: None) == []


def test_the_first_real_failure_is_told_and_stops_the_others():
    stopped = threading.Event()

    def waits():
        assert stopped.wait(10)
        raise StoppedError

    def fails():
        raise ToolError("no route")

    with pytest.raises(ToolError, match="no route"):
        run_all([waits, waits, fails, waits], 3, stopped.set)
