"""The Go programs of the distribution bundle, judged by Go's own tools: format, vet and their unit tests."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parents[3] / "labctl" / "sources" / "distribution" / "go"
NAMES = ["iptables-choice", "pause", "runc-wrapper", "weave-kube", "weave-npc"]
# Debian keeps each version of the compiler in a folder of its own; it need not be on PATH.
DEBIAN_GO = Path("/usr/lib/go-1.19/bin/go")


@pytest.fixture(scope="module")
def go() -> str:
    """Path of a Go compiler."""
    found = str(DEBIAN_GO) if DEBIAN_GO.exists() else shutil.which("go")
    if found is None:
        pytest.fail(f"no Go compiler at {DEBIAN_GO} or on PATH: `make test` installs golang-1.19-go")
    return found


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """An environment in which Go uses no network and, but for its build cache, nothing of the user's settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "GOCACHE", "XDG_CACHE_HOME") if name in os.environ}
    return {**kept, "GOENV": "off", "GOPROXY": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}


def test_every_program_is_tested_here() -> None:
    assert sorted(path.parent.name for path in PROGRAMS.glob("*/go.mod")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_program_uses_the_standard_library_only(name: str) -> None:
    assert (PROGRAMS / name / "go.mod").read_text() == f"module labctl.local/{name}\n\ngo 1.19\n"


@pytest.mark.parametrize("name", NAMES)
def test_program_passes_vet_and_its_tests(name: str, go: str, environment: dict[str, str]) -> None:
    for command in (["vet", "./..."], ["test", "-count=1", "./..."]):
        done = subprocess.run(
            [go, *command],
            cwd=PROGRAMS / name,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, f"go {' '.join(command)} in {name}:\n{done.stdout}{done.stderr}"


def test_programs_are_formatted(go: str) -> None:
    gofmt = Path(go).resolve().parent / "gofmt"
    done = subprocess.run([gofmt, "-l", str(PROGRAMS)], check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
