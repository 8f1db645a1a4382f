"""Composition root: the one place where real adapters are built and handed to the steps.

Commands (labctl/cli) call one function here; nothing here prints.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labctl.assets import asset
from labctl.errors import ConfigError, ToolError
from labctl.events import Note, Reporter, SilentReporter
from labctl.plan import BundleRef, LabPlan, PlannedStep, expected_bundle, make_plan
from labctl.providers.host import Host, probe_host
from labctl.providers.interface import NodeImage, Oven, Provider
from labctl.providers.registry import PROVIDERS, choose, provider_named
from labctl.releases import RELEASES
from labctl.sources.auto import choose as choose_source
from labctl.sources.auto import default_folder
from labctl.sources.interface import Source
from labctl.steps.session import Session
from labctl.steps.step import Lab, Step
from labctl.workspace import Workspace, labs_folder
from labctl.workspace.known import load_lab_file
from labctl.workspace.nodes_setting import as_left

if TYPE_CHECKING:
    from labctl.adapters.process import LocalProcessRunner
    from labctl.checks.model import CheckReport
    from labctl.config import LabConfig


@dataclass(frozen=True)
class Resolved:
    """A lab file with everything chosen that the plan names. source is None where the bundle is there."""

    file: Path
    plan: LabPlan
    provider: Provider
    host: Host
    source: Source | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class UpOptions:
    """What `up` may be told: see its help."""

    first: str | None = None
    last: str | None = None
    copy_bundle: bool = False

    def check(self) -> None:
        """Raise UsageError for a step that is not there, or a range that ends before it begins."""
        from labctl.errors import UsageError
        from labctl.steps.recipes import UP, position

        first = position(UP, self.first) if self.first else 0
        if self.last and position(UP, self.last) < first:
            raise UsageError(f"--until {self.last} comes before --from {self.first}")


def cache_folder() -> Path:
    """Where bundles and builds are kept: $LABCTL_CACHE_DIR, else the user's cache folder as the platform has it."""
    configured = os.environ.get("LABCTL_CACHE_DIR")
    if configured:
        return Path(configured).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("labctl", appauthor=False)


def lab_file(file: Path | None) -> Path:
    """The lab file that a command means: the given one, ./lab.yml, or the default lab that travels with labctl."""
    if file is not None:
        return file
    here = Path("lab.yml")
    return here if here.exists() else asset("vagrant", "lab.yml")


def resolve(file: Path | None, source: str = "auto") -> Resolved:
    """Load the lab file, choose provider, source and bundle, make the plan. Changes nothing. Raises LabctlError."""
    from labctl.adapters.process import LocalProcessRunner

    path = lab_file(file)
    with ThreadPoolExecutor(max_workers=1) as pool:
        # Docker takes a while to answer: the lab file is read meanwhile.
        probing = pool.submit(probe_host, LocalProcessRunner())
        config = load_lab_file(path, cache_folder())
        host = probing.result()
    chosen = choose(config.provider, host)
    found, reference = _bundle(config, source)
    plan = make_plan(config, reference, chosen.provider.name, chosen.reason)
    plan, note = as_left(plan, Workspace(plan.name))
    advice = chosen.provider.advice(plan, host)
    return Resolved(path, plan, chosen.provider, host, found, tuple(filter(None, (*chosen.others, advice, note))))


def _bundle(config: LabConfig, wanted: str) -> tuple[Source | None, BundleRef]:
    from labctl.adapters.process import LocalProcessRunner
    from labctl.steps.step import bundle_ref

    release = RELEASES[config.release]
    choice = choose_source(wanted, cache=cache_folder(), runner=LocalProcessRunner(), release=release)
    if choice.bundle is not None:
        return None, bundle_ref(choice.bundle, choice.bundle.manifest.source, choice.reason)
    if choice.source is None:
        raise ToolError("no source can fill the bundle", hint=choice.reason)
    name = choice.source.name
    folder = default_folder(cache_folder(), release.id, name)
    return choice.source, expected_bundle(name, choice.reason, str(folder), release.id)


@dataclass(frozen=True)
class Raised:
    """What `up` came to: the lab, whether any step did something, and the claims (None where `last` left them out)."""

    lab: Lab
    worked: bool
    report: CheckReport | None


