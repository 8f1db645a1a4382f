"""The shape of a lab file as frozen pydantic models: keys, types, defaults.

Checks of one value stand in values.py, rules between values in rules.py.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from labctl.config import rules, sizes, values
from labctl.config.faults import MAX_NODES

# The error type of rules between values; load.py tells those itself, with their lines.
RULES_ERROR = "lab_rules"

NodeName = Annotated[
    str,
    AfterValidator(values.node_name),
    Field(json_schema_extra={"pattern": values.DNS_LABEL, "maxLength": values.NODE_NAME_MAX}),
]
LabName = Annotated[
    str,
    AfterValidator(values.lab_name),
    Field(json_schema_extra={"pattern": values.DNS_LABEL, "maxLength": values.LAB_NAME_MAX}),
]
NodeIp = Annotated[str, AfterValidator(values.node_ip), Field(json_schema_extra={"pattern": values.IPV4})]
Cidr = Annotated[str, AfterValidator(values.cidr), Field(json_schema_extra={"pattern": values.CIDR})]
BoxName = Annotated[str, AfterValidator(values.box), Field(json_schema_extra={"pattern": values.BOX})]
BoxUrl = Annotated[str, AfterValidator(values.box_url), Field(json_schema_extra={"pattern": values.BOX_URL})]
BoxVersion = Annotated[
    str, AfterValidator(values.box_version), Field(json_schema_extra={"pattern": values.BOX_VERSION})
]
BoxChecksum = Annotated[str, AfterValidator(values.box_checksum), Field(json_schema_extra={"pattern": values.SHA256})]


class _Model(BaseModel):
    # strict: "2" is no number and `on` is no name, whatever YAML makes of them.
    # defer_build: a nested model is built once, with the whole, not once more by itself.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class NodeConfig(_Model):
    """One machine of the lab."""

    name: NodeName = Field(description="Host name and Kubernetes node name: a DNS label.")
    role: Literal["control-plane", "worker"] = Field(description="Exactly one node is the control plane.")
    ip: NodeIp = Field(description="IPv4 address; all nodes share one private /24.")
    cpus: int = Field(
        default=sizes.WORKER_CPUS,
        description=f"Processors; default {sizes.CONTROL_PLANE_CPUS} for the control plane (kubeadm's minimum), "
        f"{sizes.WORKER_CPUS} for a worker.",
        json_schema_extra={"minimum": sizes.MIN_CPUS, "maximum": sizes.MAX_CPUS},
    )
    memory_mb: int = Field(
        default=sizes.WORKER_MEMORY_MB,
        description=f"Memory in MB; default {sizes.CONTROL_PLANE_MEMORY_MB} for the control plane "
        f"(kubeadm's minimum is {sizes.MIN_CONTROL_PLANE_MEMORY_MB}), {sizes.WORKER_MEMORY_MB} for a worker.",
        json_schema_extra={"minimum": sizes.MIN_MEMORY_MB, "maximum": sizes.MAX_MEMORY_MB},
    )

    @model_validator(mode="before")
    @classmethod
    def _size_by_role(cls, data: Any) -> Any:  # noqa: ANN401  # whatever stands in the file
        if not isinstance(data, dict) or data.get("role") != "control-plane":
            return data
        return {"cpus": sizes.CONTROL_PLANE_CPUS, "memory_mb": sizes.CONTROL_PLANE_MEMORY_MB, **data}


class NetworkConfig(_Model):
    """The cluster's own networks."""

    pod_cidr: Cidr = Field(default="10.32.0.0/12", description="Network of the pods; weave-net's own default.")
    service_cidr: Cidr = Field(default="10.96.0.0/12", description="Network of the services; kubeadm's default.")


class LabConfig(_Model):
    """A lab of labctl: its machines and networks."""

    name: LabName = Field(default="tutorial", description="Name of the lab: a DNS label.")
    provider: Literal["auto", "virtualbox", "libvirt", "docker"] = Field(
        default="auto", description="What the machines are; auto takes the first that works on this computer."
    )
    release: Literal["tutorial"] = Field(default="tutorial", description="Which versions the lab runs.")
    fast: bool = Field(
        default=True,
        description="Settings of kubelet and control plane that bring the cluster up in a third of the time.",
    )
    nodes: tuple[NodeConfig, ...] = Field(
        strict=False,  # a YAML sequence is a list
        description="The machines, in the order in which they are shown.",
        json_schema_extra={"minItems": 1, "maxItems": MAX_NODES},
    )
    network: NetworkConfig = Field(default=NetworkConfig(), description="The cluster's own networks.")
    box: BoxName | None = Field(default=None, description="Vagrant box of virtual machines, instead of the default.")
    box_url: BoxUrl | None = Field(default=None, description="Where that box lies (http, https, file).")
    box_version: BoxVersion | None = Field(default=None, description="Version of the box.")
    box_checksum: BoxChecksum | None = Field(default=None, description="SHA-256 of the file at box_url.")

    @model_validator(mode="after")
    def _rules_hold(self) -> LabConfig:
        faults = list(rules.faults(self.model_dump()))
        if faults:
            text = "; ".join(f"{fault.message}: {fault.value}" for fault in faults)
            raise PydanticCustomError(RULES_ERROR, "{text}", {"text": text})
        return self
