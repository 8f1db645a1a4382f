"""The scripts for Docker's folder of volumes, run here on a folder of files: what is shared, found, mended, lost."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from labctl.assets import node_script

SEED = "labctl-seed-1/_data"
SNAPSHOT = "labctl-lab-snapshot-77"
NODES = ("k8s-master", "node-1")
FILES = {"usr/bin/kube-proxy": b"kube-proxy " * 5000, "etc/a file": b"", "usr/lib/x.so": b"library"}


def sh(volumes: Path, script: str, *arguments: str) -> list[str]:
    """Run a script as in_volumes does, without its container; the lines that it prints."""
    text = node_script("layers.sh") + node_script(script)
    done = subprocess.run(["sh", "-s", "--", *arguments], cwd=volumes, input=text, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().splitlines()


def mend(volumes: Path, found: list[str], bundle: Path) -> list[str]:
    program = [sys.executable, "-c", node_script("mend.py").decode(), str(bundle)]
    done = subprocess.run(program, cwd=volumes, input="\n".join(found), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def layer_tar(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"./{name}")
            entry.size, entry.mode, entry.mtime = len(content), 0o755, 0
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def write_bundle(bundle: Path, layer: bytes, *, packed: bool = False) -> None:
    """A bundle of one image of one layer, as docker-archive."""
    config = json.dumps({"rootfs": {"diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]}}).encode()
    contents = {
        "one/layer.tar": gzip.compress(layer) if packed else layer,
        "c.json": config,
        "manifest.json": json.dumps([{"Config": "c.json", "Layers": ["one/layer.tar"]}]).encode(),
    }
    (bundle / "images").mkdir(parents=True, exist_ok=True)
    with tarfile.open(bundle / "images/all.tar", "w") as tar:
        for name, content in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


def add_layer(root: Path, folder: str, files: Mapping[str, bytes]) -> None:
    """A layer in a data-root, as overlay2 and Docker's database have it."""
    for name, content in files.items():
        path = root / "overlay2" / folder / "diff" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o755)
        os.utime(path, ns=(0, 1_600_000_000_123_456_789))
    name = folder.upper()
    (root / "overlay2" / folder / "link").write_text(name)
    (root / "overlay2/l").mkdir(exist_ok=True)
    (root / "overlay2/l" / name).symlink_to(f"../{folder}/diff")
    chain = root / "image/overlay2/layerdb/sha256" / folder[::-1]
    chain.mkdir(parents=True)
    (chain / "cache-id").write_text(folder)
    (chain / "diff").write_text(f"sha256:{hashlib.sha256(layer_tar(files)).hexdigest()}")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "bundle", layer_tar(FILES))
    return tmp_path / "bundle"


@pytest.fixture
def volumes(tmp_path: Path) -> Path:
    """A seed as pack() leaves it, and two nodes that were sown from it."""
    folder = tmp_path / "volumes"
    add_layer(folder / "labctl-bake-lab-docker/_data", "a1b2", FILES)
    (folder / SEED).mkdir(parents=True)
    sh(folder, "move.sh", "labctl-bake-lab-docker/_data", SEED)
    for node in NODES:
        for what in ("docker", "kubelet"):
            (folder / f"labctl-lab-{node}-{what}/_data").mkdir(parents=True)
        (folder / f"labctl-lab-{node}-etcd/_data/member").mkdir(parents=True)
        (folder / f"labctl-lab-{node}-etcd/_data/member/db").write_bytes(b"etcd " * 300_000)
        (folder / f"labctl-lab-{node}-kubelet/_data/config.yaml").write_text("kind: KubeletConfiguration\n")
    sh(folder, "sow.sh", "", *(word for node in NODES for word in (SEED, f"labctl-lab-{node}-docker/_data")))
    return folder


def in_layer(volumes: Path, node: str, name: str = "usr/bin/kube-proxy") -> Path:
    return volumes / f"labctl-lab-{node}-docker/_data/overlay2/a1b2/diff" / name


def check_seed(volumes: Path) -> list[str]:
    return sh(volumes, "check.sh", "", SEED, SEED)


