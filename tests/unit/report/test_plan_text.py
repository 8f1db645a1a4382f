"""`labctl plan`'s text and JSON of the default lab."""

from __future__ import annotations

import json

from labctl.plan import LabPlan, PlannedStep, default_plan
from labctl.report.plan import plan_json, plan_text

STEPS = [PlannedStep("docker", "Install Docker", None, ("apt-get install docker.io", "systemctl enable --now docker"))]


def test_text_shows_nodes_versions_reasons_and_commands():
    text = plan_text(default_plan(), STEPS, "vagrant/lab.yml", ["libvirt: no hypervisor"])
    for line in (
        "lab         tutorial",
        "lab file    vagrant/lab.yml",
        "provider    virtualbox: the tutorial's own",
        "            libvirt: no hypervisor",
        "NODE        ROLE           ADDRESS        CPUS  MEMORY",
        "k8s-master  control-plane  192.168.50.10  2     2048 MB",
        "node-3      worker         192.168.50.13  1     1536 MB",
        "4 nodes, 5 CPUs, 6656 MB in all",
        "  1. docker: Install Docker",
        "       $ apt-get install docker.io",
    ):
        assert line in text.splitlines()
    assert "v1.21.1" in text
    assert "expected to give" in text


def test_json_is_the_whole_plan():
    plan = default_plan()
    data = json.loads(plan_json(plan, STEPS, "lab.yml", []))
    assert data["schema"] == "labctl.plan/v1"
    assert LabPlan.from_json(data["plan"]) == plan
    assert data["fingerprint"] == plan.fingerprint()
    assert data["steps"][0]["commands"] == list(STEPS[0].commands)
