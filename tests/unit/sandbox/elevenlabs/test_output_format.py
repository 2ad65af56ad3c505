"""Names of output formats."""

from sandbox.elevenlabs.output_format import DEFAULT_FORMAT, FILE_FORMATS, STREAMING_FORMATS


def test_formats_are_found_by_their_names() -> None:
    """The default is MP3; WAV exists for whole files only."""
    assert all(name == found.name for name, found in FILE_FORMATS.items())
    assert DEFAULT_FORMAT.name == "mp3_44100_128"
    assert set(FILE_FORMATS) - set(STREAMING_FORMATS) == {name for name in FILE_FORMATS if name[:3] == "wav"}


def test_a_format_has_a_media_type() -> None:
    """Raw and encoded audio differ."""
    types = [FILE_FORMATS[name].media_type for name in ("pcm_16000", "ulaw_8000", "opus_48000_64")]
    assert types == ["audio/pcm", "audio/basic", "audio/opus"]
