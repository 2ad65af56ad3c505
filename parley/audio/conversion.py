"""Opens converters of audio, and imports their packages only if formats differ. No I/O, no clock."""

from typing import TYPE_CHECKING

from parley.audio.formats import AudioFormat

if TYPE_CHECKING:
    from parley.audio.audio_converter import AudioConverter


def converter(source: AudioFormat, target: AudioFormat) -> "AudioConverter | None":
    """Return a converter for one stream of audio; None if the formats are equal."""
    if source == target:
        return None
    # soxr and numpy take 0.1 s to import, which a process without a conversion need not spend.
    from parley.audio.audio_converter import AudioConverter  # noqa: PLC0415

    return AudioConverter(source, target)
