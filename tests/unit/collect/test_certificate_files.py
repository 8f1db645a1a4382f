"""What the script on the nodes tells of certificates: their dates, whatever the key; and what is wrong with a file."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from labctl.collect import certificates
from labctl.collect.certificates import embedded, look, validities, validity

SINCE = datetime(2021, 5, 30, 10, 0, 1, tzinfo=timezone.utc)
UNTIL = SINCE + timedelta(days=365)
TIMES = [int(SINCE.timestamp()), int(UNTIL.timestamp())]
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def certificate(
    since: datetime = SINCE, until: datetime = UNTIL, key: Key | None = None, serial: int = 1, name: str = "kube"
) -> x509.Certificate:
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = x509.CertificateBuilder(subject, subject, key.public_key(), serial, since, until)
    return built.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def der(made: x509.Certificate) -> bytes:
    return made.public_bytes(serialization.Encoding.DER)


def pem(made: x509.Certificate) -> str:
    return made.public_bytes(serialization.Encoding.PEM).decode()


def kubeconfig(user: str, made: x509.Certificate) -> str:
    data = base64.b64encode(pem(made).encode()).decode()
    return f"users:\n- name: {user}\n  user:\n    client-certificate-data: {data}\n    client-key-data: c2VjcmV0\n"


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 2048),
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["rsa", "ecdsa", "ed25519"],
)
def test_the_kind_of_the_key_does_not_matter(key: Key) -> None:
    assert validity(der(certificate(key=key))) == TIMES


@pytest.mark.parametrize(("serial", "name"), [(2**158, "k"), (127, "n" * 64), (128, "n")])
def test_long_numbers_and_names(serial: int, name: str) -> None:
    assert validity(der(certificate(serial=serial, name=name))) == TIMES


@pytest.mark.parametrize("year", [1951, 1999, 2000, 2049, 2050, 9999])
def test_every_year_that_a_certificate_can_name(year: int) -> None:
    end = datetime(year, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    made = certificate(since=datetime(1950, 1, 1, tzinfo=timezone.utc), until=end)
    assert validity(der(made))[1] == int(end.timestamp())


def test_no_cut_or_spoiled_certificate_stops_the_look(tmp_path: Path) -> None:
    """Whatever stands there, the answer is dates or words: a byte less or another never ends in a traceback."""
    whole = der(certificate())
    file = tmp_path / "apiserver.crt"
    for place in range(0, len(whole), 3):
        for spoiled in (whole[:place], whole[:place] + b"\xff" + whole[place + 1 :]):
            text = base64.encodebytes(spoiled).decode()
            file.write_text(f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n")
            assert isinstance(look(str(file)), list | str)


def test_all_certificates_of_a_file_count_and_keys_do_not() -> None:
    key = "-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n"
    assert validities(pem(certificate()) + key + pem(certificate())) == [TIMES, TIMES]


def test_a_learners_own_user_in_a_kubeconfig_is_no_business_of_ours() -> None:
    assert validities(embedded(kubeconfig("kubernetes-admin", certificate()))) == [TIMES]
    assert validities(embedded(kubeconfig("system:kube-scheduler", certificate()))) == [TIMES]
    assert embedded(kubeconfig("jane", certificate())) == ""


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", []),
        (b"no certificate", []),
        (pem(certificate()).encode()[:-30], "it is damaged: cut off"),
        (b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", "it is damaged: index out of range"),
        (b"\xff\xfe", "it is damaged: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(tmp_path: Path, content: bytes, told: object) -> None:
    (tmp_path / "ca.crt").write_bytes(content)
    assert look(str(tmp_path / "ca.crt")) == told


def test_what_is_there_but_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").mkdir()
    assert look(str(tmp_path / "ca.crt")) == "it cannot be read: Is a directory"
    assert look(str(tmp_path / "none.crt")) is None


def test_on_a_node_it_prints_one_object(tmp_path: Path) -> None:
    """As the look runs it: its own text on standard input of a Python that knows nothing of labctl."""
    (tmp_path / "apiserver.crt").write_text(pem(certificate()))
    (tmp_path / "admin.conf").write_text(kubeconfig("kubernetes-admin", certificate()))
    paths = [str(tmp_path / name) for name in ("apiserver.crt", "admin.conf", "none.crt")]
    text = Path(certificates.__file__).read_text()
    for mark in (tmp_path / "mark", tmp_path):
        command = [sys.executable, "-IS", "-", str(mark), *paths]
        told = json.loads(subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout)
        assert told["files"] == {paths[0]: [TIMES], paths[1]: [TIMES]}
        assert told["unfinished"] is mark.exists()
        assert told["clock"] > TIMES[0]
