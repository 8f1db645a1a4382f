"""A stand-in for the lab's API server: TLS with an authority of its own, client certificates, answers from a table."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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

    def issue(self, name: str) -> Certificate:
        """A certificate for name and 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identifier)
        certificate = (
            self._builder(subject, key.public_key())
            .add_extension(names, critical=False)
            .add_extension(authority, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        encoding = serialization.Encoding.PEM
        form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        return certificate.public_bytes(encoding), key.private_bytes(encoding, form, plain)

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.timezone.utc)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
        )


@dataclass
class ApiServer:
    """answers: path -> (status, body); a path in `silent` gets none before the server is closed."""

    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    port: int = 0
    closing: threading.Event = field(default_factory=threading.Event)

    def says(self, path: str, document: object, status: int = 200) -> None:
        self.answers[path] = (status, json.dumps(document).encode())


def _handler(server: ApiServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(self.path)
            if self.path in server.silent:
                server.closing.wait(30)
                self.close_connection = True
                return
            not_found = (404, b'{"kind":"Status","message":"the server could not find the requested resource"}')
            status, body = server.answers.get(self.path, not_found)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests read `asked`."""

    return Handler


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Clients that refuse the certificate end the handshake: expected."""


@contextmanager
def serving(authority: Authority, folder: Path) -> Iterator[ApiServer]:
    """An API server on a free port of 127.0.0.1 that takes only clients of the authority."""
    server = ApiServer()
    certificate, key = authority.issue("kube-apiserver")
    (folder / "server.pem").write_bytes(certificate + key)
    (folder / "ca.pem").write_bytes(authority.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    http = _Quiet(("127.0.0.1", 0), _handler(server))
    # The handshake belongs to the connection's own thread: one that refuses it must not stop the server.
    http.socket = context.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        http.shutdown()
        http.server_close()
        thread.join(10)


def kubeconfig(path: Path, port: int, authority: Authority, client: Certificate) -> Path:
    """An administrator's kubeconfig, as kubeadm writes it."""

    def inline(pem: bytes) -> str:
        return base64.b64encode(pem).decode()

    path.write_text(
        f"""apiVersion: v1
kind: Config
current-context: admin
contexts: [{{name: admin, context: {{cluster: lab, user: admin}}}}]
clusters:
- {{name: lab, cluster: {{server: "https://127.0.0.1:{port}", certificate-authority-data: {inline(authority.pem)}}}}}
users:
- {{name: admin, user: {{client-certificate-data: {inline(client[0])}, client-key-data: {inline(client[1])}}}}}
"""
    )
    return path
