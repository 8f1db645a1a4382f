"""A container that labctl starts is the one that the lab's Vagrantfile describes: Ruby itself reads the file."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from labctl.plan import LabPlan, default_plan
from labctl.providers.docker_run import arguments, lab_options, node_values
from labctl.providers.host import DockerDaemon, Host
from labctl.providers.registry import provider_named
from labctl.render import render_vagrantfile

# Vagrant's objects, as far as the file speaks to them: they keep what they are told.
READER = """
require "json"
class Told
  def initialize; @values = {}; end
  def create_args; @values["create_args"]; end
  def method_missing(name, *arguments)
    key = name.to_s
    return @values[key.chomp("=")] = arguments[0] if key.end_with?("=")
    @values[key] ||= Told.new
  end
  def respond_to_missing?(*); true; end
  def network(*); end
  def synced_folder(*); end
  def define(name); $name = name; yield Told.new; end
  def provider(*); told = Told.new; yield told; $found[$name] = told.create_args; end
end
$found = {}
module Vagrant; def self.configure(_); yield Told.new; end; end
load ARGV[0]
puts JSON.generate($found)
"""
DAEMON = DockerDaemon(
    version="28.2.2", memory_mb=8000, cgroup=1, capabilities=0xFFFF, cpus=2, limits_memory=True, limits_cpu=True
)
HOSTS = {
    "nested": Host(vagrant=True, docker=DAEMON, kernel_modules=True, kernel_config="/boot/config-100%"),
    "server": Host(vagrant=True, docker=replace(DAEMON, cgroup=2, capabilities=(1 << 60) - 1)),
    "elsewhere": Host(vagrant=True, docker=replace(DAEMON, capabilities=None, limits_memory=False)),
}


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
def test_arguments_are_those_of_the_vagrantfile(host: Host, tmp_path: Path) -> None:
    plan: LabPlan = replace(default_plan(), provider="docker")
    bundle = tmp_path / 'a "100%", bundle'
    key = "ssh-ed25519 AAAA of the lab"
    (tmp_path / "id_ed25519.pub").write_text(f"{key}\n")
    rendering = provider_named("docker").rendering(plan, host, bundle=bundle, api_port=16443)
    (tmp_path / "Vagrantfile").write_text(render_vagrantfile(plan, rendering))
    (tmp_path / "reader.rb").write_text(READER)
    command = ["ruby", str(tmp_path / "reader.rb"), str(tmp_path / "Vagrantfile")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    options = lab_options(plan, host, bundle=bundle, api_port=16443)
    assert json.loads(done.stdout) == {
        node.name: arguments(options, node_values(node, host, key)) for node in plan.nodes
    }
