"""Every kind of bad lab file of bad/ is refused with all its mistakes, as expected.txt says."""

from __future__ import annotations

from pathlib import Path

import pytest

from labctl.config import load_config
from labctl.errors import ConfigError, ExitCode

BAD = Path(__file__).parent / "bad"


def _expected() -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for line in (BAD / "expected.txt").read_text().splitlines():
        if line.startswith("== "):
            name = line.removeprefix("== ")
            told[name] = []
        elif line and not line.startswith("# "):
            told[name].append(line)
    return told


EXPECTED = _expected()


def test_every_bad_file_has_its_expectation():
    assert sorted(EXPECTED) == sorted(path.name for path in BAD.glob("*.yml"))
    assert len(EXPECTED) >= 40


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_all_mistakes_are_told(name):
    path = BAD / name
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    error = caught.value
    assert error.exit_code is ExitCode.CONFIG
    assert str(path) in error.message
    told = [problem.removeprefix(f"{path}:") for problem in error.problems]
    assert len(told) == len(EXPECTED[name])
    for one, expected in zip(told, EXPECTED[name], strict=True):
        if expected.endswith("..."):
            assert one.startswith(expected.removesuffix("..."))
        else:
            assert one == expected


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_messages_cannot_steer_a_terminal(name):
    with pytest.raises(ConfigError) as caught:
        load_config(BAD / name)
    assert all(problem.isprintable() for problem in caught.value.problems)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_both_loaders_of_pyyaml_agree(name, monkeypatch):
    import yaml

    from labctl.config import document

    def lines():
        with pytest.raises(ConfigError) as caught:
            load_config(BAD / name)
        return [problem.removeprefix(str(BAD / name)).split(":")[1] for problem in caught.value.problems]

    chosen = lines()
    monkeypatch.setattr(document, "Loader", yaml.SafeLoader)
    assert lines() == chosen
