"""What a second ear remembers, and how it is put together with what others have heard."""

import random

import pytest

from parley.audio.g711 import BYTES_PER_MS, SILENCE
from parley.v1.audio_pb2 import CallerAudio
from services.edge.inbound.stream_clock import TimedFrame
from services.edge.standby.alignment import StreamAligner, concat
from services.edge.standby.stream import StandbyBuffer

VOICE = random.Random(1).randbytes(4000 * BYTES_PER_MS)
"""Four seconds, from call time 0 on."""


def frames(from_ms: int, until_ms: int, *, late_ms: int = 0, voice: bytes = VOICE) -> list[TimedFrame]:
    """A line that begins then, whose clock is so much behind."""
    return [
        TimedFrame(at_ms + late_ms, voice[at_ms * BYTES_PER_MS : (at_ms + 20) * BYTES_PER_MS])
        for at_ms in range(from_ms, until_ms, 20)
    ]


def memory_of(heard: list[TimedFrame]) -> StandbyBuffer:
    memory = StandbyBuffer()
    for frame in heard:
        memory.add(frame)
    return memory


def said(from_ms: int, until_ms: int, voice: bytes = VOICE) -> CallerAudio:
    """What the bus has."""
    return CallerAudio(at_ms=from_ms, mulaw=voice[from_ms * BYTES_PER_MS : until_ms * BYTES_PER_MS])


@pytest.mark.parametrize("late_ms", [-90, 0, 7, 240])
def test_what_was_said_since_is_given_without_a_seam(late_ms: int) -> None:
    """However the clocks of the two lines differ: the sound itself tells where it goes on."""
    missed = memory_of(frames(10, 3010, late_ms=late_ms)).since(said(1500, 2000))

    assert b"".join(audio.mulaw for audio in missed.frames) == VOICE[2000 * 8 : 3010 * 8]
    assert missed.frames[0].at_ms == 2000


def test_of_silence_the_clock_tells() -> None:
    """There is nothing else, and a seam in it is not heard."""
    silence = SILENCE * (4000 * BYTES_PER_MS)
    missed = memory_of(frames(0, 3000, voice=silence)).since(said(1500, 2000, silence))

    assert missed.frames[0].at_ms == 2000
    assert len(missed.frames) == 50


def test_a_bus_that_has_heard_nothing_gets_all() -> None:
    """Of what is remembered."""
    assert len(memory_of(frames(0, 1000)).since(CallerAudio()).frames) == 50


def test_a_long_call_is_not_kept() -> None:
    """Twelve seconds are enough for a call that changes its edge."""
    memory = memory_of([TimedFrame(at_ms, bytes(160)) for at_ms in range(0, 60_000, 20)])

    assert memory.since(CallerAudio()).frames[0].at_ms >= 47_900


@pytest.mark.parametrize("late_ms", [-60, 0, 13, 180])
def test_the_next_line_goes_on_where_the_second_ear_ended(late_ms: int) -> None:
    """What both have heard is there once; later frames keep the time that was found."""
    splice = StreamAligner(frames(1000, 2000))
    new = [one for frame in frames(1730, 3000, late_ms=late_ms) for one in splice.push([frame])]

    assert new[0].at_ms == 2000
    assert concat(new) == VOICE[2000 * 8 : 3010 * 8]
    assert new[-1].end_ms == 3010


@pytest.mark.parametrize("set_right_at", [0, 3, 9, 50])
def test_a_clock_that_sets_itself_right_is_not_set_right_twice(set_right_at: int) -> None:
    """A line's first frames come late; in its next silence it goes back by a frame at a time."""
    line = frames(1730, 4000, late_ms=100)
    for n in range(set_right_at, set_right_at + 5):
        line = [*line[:n], *(TimedFrame(one.at_ms - 20, one.mulaw) for one in line[n:])]
    splice = StreamAligner(frames(1000, 2000))
    new = [one for frame in line for one in splice.push([frame])]

    assert concat(new) == VOICE[2000 * 8 :]
    assert (new[0].at_ms, new[-1].end_ms) == (2000, 4000)


def test_a_line_that_begins_later_loses_nothing() -> None:
    """And one that ends before it got so far tells what it has."""
    assert StreamAligner(frames(1000, 2000)).push(frames(2500, 2600)) == frames(2500, 2600)
    ended = StreamAligner(frames(1000, 2000)).push(frames(1990, 2030), last=True)
    assert concat(ended) == VOICE[2000 * 8 : 2030 * 8]


def test_a_voice_that_repeats_itself_is_not_put_together_at_the_wrong_place() -> None:
    """The same syllable comes again and again; only one place has the same around it."""
    syllable = VOICE[: 60 * BYTES_PER_MS]
    voice = b"".join(syllable + VOICE[at : at + 90 * BYTES_PER_MS] for at in range(4000, 30_000, 1300))
    splice = StreamAligner(frames(1000, 2000, voice=voice))
    new = [one for frame in frames(1730, 2700, late_ms=35, voice=voice) for one in splice.push([frame])]
    missed = memory_of(frames(0, 2700, late_ms=35, voice=voice)).since(said(1500, 2000, voice))

    assert concat(new) == voice[2000 * 8 : 2710 * 8]
    assert b"".join(audio.mulaw for audio in missed.frames) == voice[2000 * 8 : 2700 * 8]
