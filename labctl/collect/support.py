"""The archive that a learner sends to a helper: a recording with logs and facts of this computer, without secrets.

What can be had is written; what is missing is named in it, and told. Cleaning is scrub.py's, packing archive.py's.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from labctl.adapters.ports import ClusterApi, NodeShell, ProcessRunner
from labctl.collect.archive import pack
from labctl.collect.computer import computer_file
from labctl.collect.lab_files import lab_files
from labctl.collect.live import API_PATHS, api_file, api_files, node_files
from labctl.collect.logs import node_logs
from labctl.collect.scrub import scrub
from labctl.errors import ConfigError, ToolError, UsageError
from labctl.facts import Unavailable
from labctl.facts.recording import MISSING
from labctl.plan import LabPlan
from labctl.workspace import Workspace
from labctl.workspace.files import write_whole

Files = dict[str, "bytes | Unavailable"]

# One more than a recording needs; objects of kind Secret are never asked for.
PATHS = (*API_PATHS, "/api/v1/events?limit=2000")
_CONTENTS = """\
An archive of `labctl collect`. `labctl verify --from` judges it on any computer.
  plan.json, api/, nodes/   the recording: what the API server and the nodes answered
  logs/NODE/                newest lines of kubelet, docker, containerd; state of the node; NODE's pods of kube-system
  lab/                      the lab's journal, the logs of its last runs, the files that labctl rendered
  computer.json             the computer that the lab runs on: versions, memory, disk, routes
  missing.json              what could not be had, and why
Private keys, tokens and passwords were taken out: REMOVED stands where one was.
"""


@dataclass(frozen=True)
class Sources:
    """Where everything comes from. home: the user's home folder. folders: those whose free space counts."""

    workspace: Workspace
    shell: NodeShell
    open_api: Callable[[], ClusterApi]
    runner: ProcessRunner
    folders: Mapping[str, Path]
    home: str = ""


@dataclass(frozen=True)
class Collected:
    """An archive that was written: its path, size in bytes, number of files, seconds, and what is not in it and why."""

    path: Path
    size: int
    files: int
    seconds: float
    missing: Mapping[str, str]


def destination(wanted: Path | None, lab: str, force: bool, now: float) -> Path:
    """Where the archive goes: the wanted file, or in the wanted or current folder one named by lab and UTC time.

    Raises UsageError if a file is there and force is not given, ToolError if there is no such folder.
    """
    name = f"labctl-{lab}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))}.tar.gz"
    path = Path(name) if wanted is None else wanted / name if wanted.is_dir() else wanted
    if path.exists() and not force:
        raise UsageError(f"{path} is there already", hint="name another file, or give --force to replace it")
    if not path.parent.is_dir():
        raise ToolError(f"{path} cannot be written: there is no folder {path.parent}", hint=f"mkdir -p {path.parent}")
    return path


def collect_archive(
    sources: Sources, wanted: Path | None, say: Callable[[str], None], *, force: bool = False, now: float | None = None
) -> Collected:
    """Collect what can be had and write the archive, whole or not at all, mode 0600. say: gets progress in words.

    now: seconds since the epoch, by default the clock's. Raises ToolError, UsageError for a path that is no good.
    """
    begun, stamp = time.monotonic(), time.time() if now is None else now
    path = destination(wanted, sources.workspace.name, force, stamp)
    found = gather(sources, say)
    reasons = {name: content.reason for name, content in found.items() if isinstance(content, Unavailable)}
    missing = {name: scrub(reason.encode(), sources.home).decode() for name, reason in sorted(reasons.items())}
    files = {name: content for name, content in found.items() if isinstance(content, bytes)}
    files["README.txt"] = _CONTENTS.encode()
    absent = {name for name, content in found.items() if isinstance(content, Unavailable) and content.absent}
    told = {name: {"absent": why} if name in absent else why for name, why in missing.items()}
    files[MISSING] = json.dumps(told, indent=2).encode() + b"\n"
    say(f"packing {len(files)} files")
    folder = re.sub(r"\.(tar\.gz|tgz)\Z", "", path.name)
    packed = pack(files, _safe(folder), int(stamp), sources.home)
    write_whole(path, packed, 0o600)
    return Collected(path, len(packed), len(files), round(time.monotonic() - begun, 1), missing)


def gather(sources: Sources, say: Callable[[str], None]) -> Files:
    """Everything by its name in the archive, in one pass: this computer, the API and each node in parallel."""
    files: Files = dict(lab_files(sources.workspace))
    try:
        plan = sources.workspace.plan()
        why = f"the lab {sources.workspace.name} was not brought up on this computer"
    except ConfigError as error:
        plan, why = None, error.message
    nodes = plan.nodes if plan is not None else ()
    with ThreadPoolExecutor(max_workers=len(nodes) + 2) as pool:
        try:
            looks = [pool.submit(_computer, sources, say)]
            if plan is not None:
                looks.append(pool.submit(_api, sources, say))
                looks += [pool.submit(_node, plan, node.name, sources, say) for node in nodes]
            for look in looks:
                files.update(look.result())
        except BaseException:
            sources.runner.cancel()
            raise
    if plan is None:
        return {**files, "plan.json": Unavailable(why), **{api_file(path): Unavailable(why) for path in PATHS}}
    return {**files, "plan.json": json.dumps(plan.to_json(), indent=2).encode() + b"\n"}


def _computer(sources: Sources, say: Callable[[str], None]) -> Files:
    content = computer_file(sources.runner, sources.folders)
    say("this computer: done")
    return {"computer.json": content}


def _api(sources: Sources, say: Callable[[str], None]) -> Files:
    files = api_files(sources.open_api, PATHS)
    say(f"API server: {_summary(files)}")
    return files


def _node(plan: LabPlan, node: str, sources: Sources, say: Callable[[str], None]) -> Files:
    files = node_files(plan, node, sources.shell)
    # One that does not answer costs one timeout, not two.
    reasons = {content.reason for content in files.values() if isinstance(content, Unavailable)}
    if len(reasons) == 1 and not any(isinstance(content, bytes) for content in files.values()):
        files[f"logs/{node}"] = Unavailable(reasons.pop())
    else:
        files.update(node_logs(node, sources.shell))
    say(f"{node}: {_summary(files)}")
    return files


def _summary(files: Files) -> str:
    there = sum(isinstance(content, bytes) for content in files.values())
    return f"{there} files" + (f", {len(files) - there} missing" if there < len(files) else "")


def _safe(name: str) -> str:
    """A folder's name for the archive, whatever the user called the file."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".-")[:100] or "labctl"
