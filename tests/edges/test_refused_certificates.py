"""What a person is told of a certificate that is refused: each cause has a way out of its own."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpcore
import pytest

from skillctl.core.errors import RegistryError
from skillctl.core.wording import worded
from skillctl.edges.http.faults import named_faults
from tests.edges.faults_of_the_web import CALM
from tests.support.tls import Authority


def advice(error: ssl.SSLError) -> str:
    """The hint of what becomes of the error on its way through the transport."""
    with pytest.raises(RegistryError, match="E281") as caught, named_faults("https://a.example", 0, 1, CALM):
        raise httpcore.ConnectError("no") from error
    return worded(caught.value.problems[0]).hint


def refused(message: str) -> ssl.SSLError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = message
    return error


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Missing Authority Key Identifier", "RFC 5280"),
        ("CA cert does not include key usage extension", "RFC 5280"),
        ("Basic Constraints of CA cert not marked critical", "RFC 5280"),
        ("Path length given without key usage keyCertSign", "RFC 5280"),
        ("Issuer name empty", "RFC 5280"),
        ("certificate has expired", "clock"),
        ("self-signed certificate in certificate chain", "SSL_CERT_FILE"),
        ("unable to get local issuer certificate", "a company's own authority"),
        ("authority and subject key identifier mismatch", "check the address"),
        ("Hostname mismatch, certificate is not valid for 'a.example'", "check the address"),
    ],
)
def test_the_advice_fits_the_cause(said: str, expected: str) -> None:
    assert expected in advice(refused(said))


def test_a_certificate_without_the_identifier_of_its_authority_has_to_be_made_anew(tmp_path: Path) -> None:
    """As Python 3.13 checks it by itself, here with what OpenSSL really says."""
    authority = Authority(tmp_path, identified=False)
    client = ssl.create_default_context(cafile=authority.file)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    server = authority.certificate("a.example").context()
    with pytest.raises(ssl.SSLError) as caught:
        shake_hands(client, server)
    assert "RFC 5280" in advice(caught.value)


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    """One handshake in memory."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    asks = client.wrap_bio(back, there, server_hostname="a.example")
    answers = server.wrap_bio(there, back, server_side=True)
    for _ in range(4):
        for side in (asks, answers):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
