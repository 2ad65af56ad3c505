"""The values of `output_format`: codec, sample rate and bit rate. No I/O."""

from dataclasses import dataclass
from typing import Literal

Codec = Literal["pcm", "wav", "ulaw", "alaw", "mp3", "opus"]

_MEDIA_TYPES: dict[Codec, str] = {
    "pcm": "audio/pcm",
    "wav": "audio/wav",
    "ulaw": "audio/basic",
    "alaw": "audio/x-alaw-basic",
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
}
_PCM_RATES = (8000, 16000, 22050, 24000, 32000, 44100, 48000)
_MP3 = ("22050_32", "24000_48", "44100_32", "44100_64", "44100_96", "44100_128", "44100_192")
_OPUS_KBPS = (32, 64, 96, 128, 192)


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """A format of the generated audio; its name is `codec_rate` or `codec_rate_kbps`."""

    codec: Codec
    rate_hz: int
    kbps: int = 0

    @property
    def name(self) -> str:
        """The value of `output_format`."""
        return f"{self.codec}_{self.rate_hz}" + (f"_{self.kbps}" if self.kbps else "")

    @property
    def media_type(self) -> str:
        """The HTTP content type."""
        return _MEDIA_TYPES[self.codec]


def _formats() -> list[OutputFormat]:
    found = [OutputFormat("pcm", rate) for rate in _PCM_RATES]
    found += [OutputFormat("ulaw", 8000), OutputFormat("alaw", 8000)]
    for name in _MP3:
        rate, kbps = name.split("_")
        found.append(OutputFormat("mp3", int(rate), int(kbps)))
    return found + [OutputFormat("opus", 48000, kbps) for kbps in _OPUS_KBPS]


STREAMING_FORMATS = {found.name: found for found in _formats()}
"""Formats of every endpoint."""
FILE_FORMATS = STREAMING_FORMATS | {f"wav_{rate}": OutputFormat("wav", rate) for rate in _PCM_RATES}
"""Formats of the endpoints that answer with a whole file."""
DEFAULT_FORMAT = STREAMING_FORMATS["mp3_44100_128"]
