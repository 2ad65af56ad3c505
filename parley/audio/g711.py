"""G.711 mu-law by table, and the arithmetic between its bytes and time. No I/O, no clock.

One byte is one sample at 8 kHz, so 8 bytes are one millisecond (ITU-T G.711).
"""

BYTES_PER_MS = 8
SAMPLES_PER_MS = BYTES_PER_MS
SAMPLE_RATE_HZ = 8000
FRAME_MS = 20
FRAME_BYTES = FRAME_MS * BYTES_PER_MS
SILENCE = b"\xff"
"""Mu-law's positive zero."""

_BIAS = 0x84
_CLIP = 32635


def duration_ms(mulaw: bytes) -> int:
    """Duration in whole milliseconds."""
    return len(mulaw) // BYTES_PER_MS


def _decode_byte(code: int) -> int:
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + _BIAS) << ((code & 0x70) >> 4)
    return _BIAS - magnitude if code & 0x80 else magnitude - _BIAS


def _encode_sample(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), _CLIP) + _BIAS
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | (exponent << 4) | mantissa) & 0xFF


#: 16-bit linear sample for each of the 256 codes.
DECODE: tuple[int, ...] = tuple(_decode_byte(code) for code in range(256))
QUIET_BYTES = bytes(code for code, sample in enumerate(DECODE) if abs(sample) < 100)
"""Codes of small samples, as in the silence on a telephone line."""

#: Mu-law code for each 16-bit sample, indexed by the sample read as unsigned.
ENCODE: bytes = bytes(
    _encode_sample(sample if sample < 0x8000 else sample - 0x10000) for sample in range(0x10000)
)


def bytes_to_ms(byte_count: int) -> float:
    """Duration of `byte_count` bytes of mu-law, in milliseconds."""
    return byte_count / BYTES_PER_MS


def ms_to_bytes(ms: float) -> int:
    """Number of mu-law bytes in `ms` milliseconds, rounded down to whole samples."""
    return int(ms * BYTES_PER_MS)


def make_silence(ms: float) -> bytes:
    """Mu-law silence of `ms` milliseconds."""
    return SILENCE * ms_to_bytes(ms)
