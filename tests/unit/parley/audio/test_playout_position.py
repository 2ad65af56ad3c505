"""How much of a reply was played at a call time."""

from functools import reduce

import pytest

from parley.audio.playout_position import PlaybackEvent, PlayoutPosition
from parley.v1.playback_pb2 import (
    BargeIn,
    PlaybackFinished,
    PlaybackPaused,
    PlaybackProgressed,
    PlaybackStarted,
)


def position_after(*events: PlaybackEvent) -> PlayoutPosition:
    return reduce(PlayoutPosition.evolve, events, PlayoutPosition())


def test_audio_plays_in_real_time_between_confirmations() -> None:
    """The position grows by 8 samples per millisecond, up to the limit, and never decreases."""
    position = PlayoutPosition(800, at_ms=100)

    assert [position.samples_at(at_ms) for at_ms in (50, 100, 150)] == [800, 800, 1200]
    assert position.samples_at(5000, limit=1600) == 1600


def test_the_time_of_an_earlier_sample_is_counted_back_from_the_position() -> None:
    """A mark is reached after the audio that it confirms."""
    assert PlayoutPosition(1600, at_ms=1000).time_of(800) == 900


def test_a_late_or_repeated_mark_changes_nothing() -> None:
    """Neither the position nor its time changes."""
    progressed = PlaybackProgressed(reply_id="r1", played_samples=800, at_ms=100)

    assert position_after(progressed, PlaybackProgressed(played_samples=400, at_ms=150)) == position_after(
        progressed
    )
    assert position_after(progressed, PlaybackProgressed(played_samples=800, at_ms=150)).at_ms == 100


def test_a_start_sets_the_position() -> None:
    """It may move forwards after unconfirmed audio, or back to the beginning of a word that was cut."""
    played = PlaybackProgressed(played_samples=800, at_ms=100)

    assert position_after(played, PlaybackStarted(from_sample=1600, at_ms=300)) == PlayoutPosition(1600, 300)
    assert position_after(played, PlaybackStarted(from_sample=640, at_ms=300)) == PlayoutPosition(640, 300)


@pytest.mark.parametrize("event_type", [PlaybackPaused, PlaybackFinished, BargeIn])
def test_the_end_of_playback_states_the_final_position(
    event_type: type[PlaybackPaused | PlaybackFinished | BargeIn],
) -> None:
    """The position may be lower than the previous progress."""
    played = PlaybackProgressed(played_samples=800, at_ms=100)

    assert position_after(played, event_type(played_samples=720, at_ms=120)) == PlayoutPosition(720, 120)