def open_lab(
    plan: LabPlan,
    provider: Provider,
    host: Host,
    workspace: Workspace,
    run: Session | None,
    *,
    source: Source | None = None,
) -> Lab:
    """A lab with the real tools; outside a run (run is None) it is only looked at."""
    from labctl.adapters.ansible import AnsiblePlaybooks
    from labctl.adapters.kube import KubernetesApi
    from labctl.adapters.kube_objects import KubernetesObjects
    from labctl.adapters.process import LocalProcessRunner
    from labctl.adapters.ssh import OpenSshShell
    from labctl.adapters.vagrant import VagrantMachines

    runner = LocalProcessRunner(run.run_id if run else None)
    log = run.log.with_suffix(".tools.log") if run else workspace.logs / "look.tools.log"
    return Lab(
        plan=plan,
        workspace=workspace,
        provider=provider,
        host=host,
        source=source,
        runner=runner,
        shell=OpenSshShell(workspace.ssh_config, runner),
        machines=VagrantMachines(
            workspace.root,
            runner.environment(),
            log,
            states=lambda: provider.states(plan, runner),
            ssh_config=lambda: provider.ssh_config(plan, workspace.root, runner),
        ),
        playbooks=AnsiblePlaybooks(workspace.root, runner.environment(), log),
        elsewhere=lambda folder: (
            OpenSshShell(folder / "ssh_config", runner),
            AnsiblePlaybooks(folder, runner.environment(), log),
            VagrantMachines(folder, runner.environment(), log),
        ),
        open_api=lambda: KubernetesApi(workspace.kubeconfig),
        open_objects=lambda: KubernetesObjects(workspace.kubeconfig),
        reporter=run.reporter if run else SilentReporter(),
        copy_bundle=workspace.setting("copy_bundle") is True,
    )


def up(
    resolved: Resolved,
    options: UpOptions,
    make_reporter: Callable[[Path], Reporter],
    before: Callable[[Step], None] | None = None,
) -> Raised:
    """Bring the lab up; make_reporter gets the run's log file. Raises LabctlError."""
    from labctl.steps.preflight import preflight, rooms
    from labctl.steps.recipes import UP
    from labctl.steps.runner import Range, walk
    from labctl.steps.session import session

    workspace = Workspace(resolved.plan.name)
    with session(workspace, "up", make_reporter) as run:
        for note in resolved.notes:
            run.reporter.emit(Note(note))
        kept = _kept_plan(workspace, run.reporter)
        if kept is not None:
            _same_lab(kept, resolved.plan)
        if options.copy_bundle:
            workspace.set_setting("copy_bundle", True)
        lab = open_lab(resolved.plan, resolved.provider, resolved.host, workspace, run, source=resolved.source)
        preflight(lab.plan, lab.runner, rooms(lab))
        lab.provider.thaw(lab.plan, lab.runner)
        worked = walk(UP, lab, run.run_id, Range(options.first, options.last), before)
        if options.last not in (None, UP[-1].id):
            return Raised(lab, worked, None)
        if lab.stale:
            lab.changed()
        if worked:
            run.reporter.emit(Note("probing the network: pods on every node reach each other and DNS"))
        return Raised(lab, worked, lab.claims(deep=worked))


def _kept_plan(workspace: Workspace, reporter: Reporter) -> LabPlan | None:
    """The plan that the lab was made by; None, with a note, where another version of labctl left what is no plan."""
    try:
        return workspace.plan()
    except ConfigError as error:
        reporter.emit(Note(f"{error.message}: it is written again, and the machines are taken as they are"))
        return None


def _same_lab(kept: LabPlan, wanted: LabPlan) -> None:
    """Raise ConfigError if machines that are there would have to be made again: `up` never deletes them."""
    old, new = kept.to_json(), wanted.to_json()
    differing = [key for key in ("release", "provider", "network", "box", "fast") if old[key] != new[key]]
    problems = [f"{key}: the lab has {old[key]}, the lab file says {new[key]}" for key in differing]
    nodes = {node.name: node for node in wanted.nodes}
    problems += [
        f"node {node.name}: the lab has {node}, the lab file says {nodes.get(node.name, 'nothing of it')}"
        for node in kept.nodes
        if nodes.get(node.name) != node
    ]
    if problems:
        raise ConfigError(
            f"the lab {wanted.name} is there already, made by another plan",
            problems=problems,
            hint="destroy it first (labctl destroy), or give the new one another name in the lab file",
        )


def existing(name: str | None, file: Path | None) -> Lab:
    """The lab that has been brought up: by name, by lab file, or the only one there is. Raises ConfigError."""
    from labctl.adapters.process import LocalProcessRunner

    workspace = Workspace(name or lab_name(file))
    plan = workspace.plan()
    if plan is None:
        raise ConfigError(f"there is no lab {workspace.name} on this computer", hint="labctl up")
    return open_lab(plan, provider_named(plan.provider), probe_host(LocalProcessRunner()), workspace, None)


def lab_name(file: Path | None) -> str:
    """The name of the lab that a command means: the lab file's, or that of the only lab there is."""
    if file is None and not Path("lab.yml").exists():
        folder = labs_folder()
        labs = [lab.name for lab in sorted(folder.iterdir()) if lab.is_dir()] if folder.is_dir() else []
        if len(labs) == 1:
            return labs[0]
    return load_lab_file(lab_file(file), cache_folder()).name


