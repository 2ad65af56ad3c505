"""Reads the end of validity from an X.509 certificate (RFC 5280). No I/O.

The standard library decodes only certificates that it has verified, which an expired one is not.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

_INTEGER, _UTC_TIME, _GENERALIZED_TIME, _SEQUENCE, _VERSION = 0x02, 0x17, 0x18, 0x30, 0xA0
_LONG_LENGTH = 0x80


def valid_until(der: bytes) -> float:
    """Return the end of validity as Unix time.

    Raises:
        ValueError: the bytes are not a certificate.
    """
    certificate = _only(_elements(der), _SEQUENCE)
    fields = _elements(_only(_elements(certificate), _SEQUENCE))
    # TBSCertificate: an optional version, serial number, algorithm, issuer, validity.
    first, _ = next(fields, (0, b""))
    expected = (_INTEGER, _SEQUENCE, _SEQUENCE) if first == _VERSION else (_SEQUENCE, _SEQUENCE)
    for tag in expected:
        _only(fields, tag)
    validity = _elements(_only(fields, _SEQUENCE))
    next(validity, None)
    return _unix_time(*next(validity, (0, b"")))


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements in a constructed one: tags and contents."""
    position = 0
    while position < len(der):
        tag, length = der[position], int.from_bytes(der[position + 1 : position + 2])
        position += 2
        if length & _LONG_LENGTH:
            size = length & ~_LONG_LENGTH
            length = int.from_bytes(der[position : position + size])
            position += size
        if position + length > len(der):
            raise ValueError("not a certificate: an element is cut off")
        yield tag, der[position : position + length]
        position += length


def _only(elements: Iterator[tuple[int, bytes]], wanted: int) -> bytes:
    """The content of the next element, which has to have the wanted tag."""
    tag, content = next(elements, (0, b""))
    if tag != wanted:
        raise ValueError(f"not a certificate: tag {tag:#x} instead of {wanted:#x}")
    return content


def _unix_time(tag: int, content: bytes) -> float:
    text = content.decode("ascii")
    if tag == _UTC_TIME:
        # Two digits of the year, 1950 to 2049.
        text = ("20" if text[:2] < "50" else "19") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("not a certificate: no end of validity")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()
