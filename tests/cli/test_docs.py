"""The documents say what is so: docs/cli.md is the commands' own help, links lead somewhere, nothing local is named."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from labctl.errors import ExitCode
from labctl.providers.registry import PROVIDERS
from labctl.sources.upstream.mirrors import mirror_table
from labctl.steps.recipes import UP

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_commands_document_is_their_own_help() -> None:
    spec = importlib.util.spec_from_file_location("make_cli", ROOT / "docs" / "make_cli.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert text("docs/cli.md") == module.document(), "make docs writes it anew"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (document.parent / target).exists(), target


def test_every_mirror_stands_in_the_bundle_document() -> None:
    for variable, base, serves in mirror_table():
        assert f"| `{variable}` | {base} | {serves} |" in text("docs/bundle.md")


def test_every_exit_code_has_its_row() -> None:
    rows = [int(number) for number in re.findall(r"^\| (\d+) \|", text("docs/exit-codes.md"), re.MULTILINE)]
    assert rows == sorted(ExitCode)


def test_the_readme_names_every_step_and_provider() -> None:
    readme = text("README.md")
    assert ", ".join(step.id for step in UP) in " ".join(readme.split())
    for provider in PROVIDERS:
        assert f"| {provider.name} | " in readme
        assert f"\n## {provider.name}\n" in text("docs/providers.md")
    # CI calls the test command that README names.
    assert "make test " in readme
    assert "\nmake test\n" in text(".ci/run")
