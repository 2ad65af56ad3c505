"""The end of validity is read from certificates of every kind."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from services.edge.certificate_dates import valid_until

_PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
KEYS: dict[str, tuple[_PrivateKey, hashes.SHA256 | None]] = {
    "ed25519": (ed25519.Ed25519PrivateKey.generate(), None),
    "ec": (ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()),
    "rsa": (rsa.generate_private_key(65537, 2048), hashes.SHA256()),
}


def certificate(until: datetime, kind: str = "ed25519") -> bytes:
    """A certificate with a long name, so that some of its lengths have several bytes."""
    key, digest = KEYS[kind]
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "x" * 60)] * 4)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=90))
        .not_valid_after(until)
    )
    return builder.sign(key, digest).public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("year", [1999, 2026, 2049, 2050, 2120])
def test_the_end_is_read(kind: str, year: int) -> None:
    """From 2050 on, the time has another format."""
    until = datetime(year, 7, 1, 12, 30, 15, tzinfo=UTC)

    assert valid_until(certificate(until, kind)) == until.timestamp()


DER = certificate(datetime(2027, 1, 1, tzinfo=UTC))


@given(st.binary(max_size=40) | st.integers(0, len(DER) - 1).map(lambda size: DER[:size]))
def test_anything_else_is_refused(der: bytes) -> None:
    """No other error occurs."""
    with pytest.raises(ValueError):  # noqa: PT011 - its text depends on the bytes
        valid_until(der)


@given(st.integers(0, len(DER) - 1), st.integers(0, 255))
def test_a_changed_byte_raises_no_other_error(position: int, value: int) -> None:
    """The certificate comes from whatever answers at the address."""
    changed = bytearray(DER)
    changed[position] = value
    with suppress(ValueError):
        valid_until(bytes(changed))
