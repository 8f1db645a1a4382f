"""Writes the golden files, and the Vagrantfile at the top level, anew: python -m tests.golden.update (make update)."""

from __future__ import annotations

from pathlib import Path

from tests.golden.cases import CASES

if __name__ == "__main__":
    for name, render in CASES.items():
        (Path(__file__).parent / name).resolve().write_text(render(), encoding="utf-8")