def save(volumes: Path) -> str:
    """Save both nodes; the checksum."""
    (volumes / SNAPSHOT / "_data").mkdir(parents=True)
    return sh(volumes, "save.sh", SNAPSHOT, "labctl-lab-", *NODES)[0].split()[1]


def check_snapshot(volumes: Path, checksum: str, *nodes: str) -> list[str]:
    folder = f"{SNAPSHOT}/_data"
    return sh(volumes, "check.sh", checksum, folder, *(f"{folder}/{node}/docker" for node in nodes or NODES))


def test_only_the_files_of_layers_are_shared(volumes: Path) -> None:
    one, other = (volumes / f"labctl-lab-{node}-docker/_data" for node in NODES)
    assert in_layer(volumes, "node-1").samefile(in_layer(volumes, "k8s-master"))
    for own in ("overlay2/a1b2/link", "image/overlay2/layerdb/sha256/2b1a/diff"):
        assert (one / own).read_bytes() == (other / own).read_bytes()
        assert not (one / own).samefile(other / own)
    assert (one / "overlay2/l/A1B2").resolve() == (one / "overlay2/a1b2/diff").resolve()
    assert check_seed(volumes) == []


def append(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"more")


def flip(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.write(b"K")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a byte": flip,
    "appended": append,
    "emptied": lambda path: os.truncate(path, 0),
    "another mode": lambda path: path.chmod(0o600),
    "another time": os.utime,
}


