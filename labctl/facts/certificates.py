"""Which certificates the machines of a cluster have, and from when until when they are valid; read tolerantly.

Only the shape is read here; the dates come from labctl/collect/certificates.py, what counts is labctl/steps'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from labctl.facts.observed import NotObserved, NotObservedError, field, typed

CERTIFICATES_FILE = "certificates.json"
# Left on a node while its certificates are being renewed: what runs there may still use the old ones.
UNFINISHED = "/etc/labctl/renewing-certificates"

_KUBERNETES = "/etc/kubernetes"
_PKI = f"{_KUBERNETES}/pki"
AUTHORITIES = (f"{_PKI}/ca.crt", f"{_PKI}/front-proxy-ca.crt", f"{_PKI}/etcd/ca.crt")
CONTROL_PLANE = (
    f"{_PKI}/apiserver.crt",
    f"{_PKI}/apiserver-kubelet-client.crt",
    f"{_PKI}/apiserver-etcd-client.crt",
    f"{_PKI}/front-proxy-client.crt",
    f"{_PKI}/etcd/server.crt",
    f"{_PKI}/etcd/peer.crt",
    f"{_PKI}/etcd/healthcheck-client.crt",
    f"{_KUBERNETES}/admin.conf",
    f"{_KUBERNETES}/controller-manager.conf",
    f"{_KUBERNETES}/scheduler.conf",
)
KUBELET = ("/var/lib/kubelet/pki/kubelet-client-current.pem", "/var/lib/kubelet/pki/kubelet.crt")
# As kubeadm writes it, it names kubelet's own file; the certificate stands in it where kubeadm was cut off.
KUBELET_KUBECONFIG = f"{_KUBERNETES}/kubelet.conf"
KUBECTL = ("/root/.kube/config", "/home/vagrant/.kube/config")
FILES = (*AUTHORITIES, *CONTROL_PLANE, *KUBELET, KUBELET_KUBECONFIG, *KUBECTL)

# The last second of the year 9999, the latest that a certificate can name.
_MOST = 253_402_300_799


@dataclass(frozen=True)
class Validity:
    """From and until when a certificate is valid, in seconds since 1970."""

    since: int
    until: int


@dataclass(frozen=True)
class NodeCertificates:
    """What one machine has. clock: its own time of that look, in seconds since 1970; unfinished: a renewal was cut off.

    files: what each of FILES that is there holds; NotObserved where it is damaged or cannot be read.
    """

    clock: int
    unfinished: bool
    files: Mapping[str, tuple[Validity, ...] | NotObserved]


def read_certificates(data: object, name: str) -> NodeCertificates | NotObserved:
    """The parsed JSON of a node's file; name is told where something is missing or of the wrong type."""
    try:
        told = typed(data, dict, name)
        files = field(told, "files", dict, {}, of=name)
        clock = _time(told.get("clock"), f"clock of {name}")
        unfinished = field(told, "unfinished", bool, False, of=name)
        return NodeCertificates(clock, unfinished, {path: _file(files[path], path) for path in FILES if path in files})
    except NotObservedError as error:
        return NotObserved(error.reason)


def _file(value: object, path: str) -> tuple[Validity, ...] | NotObserved:
    if isinstance(value, str):
        return NotObserved(f"{path}: {value}")
    return tuple(_validity(each, path) for each in typed(value, list, path))


def _validity(value: object, path: str) -> Validity:
    times = [_time(each, f"a time of {path}") for each in typed(value, list, path)]
    if len(times) != len(Validity.__dataclass_fields__):
        raise NotObservedError(f"{path} does not have two times")
    return Validity(*times)


def _time(value: object, what: str) -> int:
    time = typed(value, int, what)
    if not 0 <= time <= _MOST:
        raise NotObservedError(f"{what} is no time")
    return time
