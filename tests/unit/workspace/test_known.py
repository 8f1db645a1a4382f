"""Lab files that were found right are known by content; mistakes never are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from labctl.assets import asset
from labctl.config import load_config
from labctl.errors import ConfigError
from labctl.plan import expected_bundle, make_plan
from labctl.workspace.known import load_lab_file

DEFAULT = asset("vagrant", "lab.yml")


def test_a_known_file_makes_the_same_plan(tmp_path: Path) -> None:
    first, known = load_lab_file(DEFAULT, tmp_path), load_lab_file(DEFAULT, tmp_path)
    bundle = expected_bundle("distribution", "a test", "")
    plans = [make_plan(config, bundle, "docker", "a test") for config in (load_config(DEFAULT), first, known)]
    assert plans[0] == plans[1] == plans[2]


def test_a_known_file_is_not_checked_again(tmp_path: Path) -> None:
    load_lab_file(DEFAULT, tmp_path)
    program = f"""
import sys
from pathlib import Path
from labctl.workspace.known import load_lab_file
print(load_lab_file(Path({str(DEFAULT)!r}), Path({str(tmp_path)!r})).name, "pydantic" in sys.modules)
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == "tutorial False\n"


def test_a_changed_file_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "lab.yml"
    file.write_bytes(DEFAULT.read_bytes())
    load_lab_file(file, tmp_path)
    file.write_text(file.read_text().replace("name: tutorial", "name: Not A Name"))
    for _ in range(2):
        with pytest.raises(ConfigError):
            load_lab_file(file, tmp_path)


@pytest.mark.parametrize("damage", ["", "{", "\x00"])
def test_a_damaged_answer_is_made_again(tmp_path: Path, damage: str) -> None:
    load_lab_file(DEFAULT, tmp_path)
    (answer,) = (tmp_path / "lab-files").iterdir()
    answer.write_text(damage)
    assert load_lab_file(DEFAULT, tmp_path).name == "tutorial"


def test_a_cache_that_cannot_be_written_is_no_matter(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    assert load_lab_file(DEFAULT, tmp_path / "cache").name == "tutorial"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        load_lab_file(tmp_path / "none.yml", tmp_path)
