"""Conversion between mu-law and linear samples by lookup table."""

from hypothesis import given
from hypothesis import strategies as st

from parley.audio import g711


def test_encoding_follows_the_standard() -> None:
    """Silence, the loudest samples and the published step are encoded as in G.711."""
    assert g711.DECODE[0xFF] == 0
    assert g711.DECODE[0x00] == -32124
    assert g711.DECODE[0x80] == 32124
    assert g711.ENCODE[0] == 0xFF


@given(st.integers(0, 255))
def test_a_code_is_unchanged_by_decoding_and_encoding(code: int) -> None:
    """Encoding is the inverse of decoding, except for the second zero."""
    again = g711.ENCODE[g711.DECODE[code] & 0xFFFF]

    assert again == (0xFF if code == 0x7F else code)


@given(st.integers(-32768, 32767))
def test_the_error_is_small_relative_to_the_sample(sample: int) -> None:
    """A sample is reproduced to within a sixteenth of its size."""
    again = g711.DECODE[g711.ENCODE[sample & 0xFFFF]]

    assert abs(again - sample) <= max(8, abs(sample) // 16)


def test_bytes_are_converted_to_time_and_back() -> None:
    """Eight bytes are one millisecond."""
    assert g711.bytes_to_ms(160) == 20
    assert g711.ms_to_bytes(20) == 160
    assert g711.make_silence(1) == b"\xff" * 8
