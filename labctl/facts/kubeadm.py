"""What kubeadm wrote down of the cluster in its ConfigMap kubeadm-config. Reading only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from labctl.facts.objects import KubeObject
from labctl.facts.observed import NotObservedError, field, quote, typed

_DEFAULT_PORT = 6443
_MAX_YAML = 256 * 1024


def config_endpoints(config_maps: Iterable[KubeObject]) -> list[str]:
    """URLs of the API server by kubeadm-config; none if kubeadm wrote none or there is no kubeadm-config.

    ClusterStatus names each control plane's address up to Kubernetes 1.21; controlPlaneEndpoint is there only if it
    was set. Raises NotObservedError where they cannot be read.
    """
    found: list[str] = []
    for config_map in config_maps:
        if config_map.name == "kubeadm-config":
            status = _yaml(config_map, "ClusterStatus")
            for name, each in field(status, "apiEndpoints", dict, {}, of="ClusterStatus").items():
                entry = typed(each, dict, f"apiEndpoints of {name}")
                address = field(entry, "advertiseAddress", str, "", of=name)
                found.append(f"https://{address}:{field(entry, 'bindPort', int, _DEFAULT_PORT, of=name)}")
            shared = field(_yaml(config_map, "ClusterConfiguration"), "controlPlaneEndpoint", str, "")
            found += [f"https://{shared if ':' in shared else f'{shared}:{_DEFAULT_PORT}'}"] if shared else []
    return found


def _yaml(config_map: KubeObject, key: str) -> dict[str, Any]:
    import yaml

    text = config_map.mapping("data").get(key) or ""
    if not isinstance(text, str) or len(text) > _MAX_YAML:
        raise NotObservedError(f"{key} of kubeadm-config is not a text of a sane size")
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NotObservedError(f"{key} of kubeadm-config is not YAML: {quote(str(error))}") from None
    return {} if data is None else typed(data, dict, f"{key} of kubeadm-config")
