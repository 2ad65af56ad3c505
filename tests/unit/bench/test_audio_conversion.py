"""The measurement of audio conversion."""

from bench.audio_conversion import rows, table


def test_every_format_is_measured() -> None:
    """In both directions, with a delay below a frame."""
    for _, caller_ms, voice_ms, lag_ms in rows(seconds=2):
        assert caller_ms >= 0
        assert voice_ms >= 0
        assert lag_ms < 5
    assert "| PCM 22.05 kHz |" in table(seconds=1)
