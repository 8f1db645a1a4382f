"""The command line: the group `labctl`, its commands by section, and `main`, which the console script calls.

One file a command beside this one, each imported when it is needed; how errors are told stands in boundary.py.
"""

from __future__ import annotations

import sys

from labctl.cli.boundary import run
from labctl.cli.group import labctl

__all__ = ["labctl", "main", "run"]


def main() -> None:
    """Run labctl with the process's arguments and end the process with its exit code."""
    sys.exit(run(labctl, sys.argv[1:]))
