"""Certificates of the tests' own, and the kubeconfig that kubeadm would write with them."""

from __future__ import annotations

import base64
import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Certificate = tuple[bytes, bytes]  # certificate and key, both PEM


class Authority:
    """A certificate authority that lives as long as a test."""

    def __init__(self, name: str = "kubernetes") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        certificate = self._builder(self._name, self._key.public_key())
        certificate = certificate.add_extension(constraints, critical=True).add_extension(usage, critical=True)
        self._identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        self.pem = (
            certificate.add_extension(self._identifier, critical=False)
            .sign(self._key, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
        )

    def issue(self, name: str, *, address: str = "127.0.0.1", hours: int = 1) -> Certificate:
        """A certificate for name and address; one of hours below 0 has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identifier)
        certificate = (
            self._builder(subject, key.public_key(), hours)
            .add_extension(names, critical=False)
            .add_extension(authority, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        encoding = serialization.Encoding.PEM
        form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        return certificate.public_bytes(encoding), key.private_bytes(encoding, form, plain)

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, hours: int = 1) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.timezone.utc)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=24))
            .not_valid_after(now + datetime.timedelta(hours=hours))
        )


def kubeconfig(path: Path, port: int, authority: Authority, client: Certificate, extra: str = "") -> Path:
    """An administrator's kubeconfig, as kubeadm writes it; extra: more fields of its cluster."""

    def inline(pem: bytes) -> str:
        return base64.b64encode(pem).decode()

    path.write_text(
        f"""apiVersion: v1
kind: Config
current-context: admin
contexts: [{{name: admin, context: {{cluster: lab, user: admin}}}}]
clusters:
- name: lab
  cluster: {{server: "https://127.0.0.1:{port}", certificate-authority-data: {inline(authority.pem)}{extra}}}
users:
- {{name: admin, user: {{client-certificate-data: {inline(client[0])}, client-key-data: {inline(client[1])}}}}}
"""
    )
    return path
