"""Judging a recording: which plan it is held to, and one call from its path to the report."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from labctl.checks.judge import judge
from labctl.checks.model import CheckReport
from labctl.errors import ConfigError, ToolError
from labctl.facts import Facts, Files, NotObserved
from labctl.facts.observed import parse_json
from labctl.facts.recording import read_recording
from labctl.plan import LabPlan, default_plan

_MAX_NODES = 250


def judge_recording(path: Path, only: Sequence[str] = (), skip: Sequence[str] = ()) -> CheckReport:
    """Read and judge a recording, a folder or a .tar.gz.

    Raises ToolError if there is none or it is hostile, UsageError for a glob that no claim matches.
    """
    started = time.monotonic()
    files = read_recording(path)
    facts = Facts.from_files(files, "recording")
    report = judge(plan_of(files, facts), facts, only, skip)
    return replace(report, seconds=time.monotonic() - started)


def plan_of(files: Files, facts: Facts) -> LabPlan:
    """The plan in a recording; without one the tutorial's own lab with the API server's version as the plan's.

    The version is empty where the API server's is not known either. Raises ToolError for a plan.json that is none.
    """
    content = files.get("plan.json")
    if content is None:
        version = facts.git_version
        return default_plan("" if isinstance(version, NotObserved) else version)
    if not isinstance(content, bytes):
        raise ToolError(f"the recording's plan cannot be read: {content.reason}")
    data = parse_json(content, "plan.json")
    if isinstance(data, NotObserved):
        raise ToolError(f"the recording's plan cannot be read: {data.reason}")
    try:
        plan = LabPlan.from_json(data)
        _require_sane(plan)
    except (ConfigError, AttributeError, LookupError, TypeError, ValueError, StopIteration) as error:
        raise ToolError(f"the recording's plan.json is not a plan: {error}") from None
    return plan


def _require_sane(plan: LabPlan) -> None:
    """A plan from a recording is not to be trusted: types and values that judging relies on."""
    names = [node.name for node in plan.nodes]
    texts = (plan.name, plan.versions.kubernetes, *names, *(node.ip for node in plan.nodes))
    if not all(isinstance(text, str) for text in texts) or len(set(names)) != len(names):
        raise ValueError("a name, address or version in it is not a text, or a name is there twice")
    if not 1 <= len(names) <= _MAX_NODES or [node.role for node in plan.nodes].count("control-plane") != 1:
        raise ValueError("it does not have one control plane among a sane number of nodes")
    for node in plan.nodes:
        ipaddress.ip_address(node.ip)
    ipaddress.ip_address(plan.network.dns_ip)
    ipaddress.ip_address(plan.network.api_service_ip)
