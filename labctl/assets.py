"""Finds the folders that travel with labctl: templates/, playbooks/, vagrant/.

In a checkout they stand at the top level; in a wheel they lie in labctl/_assets.
"""

from __future__ import annotations

from pathlib import Path

from labctl.errors import ToolError

_PACKAGE = Path(__file__).resolve().parent


def asset(*parts: str) -> Path:
    """Find an asset, such as playbooks, base.yml. Raises ToolError if this installation lacks it."""
    for root in (_PACKAGE.parent, _PACKAGE / "_assets"):
        # The package's parent is site-packages in an installed wheel: only a checkout has pyproject.toml beside it.
        if root.name != "_assets" and not (root / "pyproject.toml").is_file():
            continue
        candidate = root.joinpath(*parts)
        if candidate.exists():
            return candidate
    raise ToolError(
        f"this installation of labctl lacks {'/'.join(parts)}",
        hint="install labctl again: pip install --force-reinstall .",
    )


def node_script(name: str) -> bytes:
    """A script of vagrant/node. Raises ToolError if this installation lacks it."""
    return asset("vagrant", "node", name).read_bytes()
