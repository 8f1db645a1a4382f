"""Composition root of `labctl collect`: which lab is meant, and the real tools that are asked. Nothing here prints.

What goes into the archive stands in labctl/collect.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from labctl.app import cache_folder, lab_name
from labctl.collect import support
from labctl.errors import ConfigError
from labctl.workspace import Workspace, labs_folder


def collect_archive(
    name: str | None, file: Path | None, wanted: Path | None, say: Callable[[str], None], *, force: bool = False
) -> support.Collected:
    """Write the archive for a helper, as support.collect_archive does; a lab that never was up has less to tell.

    Raises ConfigError where a lab is named that is not there.
    """
    from labctl.adapters.kube import KubernetesApi
    from labctl.adapters.process import LocalProcessRunner
    from labctl.adapters.ssh import OpenSshShell

    workspace = Workspace(name or lab_name(file))
    # A name is never a path that leads elsewhere.
    if name is not None and not (name == Path(name).name != ".." and workspace.exists):
        raise ConfigError(f"there is no lab {name} on this computer", hint="labctl up")
    runner = LocalProcessRunner()
    sources = support.Sources(
        workspace=workspace,
        shell=OpenSshShell(workspace.ssh_config, runner),
        open_api=lambda: KubernetesApi(workspace.kubeconfig),
        runner=runner,
        folders={"labs": labs_folder(), "cache": cache_folder(), "here": Path.cwd()},
        home=str(Path.home()),
    )
    return support.collect_archive(sources, wanted, say, force=force)
