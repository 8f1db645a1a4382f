"""Good lab files: the default lab, defaults, the model's own promises, the schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pydantic
import pytest
import yaml

from labctl.assets import asset
from labctl.config import LabConfig, json_schema, load_config
from labctl.config.schema import json_schema_text
from labctl.plan import default_plan
from labctl.releases import RELEASES

SMALL = """
nodes:
  - {name: m, role: control-plane, ip: 10.1.2.10}
  - {name: w, role: worker, ip: 10.1.2.254}
network: {pod_cidr: 10.128.0.0/9}
"""


@pytest.fixture
def load(tmp_path):
    def load_text(text):
        path = tmp_path / "lab.yml"
        path.write_text(text)
        return load_config(path)

    return load_text


def test_default_lab_is_the_tutorials():
    config = load_config(asset("vagrant", "lab.yml"))
    plan = default_plan()
    assert config.name == plan.name
    assert config.provider == "auto"
    assert [node.model_dump() for node in config.nodes] == plan.to_json()["nodes"]
    assert config.network.model_dump() == plan.to_json()["network"]


def test_all_but_nodes_has_a_default(load):
    config = load(SMALL)
    assert (config.name, config.provider, config.release) == ("tutorial", "auto", "tutorial")
    assert [(n.cpus, n.memory_mb) for n in config.nodes] == [(2, 2048), (1, 1536)]
    assert config.network.pod_cidr == "10.128.0.0/9"
    assert config.network.service_cidr == "10.96.0.0/12"
    assert (config.box, config.box_url, config.box_version, config.box_checksum) == (None,) * 4


def test_a_master_alone_and_size_given_in_part(load):
    config = load("nodes: [{name: m, role: control-plane, ip: 172.20.0.2, cpus: 4}]")
    assert [(n.cpus, n.memory_mb) for n in config.nodes] == [(4, 2048)]


def test_limits_are_inside(load):
    config = load(
        "name: a-name-of-thirty-characters-xy\nnodes:\n"
        "  - {name: m, role: control-plane, ip: 192.168.50.2, cpus: 2, memory_mb: 1700}\n"
        "  - {name: w, role: worker, ip: 192.168.50.254, cpus: 64, memory_mb: 768}\n"
        "network: {pod_cidr: 10.32.0.0/23, service_cidr: 10.96.0.0/28}\n"
    )
    assert len(config.name) == 30


def test_quoted_text_and_overrides_of_the_box(load):
    config = load(
        'nodes: [{"name": "1", "role": "control-plane", "ip": "192.168.50.10"}]\n'
        "box: generic/debian12\nbox_url: file:///boxes/debian12.box\nbox_version: '4.10'\n"
        f"box_checksum: {'0a' * 32}\n"
    )
    assert config.nodes[0].name == "1"
    assert config.box_version == "4.10"


def test_a_config_cannot_be_changed(load):
    with pytest.raises(pydantic.ValidationError):
        load(SMALL).name = "other"


def test_rules_hold_without_a_file():
    master = {"name": "m", "role": "control-plane", "ip": "192.168.50.10"}
    with pytest.raises(pydantic.ValidationError, match="the same ip stands for nodes 1 and 2"):
        LabConfig.model_validate({"nodes": [master, {**master, "name": "w", "role": "worker"}]})


def test_releases_are_those_that_there_are():
    assert json_schema()["properties"]["release"]["const"] in RELEASES
    assert len(RELEASES) == 1


def test_shipped_schema_is_the_generated_one():
    assert asset("vagrant", "lab.schema.json").read_text() == json_schema_text()


def test_default_lab_names_its_schema_and_obeys_it():
    text = asset("vagrant", "lab.yml").read_text()
    assert text.startswith("# yaml-language-server: $schema=./lab.schema.json\n")
    jsonschema.Draft202012Validator.check_schema(json_schema())
    jsonschema.validate(yaml.safe_load(text), json_schema())


@pytest.mark.parametrize(
    "name", ["keys-unknown", "values-unknown", "name-is-code", "box-url", "node-keys-missing", "nodes-none"]
)
def test_editors_see_what_is_wrong_with_one_value(name):
    data = yaml.safe_load((Path(__file__).parent / "bad" / f"{name}.yml").read_text())
    # What an editor sees is JSON: keys are text.
    data = json.loads(json.dumps(data, default=str))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, json_schema())
