"""Tests of a speakerphone's echo."""

import pytest

from parley.audio.g711 import DECODE, FRAME_BYTES
from sandbox.caller.echo import EchoPath, attenuation
from sandbox.caller.loudness import SILENT_FRAME
from sandbox.caller.script import Echo
from tests.unit.sandbox.caller.caller_harness import SPEECH_FRAME

WORD = b"\x10" * FRAME_BYTES


def test_the_agents_audio_returns_later_and_quieter() -> None:
    """After the delay, in whole frames."""
    path = EchoPath(Echo(delay_ms=40, attenuation_db=20))
    returned = [path.mix(SILENT_FRAME, frame) for frame in (SPEECH_FRAME, SILENT_FRAME, SILENT_FRAME)]

    assert returned[:2] == [SILENT_FRAME, SILENT_FRAME]
    assert DECODE[returned[2][0]] / DECODE[SPEECH_FRAME[0]] == pytest.approx(0.1, rel=0.05)


def test_the_caller_suppresses_the_echo() -> None:
    """A frame of the caller's passes unchanged, and the echo continues behind it."""
    path = EchoPath(Echo(delay_ms=20, attenuation_db=0))
    path.mix(SILENT_FRAME, SPEECH_FRAME)

    assert path.mix(WORD, SPEECH_FRAME) == WORD
    assert path.mix(SILENT_FRAME, SILENT_FRAME) == SPEECH_FRAME


def test_attenuation_keeps_the_sign_and_silence() -> None:
    """Both zeros stay zero; a sample becomes quieter on its own side."""
    codes = attenuation(6.0)

    assert [DECODE[codes[zero]] for zero in (0xFF, 0x7F)] == [0, 0]
    assert all(DECODE[codes[code]] * DECODE[code] >= 0 for code in range(256))
    assert all(abs(DECODE[codes[code]]) <= abs(DECODE[code]) for code in range(256))
