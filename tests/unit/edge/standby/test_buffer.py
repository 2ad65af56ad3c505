"""Tests of the buffer of a standby stream."""

import pytest

from parley.audio.g711 import BYTES_PER_MS, SILENCE
from parley.v1.audio_pb2 import CallerAudio
from services.edge.inbound.stream_clock import TimedFrame
from services.edge.standby.buffer import StandbyBuffer
from tests.unit.edge.standby.audio import SPEECH, frames, published, speech_with_repetitions


def buffer_of(stream: list[TimedFrame]) -> StandbyBuffer:
    buffer = StandbyBuffer()
    for frame in stream:
        buffer.add(frame)
    return buffer


@pytest.mark.parametrize("late_ms", [-90, 0, 7, 240])
def test_missed_audio_follows_published_audio_without_a_seam(late_ms: int) -> None:
    """The audio itself shows where to continue, however the clocks of the two streams differ."""
    missed = buffer_of(frames(10, 3010, late_ms=late_ms)).since(published(1500, 2000))

    assert b"".join(audio.mulaw for audio in missed.frames) == SPEECH[2000 * 8 : 3010 * 8]
    assert missed.frames[0].at_ms == 2000


def test_silence_is_joined_by_the_clock() -> None:
    """Silence has nothing to match, and a seam in it is inaudible."""
    silence = SILENCE * (4000 * BYTES_PER_MS)
    missed = buffer_of(frames(0, 3000, speech=silence)).since(published(1500, 2000, silence))

    assert missed.frames[0].at_ms == 2000
    assert len(missed.frames) == 50


def test_without_published_audio_the_whole_buffer_is_missed() -> None:
    """The bus has no audio of the caller."""
    assert len(buffer_of(frames(0, 1000)).since(CallerAudio()).frames) == 50


def test_the_buffer_is_limited_to_twelve_seconds() -> None:
    """A call moves to another edge within that time."""
    buffer = buffer_of([TimedFrame(at_ms, bytes(160)) for at_ms in range(0, 60_000, 20)])

    assert buffer.since(CallerAudio()).frames[0].at_ms >= 47_900


def test_repeated_speech_is_continued_at_the_right_position() -> None:
    """A syllable occurs repeatedly; only one occurrence has the same audio around it."""
    speech = speech_with_repetitions()
    missed = buffer_of(frames(0, 2700, late_ms=35, speech=speech)).since(published(1500, 2000, speech))

    assert b"".join(audio.mulaw for audio in missed.frames) == speech[2000 * 8 : 2700 * 8]
