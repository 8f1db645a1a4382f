"""Reissues every certificate of a lab's nodes in containers as it would be after a year and a day: past its end.

Same subject, names, uses and keys, signed by the cluster's own authorities, which stay as they are.
"""

from __future__ import annotations

import base64
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from labctl.facts.certificates import CONTROL_PLANE, KUBECTL, KUBELET
from tests.hard_use import in_container as on

PKI = "/etc/kubernetes/pki"
PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n", re.DOTALL)
DATA = re.compile(r"(?<=client-certificate-data: )\S+")
END = datetime.now(timezone.utc) - timedelta(days=1)
Key = RSAPrivateKey | EllipticCurvePrivateKey


def key(master: str, file: str) -> Key:
    """A private key on the master."""
    found = serialization.load_pem_private_key(on(master, f"cat {file}").encode(), None)
    assert isinstance(found, RSAPrivateKey | EllipticCurvePrivateKey)
    return found


def reissued(pem: str, signer: Key) -> str:
    """The same certificate with an end in the past."""
    old = x509.load_pem_x509_certificate(pem.encode())
    new = x509.CertificateBuilder(
        old.issuer,
        old.subject,
        old.public_key(),
        old.serial_number,
        END - timedelta(days=365),
        END,
        list(old.extensions),
    )
    return new.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def ended(text: str, signer: Key) -> str:
    """The text of a file with its certificates reissued: PEM as it is, or in base64 in a kubeconfig."""

    def in_kubeconfig(found: re.Match[str]) -> str:
        return base64.b64encode(reissued(base64.b64decode(found[0]).decode(), signer).encode()).decode()

    return DATA.sub(in_kubeconfig, PEM.sub(lambda found: reissued(found[0], signer), text))


def in_file(container: str, path: str, signer: Key) -> None:
    # Not by a new file: owner, mode and what links to it stay.
    on(container, f"cat > {path}", ended(on(container, f"cat {path}"), signer))


def expire(master: str, workers: list[str], kubeconfig: Path) -> None:
    """Every certificate on these nodes but the authorities', and this computer's, is past its end.

    Kubelets and the control plane are started anew, so that they read what they have.
    """
    authority = key(master, f"{PKI}/ca.key")
    others = {"front-proxy": key(master, f"{PKI}/front-proxy-ca.key"), "etcd": key(master, f"{PKI}/etcd/ca.key")}
    for path in (*CONTROL_PLANE, *KUBECTL):
        # apiserver-etcd-client.crt is etcd's, too.
        signer = next((name for name in others if name in path), "")
        in_file(master, path, others.get(signer, authority))
    kubeconfig.write_text(ended(kubeconfig.read_text(), authority))
    for node in (master, *workers):
        in_file(node, KUBELET[0], authority)
        on(node, "systemctl restart kubelet")
    names = "k8s_etcd|k8s_kube-apiserver|k8s_kube-controller-manager|k8s_kube-scheduler"
    on(master, f"docker kill $(docker ps --quiet --filter 'name=^/({names})_')")


def days_left(container: str, path: str) -> float:
    """For how many days the certificates in a file are good."""
    text = on(container, f"cat {path}")
    pems = PEM.findall(text) + [base64.b64decode(data).decode() for data in DATA.findall(text)]
    ends = [x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc for pem in pems]
    return (min(ends) - datetime.now(timezone.utc)) / timedelta(days=1)
