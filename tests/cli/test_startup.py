"""What starts quickly imports little: a list of modules, not a clock, judges that."""

from __future__ import annotations

import json
import subprocess
import sys

from labctl.cli.group import SECTIONS

HEAVY = {
    "ansible_runner",
    "filelock",
    "httpx",
    "jinja2",
    "kubernetes",
    "platformdirs",
    "psutil",
    "pydantic",
    "rich",
    "tenacity",
    "vagrant",
    "yaml",
}


def imported(*command_lines):
    """Names of all modules that are there after these command lines ran in one process."""
    code = (
        "import json, sys\nfrom labctl import cli\n"
        "for arguments in json.loads(sys.argv[1]):\n    cli.run(cli.labctl, arguments)\n"
        "print('MODULES', *sorted(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(command_lines)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.rpartition("MODULES ")[2].split())


def heavy(modules):
    return {name.partition(".")[0] for name in modules} & HEAVY


def test_help_and_version_import_only_click():
    modules = imported(["--help"], ["-h"], ["--version"], [], ["upp"])
    assert not heavy(modules)
    ours = {name for name in modules if name.partition(".")[0] == "labctl"}
    assert ours == {"labctl", "labctl.errors", "labctl.cli"} | {
        f"labctl.cli.{name}" for name in ("boundary", "failure", "group")
    }


def test_help_of_a_command_imports_no_heavy_library():
    command_lines = [[name, "--help"] for names in SECTIONS.values() for name in names]
    assert not heavy(imported(*command_lines, ["completion", "bash"]))


def test_schema_needs_no_tool():
    assert heavy(imported(["schema"])) <= {"pydantic", "yaml"}
