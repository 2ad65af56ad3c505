"""The query parameters that describe a socket's audio. No I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass

from parley.audio.g711 import SAMPLE_RATE_HZ
from sandbox.deepgram.invalid_query import InvalidQuery

NOVA_ENCODINGS = (
    *("linear16", "linear32", "flac", "alaw", "mulaw", "amr-nb", "amr-wb"),
    *("opus", "ogg-opus", "speex", "g729"),
)
FLUX_ENCODINGS = ("linear16", "linear32", "mulaw", "alaw", "opus", "ogg-opus")
_SELF_DESCRIBING = ("", "flac", "opus", "ogg-opus", "speex", "g729")
"""Encodings that need no sample rate."""
_FIXED_RATES_HZ = {"amr-nb": 8000, "amr-wb": 16_000}
_RATES_HZ = (8000, 48_000)
_MAX_CHANNELS = 20


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """The parameters that describe a socket's audio."""

    encoding: str = "mulaw"
    """Empty for audio in a container, which describes itself."""
    sample_rate_hz: int = SAMPLE_RATE_HZ
    channels: int = 1
    multichannel: bool = False
    """Transcribe each channel on its own, instead of their mean."""

    @property
    def transcribed_channels(self) -> int:
        """Number of channels with results of their own."""
        return self.channels if self.multichannel else 1


TELEPHONE_AUDIO = AudioFormat()


def read_audio_format(values: Mapping[str, str], encodings: tuple[str, ...]) -> AudioFormat:
    """Parse the parameters of a query.

    Raises:
        InvalidQuery: an encoding is not one of these, or a number is out of its range.
    """
    encoding = values.get("encoding", "")
    if encoding and encoding not in encodings:
        expected = ", ".join(f"`{name}`" for name in encodings)
        problem = f"unknown variant `{encoding}`, expected one of {expected}"
        raise InvalidQuery(f"Failed to deserialize query parameters: {problem}")
    return AudioFormat(
        encoding=encoding,
        sample_rate_hz=_sample_rate_hz(encoding, values.get("sample_rate")),
        channels=_integer("channels", values.get("channels", "1"), 1, _MAX_CHANNELS),
        multichannel=values.get("multichannel") == "true",
    )


def _sample_rate_hz(encoding: str, text: str | None) -> int:
    fixed_hz = _FIXED_RATES_HZ.get(encoding)
    if text is None:
        if encoding in _SELF_DESCRIBING:
            return SAMPLE_RATE_HZ
        raise InvalidQuery(f"sample_rate is required with encoding={encoding}")
    rate_hz = _integer("sample_rate", text, *_RATES_HZ)
    if fixed_hz not in (None, rate_hz):
        raise InvalidQuery(f"encoding={encoding} requires sample_rate={fixed_hz}")
    return rate_hz


def _integer(name: str, text: str, minimum: int, maximum: int) -> int:
    if not text.isascii() or not text.isdigit() or not minimum <= int(text) <= maximum:
        raise InvalidQuery(f"{name} must be a whole number between {minimum} and {maximum}: {text!r}")
    return int(text)
