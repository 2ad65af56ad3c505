"""G.711 by table."""

from hypothesis import given
from hypothesis import strategies as st

from parley import mulaw


def test_known_codes() -> None:
    """Silence, the loudest samples and the published step of the code."""
    assert mulaw.DECODE[0xFF] == 0
    assert mulaw.DECODE[0x00] == -32124
    assert mulaw.DECODE[0x80] == 32124
    assert mulaw.ENCODE[0] == 0xFF


@given(st.integers(0, 255))
def test_a_code_survives_decoding_and_encoding(code: int) -> None:
    """Encoding is the inverse of decoding, but for the second zero."""
    again = mulaw.ENCODE[mulaw.DECODE[code] & 0xFFFF]

    assert again == (0xFF if code == 0x7F else code)


@given(st.integers(-32768, 32767))
def test_the_error_is_small_against_the_sample(sample: int) -> None:
    """A sample comes back within a sixteenth of its size."""
    again = mulaw.DECODE[mulaw.ENCODE[sample & 0xFFFF]]

    assert abs(again - sample) <= max(8, abs(sample) // 16)


def test_time_and_bytes() -> None:
    """Eight bytes are a millisecond."""
    assert mulaw.ms_of(160) == 20
    assert mulaw.bytes_of(20) == 160
    assert mulaw.silence(1) == b"\xff" * 8
