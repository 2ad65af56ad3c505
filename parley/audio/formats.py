"""The formats in which audio is exchanged with providers, and the arithmetic between their bytes and time.

Calls carry mu-law at 8 kHz; `conversion` is for providers that take or make another format. No I/O.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from parley.audio.g711 import SILENCE

Encoding: TypeAlias = Literal["mulaw", "pcm_s16le"]
"""G.711 mu-law, or linear samples of 16 bits, the low byte first."""

_BYTES_PER_SAMPLE: dict[Encoding, int] = {"mulaw": 1, "pcm_s16le": 2}
_MIN_RATE_HZ, _MAX_RATE_HZ = 8000, 48_000


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """The format of mono audio without a header.

    Raises:
        ValueError: the encoding is unknown, or the rate is not between 8 and 48 kHz.
    """

    encoding: Encoding
    sample_rate_hz: int

    def __post_init__(self) -> None:
        if self.encoding not in _BYTES_PER_SAMPLE:
            raise ValueError(f"encoding {self.encoding!r}: must be one of {', '.join(_BYTES_PER_SAMPLE)}")
        if not _MIN_RATE_HZ <= self.sample_rate_hz <= _MAX_RATE_HZ:
            raise ValueError(
                f"sample rate {self.sample_rate_hz} Hz: must be {_MIN_RATE_HZ} to {_MAX_RATE_HZ}"
            )

    @property
    def bytes_per_sample(self) -> int:
        """Number of bytes of one sample."""
        return _BYTES_PER_SAMPLE[self.encoding]

    @property
    def silence(self) -> bytes:
        """One silent sample."""
        return SILENCE if self.encoding == "mulaw" else b"\0\0"

    def bytes_to_ms(self, byte_count: int) -> float:
        """Duration of `byte_count` bytes, in milliseconds."""
        return byte_count * 1000 / (self.bytes_per_sample * self.sample_rate_hz)

    def ms_to_bytes(self, ms: float) -> int:
        """Number of bytes in `ms` milliseconds, rounded down to whole samples."""
        return int(ms * self.sample_rate_hz / 1000) * self.bytes_per_sample

    def make_silence(self, ms: float) -> bytes:
        """Silence of `ms` milliseconds."""
        return self.silence * (self.ms_to_bytes(ms) // self.bytes_per_sample)

    def __str__(self) -> str:
        return f"{'mu-law' if self.encoding == 'mulaw' else 'PCM'} {self.sample_rate_hz / 1000:g} kHz"


MULAW_8K = AudioFormat("mulaw", 8000)
"""The format of calls."""
