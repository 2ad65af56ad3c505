"""Compressed recordings."""

from pathlib import Path

import av

from cli.testing.reports.recording_audio import compressed
from sandbox.twilio.wav import to_wav


def test_a_recording_becomes_an_mp3_of_the_same_length(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(to_wav(b"\x22" * 16_000, b"\x33" * 16_000))

    audio = compressed(tmp_path / "a.wav")
    (tmp_path / "a.mp3").write_bytes(audio)

    assert len(audio) < 12_000
    with av.open(str(tmp_path / "a.mp3")) as container:
        assert container.duration is not None
        assert abs(container.duration / av.time_base - 2) < 0.2


def test_a_recording_that_is_gone_is_left_out(tmp_path: Path) -> None:
    assert compressed(tmp_path / "absent.wav") == b""
