"""A company's own authority, and the certificates that it gives."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    """A server's certificate with its key, as files."""

    chain: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """What a server encrypts with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context


_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


class Authority:
    """An authority that nobody knows who was not told of it."""

    def __init__(self, room: Path, name: str = "An authority of our own", *, identified: bool = True) -> None:
        """`identified`: its certificates say by which key they were made, which Python 3.13 asks for."""
        self._identified = identified
        room.mkdir(parents=True, exist_ok=True)
        self._room = room
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        own = (
            self._built(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_SIGNS_CERTIFICATES, critical=True)
        )
        self.file = room / "authority.pem"
        """What SSL_CERT_FILE names."""
        self.file.write_bytes(own.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def certificate(self, host: str) -> Certificate:
        """A certificate for a host name or an address."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        named = x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
        built = self._built(subject, key.public_key()).add_extension(
            x509.SubjectAlternativeName([named]), critical=False
        )
        chain, file = self._room / f"{host}.pem", self._room / f"{host}.key"
        chain.write_bytes(built.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return Certificate(chain, file)

    def _built(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        """With the identifiers of both keys (RFC 5280, sections 4.2.1.1 and 4.2.1.2)."""
        now = datetime.now(UTC)
        built = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return built.add_extension(identifier, critical=False) if self._identified else built
