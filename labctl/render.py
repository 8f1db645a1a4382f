"""LabPlan -> Vagrantfile, inventory, kubeadm configuration, weave-net manifest: pure text, the same on every computer.

What depends on this computer is an argument (VagrantRendering, NodeEnvironment), made by a provider. Nothing here
looks at the world but for the templates.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from labctl.assets import asset
from labctl.errors import ToolError
from labctl.plan import LabPlan

if TYPE_CHECKING:
    from jinja2 import Environment

_RUBY_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
DEFAULT_RESOLV_CONF = "/etc/resolv.conf"


@dataclass(frozen=True)
class NodeEnvironment:
    """What roles and kubeadm's configuration must know of the nodes; defaults are those of a virtual machine.

    container: nodes are containers. runc_wrapper: containers in a node may not raise their limits (they lack
    CAP_SYS_RESOURCE). kernel_modules: a node can load kernel modules. swap_off: a node can turn its swap off.
    fail_swap_on: kubelet shall refuse swap. resolv_conf: the file whose servers pods get. fast_datapath: the kernel
    has Open vSwitch for weave-net.
    ignore_preflight: name of a kubeadm preflight error -> why it says nothing about these nodes.
    """

    container: bool = False
    runc_wrapper: bool = False
    kernel_modules: bool = True
    swap_off: bool = True
    fail_swap_on: bool = True
    resolv_conf: str = DEFAULT_RESOLV_CONF
    fast_datapath: bool = True
    ignore_preflight: Mapping[str, str] = field(default_factory=dict)

    def as_vars(self) -> dict[str, Any]:
        """The extra var labctl_node_environment."""
        data = asdict(self)
        data["ignore_preflight"] = dict(self.ignore_preflight)
        return data


@dataclass(frozen=True)
class VagrantRendering:
    """A provider's part of the Vagrantfile: lines of Ruby, written by the provider; values in them went through ruby().

    about: comment lines on the nodes. config_lines stand in Vagrant.configure, machine_lines in config.vm.define
    (variables machine and node), provider_lines in its provider block (variables provider and node).
    network_options follow `ip:`.
    """

    provider: str
    about: tuple[str, ...]
    config_lines: tuple[str, ...] = ()
    machine_lines: tuple[str, ...] = ()
    provider_lines: tuple[str, ...] = ()
    network_options: str = ""


def ruby(value: object) -> str:
    """A Ruby literal of a str, int, bool, None, list, tuple or mapping; text never becomes code (no interpolation)."""
    if value is None:
        return "nil"
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{_ruby_text(value)}"'
    if isinstance(value, list | tuple):
        return "[" + ", ".join(ruby(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{ruby(key)} => {ruby(item)}" for key, item in value.items()) + " }"
    raise TypeError(f"no Ruby literal for {type(value).__name__}")


def _ruby_text(text: str) -> str:
    escaped = "".join(_RUBY_ESCAPES.get(char, char if char.isprintable() else f"\\u{{{ord(char):x}}}") for char in text)
    # Only #{, #$ and #@ interpolate; a plain # stays readable.
    return re.sub(r"#(?=[{$@])", r"\\#", escaped)


def render_vagrantfile(plan: LabPlan, rendering: VagrantRendering) -> str:
    """The lab's Vagrantfile."""
    return _render("Vagrantfile.j2", plan=plan, rendering=rendering)


def render_inventory(plan: LabPlan, ssh_config: str) -> str:
    """The Ansible inventory; ssh_config is the path of the lab's OpenSSH client configuration."""
    return _render("inventory.yml.j2", plan=plan, ssh_arguments=f"-F {shlex.quote(ssh_config)}")


def render_kubeadm(plan: LabPlan, environment: NodeEnvironment) -> str:
    """Kubeadm's configuration (v1beta2) of the control plane, and with it kubelet's and kube-proxy's on all nodes."""
    return _render("kubeadm.yml.j2", plan=plan, environment=environment)


_FAST_WEAVE_NET = """\
# fast: true in the lab file; without it these are weave's own:
# - minReadySeconds 0, not 5. It paces the rollout of a new version; until then a pod that is ready is not available.
# - The readiness probe asks every second, not every ten.
"""


def render_weave_net(plan: LabPlan, manifest: str, *, fast_datapath: bool = True) -> str:
    """weave-net's manifest for this lab. manifest: the bundle's text, a stream of objects or one List.

    Raises ToolError where it holds no DaemonSet with a container named weave.
    """
    import yaml

    try:
        documents = [document for document in yaml.safe_load_all(manifest) if document]
        sets = [each for document in documents for each in _daemon_sets(document)]
        containers = [container for each in sets for container in _containers(each)]
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise ToolError(f"the bundle's weave-net manifest cannot be read: {error}") from error
    for container in containers:
        # The bundle has put the images on every node: nothing is to be pulled.
        container["imagePullPolicy"] = "IfNotPresent"
    weave = [container for container in containers if container["name"] == "weave"]
    if not weave:
        raise ToolError("the bundle's weave-net manifest has no container named weave")
    settings = {
        # One range for kubeadm's podSubnet and weave, so that kube-proxy masquerades what comes from outside it.
        "IPALLOC_RANGE": plan.network.pod_cidr,
        # weave 2.8.1 would report its version to a host that has changed hands since.
        "CHECKPOINT_DISABLE": "1",
    }
    if not fast_datapath:
        settings["WEAVE_NO_FASTDP"] = "true"
    if any(entry["name"] == "API_HOST" for container in weave for entry in container.get("env") or []):
        # The stand-in can ask the API server by its own address, without waiting for kube-proxy.
        settings["API_HOST"] = plan.control_plane.ip
    for container in weave:
        kept = [entry for entry in container.get("env") or [] if entry["name"] not in settings]
        container["env"] = kept + [{"name": name, "value": value} for name, value in settings.items()]
    header = "# weave-net of the lab, from the bundle's manifest with this lab's settings (labctl render).\n"
    if plan.fast:
        header += _FAST_WEAVE_NET
        _hasten(sets, weave)
    return header + yaml.safe_dump_all(documents, sort_keys=False, explicit_start=True)


def _hasten(daemon_sets: Sequence[dict[str, Any]], weave: Sequence[dict[str, Any]]) -> None:
    """What _FAST_WEAVE_NET says."""
    for each in daemon_sets:
        each["spec"]["minReadySeconds"] = 0
    for container in weave:
        if container.get("readinessProbe"):
            container["readinessProbe"]["periodSeconds"] = 1


def _daemon_sets(document: dict[str, Any]) -> list[dict[str, Any]]:
    if document["kind"] == "List":
        return [found for item in document["items"] for found in _daemon_sets(item)]
    return [document] if document["kind"] == "DaemonSet" else []


def _containers(daemon_set: Mapping[str, Any]) -> list[dict[str, Any]]:
    spec = daemon_set["spec"]["template"]["spec"]
    return [*(spec.get("initContainers") or []), *spec["containers"]]


def _quoted(value: str) -> str:
    """A double-quoted YAML string: JSON's is one."""
    return json.dumps(value)


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(asset("templates")),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - not HTML: values pass the filters ruby and quoted
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["ruby"] = ruby
    environment.filters["quoted"] = _quoted
    return environment


def _render(template: str, **values: object) -> str:
    return _environment().get_template(template).render(**values)
