"""Tests of the alignment of two streams."""

import pytest

from services.edge.inbound.stream_clock import TimedFrame
from services.edge.standby.alignment import StreamAligner, concat, find_overlap
from tests.unit.edge.standby.audio import SPEECH, frames, speech_with_repetitions


def test_an_overlap_is_found_by_its_bytes() -> None:
    """The positions name the same audio."""
    here, there = find_overlap(SPEECH[8000:12_000], SPEECH[4000:10_000]) or (0, 0)

    assert SPEECH[8000 + here : 8100 + here] == SPEECH[4000 + there : 4100 + there]


def test_silence_is_not_an_overlap() -> None:
    """Silence is identical everywhere."""
    assert find_overlap(b"\xff" * 8000, b"\xff" * 8000) is None


@pytest.mark.parametrize("late_ms", [-60, 0, 13, 180])
def test_a_new_stream_continues_where_the_published_audio_ends(late_ms: int) -> None:
    """Audio in both appears once; later frames keep the offset that was determined."""
    aligner = StreamAligner(frames(1000, 2000))
    new = [one for frame in frames(1730, 3000, late_ms=late_ms) for one in aligner.push([frame])]

    assert new[0].at_ms == 2000
    assert concat(new) == SPEECH[2000 * 8 : 3010 * 8]
    assert new[-1].end_ms == 3010


@pytest.mark.parametrize("corrected_at", [0, 3, 9, 50])
def test_a_clock_that_corrects_itself_is_not_corrected_twice(corrected_at: int) -> None:
    """A stream's first frames arrive late; in its next silence its clock steps back frame by frame."""
    stream = frames(1730, 4000, late_ms=100)
    for n in range(corrected_at, corrected_at + 5):
        stream = [*stream[:n], *(TimedFrame(one.at_ms - 20, one.mulaw) for one in stream[n:])]
    aligner = StreamAligner(frames(1000, 2000))
    new = [one for frame in stream for one in aligner.push([frame])]

    assert concat(new) == SPEECH[2000 * 8 :]
    assert (new[0].at_ms, new[-1].end_ms) == (2000, 4000)


def test_a_stream_without_an_overlap_loses_nothing() -> None:
    """Its audio is kept if it begins later, or ends before it could be aligned."""
    assert StreamAligner(frames(1000, 2000)).push(frames(2500, 2600)) == frames(2500, 2600)
    ended = StreamAligner(frames(1000, 2000)).push(frames(1990, 2030), last=True)
    assert concat(ended) == SPEECH[2000 * 8 : 2030 * 8]


def test_repeated_speech_is_aligned_at_the_right_position() -> None:
    """A syllable occurs repeatedly; only one occurrence has the same audio around it."""
    speech = speech_with_repetitions()
    aligner = StreamAligner(frames(1000, 2000, speech=speech))
    stream = frames(1730, 2700, late_ms=35, speech=speech)
    new = [one for frame in stream for one in aligner.push([frame])]

    assert concat(new) == speech[2000 * 8 : 2710 * 8]