def verify_live(
    name: str | None,
    file: Path | None,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    *,
    deep: bool = False,
    seconds: float = 0.0,
    tell: Callable[[CheckReport], None] = lambda _: None,
) -> CheckReport:
    """Judge the running lab; only and skip are globs of claim ids. Raises ConfigError.

    One look, or, where a claim does not hold, so many as fit into seconds; tell gets the report of each.
    deep: by what probe pods see, too; they are the one thing that verify makes in a cluster, and it removes them.
    """
    from labctl.steps.wait_ready import settle

    lab = existing(name, file)
    return settle(lab, lambda: lab.claims(only, skip, deep=deep), seconds, tell)


def dry_run(resolved: Resolved, options: UpOptions) -> list[PlannedStep]:
    """What `up` would do now, by looking at the world; changes nothing."""
    from labctl.steps.recipes import UP
    from labctl.steps.runner import Range, chosen

    workspace = Workspace(resolved.plan.name)
    lab = open_lab(resolved.plan, resolved.provider, resolved.host, workspace, None, source=resolved.source)
    return [
        PlannedStep(step.id, step.title, None if forced else step.skip_reason(lab), tuple(step.describe(lab.plan)))
        for step, forced in chosen(UP, Range(options.first, options.last))
    ]


def ssh_command(name: str | None, file: Path | None, node: str, command: Sequence[str]) -> list[str]:
    """The argv of ssh for a node of the lab. Raises ConfigError where there is no such lab or node."""
    lab = existing(name, file)
    lab.plan.node(node)
    if not lab.workspace.ssh_config.is_file():
        raise ConfigError(f"the lab {lab.plan.name} has no machines yet", hint="labctl up")
    # The node's shell reads one line: quoted, each argument arrives as it was given.
    return ["ssh", "-F", str(lab.workspace.ssh_config), node, *(["--", shlex.join(command)] if command else [])]


def kubectl_command(name: str | None, file: Path | None, arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The argv and environment of kubectl for the lab: the bundle's own. Raises ConfigError."""
    lab = existing(name, file)
    if not lab.workspace.kubeconfig.is_file():
        raise ConfigError(f"the lab {lab.plan.name} has no cluster yet", hint="labctl up")
    kubectl = str(lab.bundle.path("bin/kubectl"))
    return [kubectl, *arguments], {**os.environ, "KUBECONFIG": str(lab.workspace.kubeconfig)}


def node_images() -> list[NodeImage]:
    """The node images on this computer, of all providers that work here. Raises ToolError."""
    from labctl.adapters.process import LocalProcessRunner

    runner = LocalProcessRunner()
    return [image for oven in _ovens(runner) for image in oven.images(runner)]


def prune_images() -> list[str]:
    """Remove the node images that no machine was started from; what was removed, in words. Raises ToolError."""
    from labctl.adapters.process import LocalProcessRunner

    runner = LocalProcessRunner()
    return [line for oven in _ovens(runner) for line in oven.prune(runner)]


def _ovens(runner: LocalProcessRunner) -> list[Oven]:
    host = probe_host(runner)
    return [each.oven for each in PROVIDERS if each.oven is not None and each.unusable(host) is None]


def destroy(lab: Lab, make_reporter: Callable[[Path], Reporter]) -> None:
    """Destroy the lab's machines and everything of it on this computer. Raises LabctlError."""
    from labctl.steps.recipes import DESTROY
    from labctl.steps.runner import walk
    from labctl.steps.session import session

    with session(lab.workspace, "destroy", make_reporter) as run:
        walk(DESTROY, open_lab(lab.plan, lab.provider, lab.host, lab.workspace, run), run.run_id)
        lab.workspace.remove()


def plan_steps(plan: LabPlan) -> list[PlannedStep]:
    """The steps of `up`, with the commands that a learner would type, without looking at the world."""
    from labctl.steps.recipes import UP

    return [PlannedStep(step.id, step.title, None, tuple(step.describe(plan))) for step in UP]


def render_lab(resolved: Resolved, directory: Path) -> list[Path]:
    """Write the files that `up` would render into directory. Raises ToolError where one cannot be written."""
    from labctl.steps.files import DEFAULT_API_PORT, rendered
    from labctl.workspace.files import write_whole

    kept = Workspace(resolved.plan.name).setting("api_port")
    files = rendered(
        resolved.plan,
        resolved.provider,
        resolved.host,
        folder=directory.absolute(),
        mount_bundle=resolved.provider.capabilities.bundle == "mount",
        port=kept if isinstance(kept, int) else DEFAULT_API_PORT,
    )
    for name, text in files.items():
        write_whole(directory / name, text)
    return [directory / name for name in files]
