"""What `pip install` brings: the wheel holds all that labctl needs outside a checkout, and works there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Build leftovers that may lie in a checkout.
_LEFT_OUT = {"__pycache__"}
# The wheel is installed beside this environment's libraries; the checkout is not on the path.
_RUN = "import sys; sys.path.insert(0, sys.argv.pop(1)); from labctl.cli import main; main()"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by the backend itself, without an environment of its own."""
    target = tmp_path_factory.mktemp("dist")
    code = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    said = subprocess.run(
        [sys.executable, "-c", code, str(target)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return target / said.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def labctl(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed labctl in a folder that is no checkout; -I keeps the current folder off the path."""
    environment = {**os.environ, "LABCTL_CACHE_DIR": str(folder / "cache"), "LABCTL_DATA_DIR": str(folder / "data")}
    environment.pop("PYTHONPATH", None)
    return subprocess.run(
        [sys.executable, "-I", "-c", _RUN, str(installed), *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def files_of(folder: str) -> set[str]:
    """Files of the repository below a folder, as git knows them, and those that are about to be added."""
    said = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        name for name in said.stdout.splitlines() if (ROOT / name).is_file() and not _LEFT_OUT & set(name.split("/"))
    }


@pytest.mark.parametrize("folder", ["templates", "playbooks", "vagrant"])
def test_the_assets_travel_along(wheel: Path, folder: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert {f"labctl/_assets/{name}" for name in files_of(folder)} <= set(archive.namelist())


def test_all_of_the_package_travels_along(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    wanted = files_of("labctl")
    assert wanted <= names
    assert any(name.endswith(".go") for name in wanted)
    assert any(name.endswith("go.sum") for name in wanted)


def test_nothing_else_travels_along(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"labctl", names[-1].split("/")[0]}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_it_is_typed_and_licensed_and_has_its_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        entry_points = archive.read(next(name for name in names if name.endswith("entry_points.txt"))).decode()
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "labctl = labctl.cli:main" in entry_points


def test_scripts_of_nodes_keep_their_modes(installed: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in files_of("vagrant"):
            executable = os.access(ROOT / name, os.X_OK)
            mode = archive.getinfo(f"labctl/_assets/{name}").external_attr >> 16
            assert bool(mode & 0o100) == executable, name


def test_it_works_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    version = labctl(installed, tmp_path, "--version")
    assert version.returncode == 0, version.stderr
    assert version.stdout.startswith("labctl, version ")
    assert "Usage: labctl plan" in labctl(installed, tmp_path, "plan", "--help").stdout
    schema = json.loads(labctl(installed, tmp_path, "schema").stdout)
    assert schema == json.loads((ROOT / "vagrant" / "lab.schema.json").read_text())


def test_its_report_is_written_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    recording = ROOT / "tests" / "recordings" / "healthy.tar.gz"
    page = labctl(installed, tmp_path, "verify", "--from", str(recording), "-o", "html")
    assert page.returncode == 0, page.stderr
    assert page.stdout.endswith("</html>\n")


def test_its_default_lab_renders_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(installed)!r})
from labctl.assets import asset
from labctl.config import load_config
from labctl.plan import expected_bundle, make_plan
from labctl.providers.host import Host
from labctl.providers.registry import provider_named
from labctl.steps.files import rendered
place = asset("vagrant", "lab.yml")
assert place.is_relative_to({str(installed)!r}), place
plan = make_plan(load_config(place), expected_bundle("upstream", "a test", "/nowhere"), "virtualbox", "a test")
host = Host(vagrant=True, virtualbox=True)
files = rendered(plan, provider_named("virtualbox"), host, folder=Path("/nowhere"), mount_bundle=False, port=16443)
print(sorted(files), "192.168.50.13" in files["Vagrantfile"])
"""
    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "['Vagrantfile', 'inventory.yml', 'kubeadm.yml'] True\n"