@pytest.mark.parametrize("packed", [False, True], ids=["tar", "tar.gz"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_write_in_place_is_found_and_mended_for_all(volumes: Path, bundle: Path, damage: str, packed: bool) -> None:
    write_bundle(bundle, layer_tar(FILES), packed=packed)
    victim, other = in_layer(volumes, "node-1"), in_layer(volumes, "k8s-master")
    before = other.stat()
    DAMAGES[damage](victim)
    found = check_seed(volumes)
    assert [line.split("\t")[:3] for line in found] == [["was", SEED, "overlay2/a1b2/diff/usr/bin/kube-proxy"]]
    assert mend(volumes, found, bundle) == [f"mended\t{SEED}\toverlay2/a1b2/diff/usr/bin/kube-proxy"]
    after = other.stat()
    assert other.read_bytes() == FILES["usr/bin/kube-proxy"]
    assert other.samefile(victim)
    assert (after.st_mtime_ns, after.st_mode, after.st_uid) == (before.st_mtime_ns, before.st_mode, before.st_uid)
    assert check_seed(volumes) == []


def test_what_one_node_removes_no_other_misses(volumes: Path) -> None:
    """What `docker rmi`, prune and `rm -rf` do to a data-root: names go, contents stay with the others."""
    root = volumes / "labctl-lab-node-1-docker/_data"
    for name in ("overlay2/a1b2", "overlay2/l", "image"):
        shutil.rmtree(root / name)
    assert in_layer(volumes, "k8s-master").read_bytes() == FILES["usr/bin/kube-proxy"]
    assert check_seed(volumes) == []


def test_a_node_that_replaces_a_file_replaces_its_own_only(volumes: Path) -> None:
    mine = in_layer(volumes, "node-1")
    mine.unlink()
    mine.write_bytes(b"mine")
    assert in_layer(volumes, "k8s-master").read_bytes() == FILES["usr/bin/kube-proxy"]
    assert check_seed(volumes) == []


def test_a_snapshot_of_damaged_layers_knows_what_they_were(volumes: Path, bundle: Path) -> None:
    flip(in_layer(volumes, "node-1"))
    in_layer(volumes, "node-1", "usr/lib/x.so").unlink()
    checksum = save(volumes)
    found = check_snapshot(volumes, checksum)
    assert sorted(tuple(line.split("\t")[1:3]) for line in found) == [
        (f"{SNAPSHOT}/_data/k8s-master/docker", "overlay2/a1b2/diff/usr/bin/kube-proxy"),
        (f"{SNAPSHOT}/_data/node-1/docker", "overlay2/a1b2/diff/usr/bin/kube-proxy"),
        (f"{SNAPSHOT}/_data/node-1/docker", "overlay2/a1b2/diff/usr/lib/x.so"),
    ]
    assert {line.split("\t")[0] for line in mend(volumes, found, bundle)} == {"mended"}
    assert check_snapshot(volumes, checksum) == []
    assert check_seed(volumes) == []


def test_layers_of_the_learners_own_are_known_from_the_save_on(volumes: Path, bundle: Path) -> None:
    root = volumes / "labctl-lab-node-1-docker/_data"
    add_layer(root, "c3d4", {"bin/mine": b"mine"})
    add_layer(root, "e5f6", {"tmp/written": b"by a container"})
    mounts = root / "image/overlay2/layerdb/mounts/0123"
    mounts.mkdir(parents=True)
    (mounts / "mount-id").write_text("e5f6")
    checksum = save(volumes)
    saved = volumes / SNAPSHOT / "_data/node-1/docker/overlay2"
    assert sorted(path.name for path in saved.iterdir()) == ["a1b2", "c3d4", "l"]
    assert check_snapshot(volumes, checksum) == []
    flip(root / "overlay2/c3d4/diff/bin/mine")
    found = check_snapshot(volumes, checksum, "node-1")
    (told,) = mend(volumes, found, bundle)
    assert told.startswith("lost\t")
    assert told.endswith("/bin/mine\tits layer is not of the bundle")
    assert check_snapshot(volumes, checksum, "k8s-master") == []


def test_a_bundle_that_is_damaged_too_mends_nothing(volumes: Path, bundle: Path) -> None:
    archive = bundle / "images/all.tar"
    archive.write_bytes(archive.read_bytes().replace(b"kube-proxy kube", b"kube-proxy cube", 1))
    flip(in_layer(volumes, "node-1"))
    (told,) = mend(volumes, check_seed(volumes), bundle)
    assert told.split("\t")[3] == "all.tar of the bundle is damaged, too"


@pytest.mark.parametrize(
    ("damaged", "told"),
    [
        ("node-1/kubelet/config.yaml", ["data\t./node-1/kubelet/config.yaml"]),
        ("node-1/layers", ["data\t./node-1/layers"]),
        ("node-1/etcd/member/db", ["data\t./node-1/etcd/member/db"]),
        ("k8s-master/etcd/member/db", []),
        ("large", ["data\t./large"]),
        ("k8s-master/kubelet/config.yaml", []),
        ("sums", ["data\tsums"]),
    ],
)
def test_other_data_of_a_snapshot_goes_by_its_checksum(volumes: Path, damaged: str, told: list[str]) -> None:
    checksum = save(volumes)
    append(volumes / SNAPSHOT / "_data" / damaged)
    found = check_snapshot(volumes, checksum, "node-1")
    assert [line for line in found if not line.startswith("was")] == told


def test_what_is_missing_of_a_snapshot_is_found(volumes: Path) -> None:
    checksum = save(volumes)
    (volumes / SNAPSHOT / "_data/node-1/kubelet/config.yaml").unlink()
    assert check_snapshot(volumes, checksum) == ["data\t./node-1/kubelet/config.yaml"]


def test_sown_from_a_snapshot_a_node_keeps_the_register(volumes: Path) -> None:
    save(volumes)
    target = volumes / "labctl-lab-node-9-docker/_data"
    target.mkdir(parents=True)
    sh(volumes, "sow.sh", "", f"{SNAPSHOT}/_data/node-1/docker", "labctl-lab-node-9-docker/_data")
    seed = (volumes / SEED).parent
    assert (target.parent / "layers").read_bytes() == (seed / "layers").read_bytes()


def test_volumes_are_sown_when_those_who_wrote_there_have_ended(volumes: Path) -> None:
    target = volumes / "labctl-lab-node-1-kubelet/_data"
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as writer:
        command = ["sh", "-s", "--", str(writer.pid), "-", "labctl-lab-node-1-kubelet/_data"]
        with subprocess.Popen(command, cwd=volumes, stdin=subprocess.PIPE) as sowing:
            assert sowing.stdin is not None
            sowing.stdin.write(node_script("sow.sh"))
            sowing.stdin.close()
            with pytest.raises(subprocess.TimeoutExpired):
                sowing.wait(0.5)
            assert list(target.iterdir()), "emptied under a process that runs"
            assert writer.stdin is not None
            writer.stdin.close()
            writer.wait()
            assert sowing.wait(30) == 0
    assert not list(target.iterdir())
