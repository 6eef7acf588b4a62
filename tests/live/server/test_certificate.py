"""Certificates and keys, made by openssl and judged as the server would."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.secret_file import SecretFile
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server import certificate, tls

PASSPHRASE = "not-a-secret-0006-abcdefgh"


def run(command: list[str]) -> tuple[int, str, str]:
    """A program, as the module runs it."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def pems() -> tuple[str, str]:
    """Two pairs."""
    return tls.made("db.example.com", ["localhost", "127.0.0.1", "::1"], run), tls.made("other.example.com", [], run)


def key_of(pem: str) -> str:
    """The key of a pair."""
    return pem.partition(certificate.CERTIFICATE)[0]


def certificate_of(pem: str) -> str:
    """The certificate of a pair."""
    return certificate.CERTIFICATE + pem.partition(certificate.CERTIFICATE)[2]


def test_a_self_made_pair_is_good_and_names_the_host(pems: tuple[str, str], tmp_path: Path) -> None:
    assert certificate.fault(pems[0]) == ""
    path = tmp_path / "good_neighbor.pem"
    path.write_text(pems[0])
    names = run(["openssl", "x509", "-in", str(path), "-noout", "-ext", "subjectAltName"])[1]
    assert "DNS:db.example.com, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1" in names
    assert tls.good(SecretFile(str(path), ""), run)
    assert not tls.good(SecretFile(str(tmp_path / "none"), ""), run)


def test_what_is_wrong_with_a_pair_is_told_without_the_key(pems: tuple[str, str]) -> None:
    one, other = pems
    wrong = {
        "do not belong together": certificate.joined(certificate_of(one), key_of(other)),
        "no certificate": key_of(one), "no private key": certificate_of(one),
        "cannot read": certificate.joined(certificate_of(one), key_of(one)[:60] + key_of(one)[70:]),
    }
    for says, pem in wrong.items():
        assert says in certificate.fault(pem)


def test_an_encrypted_key_needs_its_passphrase(pems: tuple[str, str], tmp_path: Path) -> None:
    for name, text in (("key", key_of(pems[0])), ("pass", PASSPHRASE)):
        (tmp_path / name).write_text(text)
    locked = run(["openssl", "pkey", "-in", f"{tmp_path}/key", "-aes256", "-passout", f"file:{tmp_path}/pass"])[1]
    pem = certificate.joined(certificate_of(pems[0]), locked)
    assert certificate.fault(pem, PASSPHRASE) == ""
    assert "there is no passphrase" in certificate.fault(pem)
    assert "does not open" in certificate.fault(pem, "another")


def test_one_near_its_end_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "good_neighbor.pem"
    run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=x",
         "-days", "29", "-keyout", f"{tmp_path}/key", "-out", f"{tmp_path}/certificate"])
    path.write_text((tmp_path / "key").read_text() + (tmp_path / "certificate").read_text())
    assert certificate.fault(path.read_text()) == ""
    assert not tls.good(SecretFile(str(path), ""), run)
