"""Audio files of callers, in the formats that people have."""

import base64
import io
import wave
from pathlib import Path

import numpy as np
import pytest

from cli.testing.audio_files import read_speech, with_audio, write_speech


def tone(path: Path, rate_hz: int, channels: int, width: int = 2, seconds: float = 0.5) -> Path:
    """A WAV file with a tone."""
    at = np.arange(int(rate_hz * seconds)) / rate_hz
    samples = np.repeat(np.sin(2 * np.pi * 440 * at) * 0.3, channels)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        scaled = samples * 32767 if width == 2 else samples * 127 + 128
        file.writeframes(scaled.astype("<i2" if width == 2 else "u1").tobytes())
    path.write_bytes(out.getvalue())
    return path


@pytest.mark.parametrize(("rate_hz", "channels", "width"), [(8000, 1, 2), (44_100, 2, 2), (16_000, 1, 1)])
def test_any_wav_becomes_telephone_audio(tmp_path: Path, rate_hz: int, channels: int, width: int) -> None:
    mulaw = read_speech(tone(tmp_path / "a.wav", rate_hz, channels, width))

    assert abs(len(mulaw) - 4000) <= 40
    assert len(set(mulaw)) > 20


def test_written_speech_is_read_unchanged(tmp_path: Path) -> None:
    """So the oracle of the emulated recogniser finds it."""
    audio = bytes(range(256)).replace(b"\x7f", b"\xff") * 20
    write_speech(tmp_path / "folder" / "a.wav", audio)

    assert read_speech(tmp_path / "folder" / "a.wav") == audio


def test_a_step_gets_the_audio_of_its_file(tmp_path: Path) -> None:
    write_speech(tmp_path / "a.wav", b"\x01" * 800)

    step = with_audio({"play": {"file": "a.wav", "text": "hi"}}, tmp_path)

    assert step == {"play": {"text": "hi", "mulaw_base64": base64.b64encode(b"\x01" * 800).decode()}}
    assert with_audio({"play": "a.wav"}, tmp_path)["play"].keys() == {"mulaw_base64"}
    assert with_audio("listen", tmp_path) == "listen"


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"play": {"file": "absent.wav"}}, "there is no audio file"),
        ({"play": {"file": "broken.wav"}}, "cannot be read as audio"),
        ({"play": {"file": "empty.wav"}}, "cannot be read as audio"),
        ({"play": {"fil": "a.wav"}}, "did you mean `file`"),
        ({"play": None}, "needs `file`"),
        ({"play": {"file": "."}}, "cannot be read as audio"),
    ],
)
def test_an_unusable_file_is_an_error_with_its_name(tmp_path: Path, step: object, message: str) -> None:
    (tmp_path / "broken.wav").write_bytes(b"RIFF\x00\x00\x00\x00WAVEnothing")
    (tmp_path / "empty.wav").write_bytes(b"")

    with pytest.raises(ValueError, match=message):
        with_audio(step, tmp_path)
