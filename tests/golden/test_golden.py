"""Rendered files are what was once looked at and found good; after an intended change, `make update` writes them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from labctl.providers.registry import PROVIDERS
from tests.golden.cases import CASES, DEFAULT_VAGRANTFILE, NESTED, ROOT, SERVER, vagrantfile

FOLDER = Path(__file__).parent


@pytest.mark.parametrize("name", CASES)
def test_rendered_as_before(name: str) -> None:
    assert CASES[name]() == (FOLDER / name).read_text(encoding="utf-8"), "an intended change? make update"


def test_no_golden_file_is_left_over() -> None:
    assert {path.name for path in FOLDER.glob("*.golden")} == set(CASES) - {DEFAULT_VAGRANTFILE}


def test_every_provider_has_a_golden_vagrantfile() -> None:
    for provider in PROVIDERS:
        assert any(name.startswith(f"Vagrantfile-{provider.name}-") for name in CASES), provider.name


def test_the_top_level_vagrantfile_is_the_default_lab_for_virtualbox_on_every_host() -> None:
    text = (ROOT / "Vagrantfile").read_text(encoding="utf-8")
    assert text == vagrantfile("virtualbox", SERVER) == vagrantfile("virtualbox", NESTED)


@pytest.mark.parametrize("name", [name for name in CASES if "Vagrantfile" in name])
def test_vagrantfiles_are_ruby(name: str) -> None:
    checked = subprocess.run(["ruby", "-wc"], input=CASES[name](), capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, ""), checked.stderr


@pytest.mark.parametrize("name", [name for name in CASES if "Vagrantfile" not in name])
def test_the_others_are_yaml(name: str) -> None:
    assert all(yaml.safe_load_all(CASES[name]()))
