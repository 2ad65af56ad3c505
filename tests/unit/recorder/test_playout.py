"""When which part of the agent's sound was heard."""

from parley.events.envelope import Body
from parley.v1.call_pb2 import StreamStarted, StreamStopped
from parley.v1.playback_pb2 import (
    BargeIn,
    PlaybackFinished,
    PlaybackPaused,
    PlaybackProgressed,
    PlaybackStarted,
)
from services.recorder.playout import PlayedSpan, Playout, call_ended, evolve


def heard_after(*events: Body) -> Playout:
    """The fold."""
    heard = Playout()
    for event in events:
        heard = evolve(heard, event)
    return heard


def test_a_mark_that_comes_late_takes_nothing_back() -> None:
    """Progress only grows, and ends nothing."""
    heard = heard_after(
        PlaybackStarted(reply_id="r1", at_ms=10),
        PlaybackProgressed(reply_id="r1", played_samples=80),
        PlaybackProgressed(reply_id="r1", played_samples=40),
    )

    assert heard.spans == (PlayedSpan("r1", 80, 0, 80),)


def test_a_mark_after_the_hold_does_not_count() -> None:
    """What Twilio returns because its buffer was cleared was not heard."""
    heard = heard_after(
        PlaybackStarted(reply_id="r1", at_ms=0),
        PlaybackPaused(reply_id="r1", played_samples=80),
        PlaybackProgressed(reply_id="r1", played_samples=800),
    )

    assert heard.spans == (PlayedSpan("r1", 0, 0, 80, playing=False),)


def test_the_last_word_about_a_reply_counts() -> None:
    """A barge-in after a hold may know better where it stopped."""
    heard = heard_after(
        PlaybackStarted(reply_id="r1", at_ms=0),
        PlaybackPaused(reply_id="r1", played_samples=80),
        BargeIn(reply_id="r1", played_samples=72),
    )

    assert heard.spans[0].until_sample == 72


def test_a_gap_in_the_voice_ends_where_it_goes_on() -> None:
    """Starting again says that all before was heard."""
    heard = heard_after(
        PlaybackStarted(reply_id="r1", at_ms=0),
        PlaybackStarted(reply_id="r1", from_sample=160, at_ms=100),
    )

    assert heard.spans == (PlayedSpan("r1", 0, 0, 160, playing=False), PlayedSpan("r1", 800, 160, 160))


def test_the_end_of_one_reply_may_be_told_after_the_start_of_the_next() -> None:
    """Each word is about its own reply."""
    heard = heard_after(
        PlaybackStarted(reply_id="r1", at_ms=0),
        PlaybackStarted(reply_id="r2", at_ms=20),
        PlaybackFinished(reply_id="r1", played_samples=160),
    )

    assert heard.spans == (PlayedSpan("r1", 0, 0, 160, playing=False), PlayedSpan("r2", 160, 0, 0))


def test_a_reply_that_waited_is_not_heard_at_its_time_after_a_clear() -> None:
    """It was announced for the end of the one before it, which did not come."""
    heard = heard_after(
        PlaybackStarted(reply_id="r1", at_ms=0),
        PlaybackStarted(reply_id="r2", at_ms=500),
        PlaybackPaused(reply_id="r1", played_samples=800, at_ms=100),
    )

    assert heard.spans == (PlayedSpan("r1", 0, 0, 800, playing=False),)


def test_a_new_stream_plays_nothing_of_the_old() -> None:
    """When a stream broke, its marks alone tell what was heard."""
    heard = heard_after(
        PlaybackStarted(reply_id="r1", at_ms=0),
        PlaybackProgressed(reply_id="r1", played_samples=80),
        StreamStarted(stream_sid="MZ2"),
    )

    assert call_ended(heard, 1000).spans == (PlayedSpan("r1", 0, 0, 80, playing=False, unconfirmed=True),)


def test_what_a_frozen_edge_s_caller_has_heard_may_be_told_later() -> None:
    """By the next edge; of a stream that was stopped there is nothing more to tell."""
    before = (PlaybackStarted(reply_id="r1", at_ms=0), PlaybackProgressed(reply_id="r1", played_samples=80))
    after = (StreamStarted(), PlaybackProgressed(reply_id="r1", played_samples=800))

    assert heard_after(*before, *after).spans[0].until_sample == 800
    assert heard_after(*before, StreamStopped(at_ms=20), *after).spans[0].until_sample == 160


def test_a_word_about_an_unknown_reply_is_survived() -> None:
    """It changes nothing."""
    assert heard_after(PlaybackFinished(reply_id="r9", played_samples=1)) == Playout()
