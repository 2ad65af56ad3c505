"""The part of each reply that was played and its time, folded from playback events."""

from parley.events.envelope import Body
from parley.v1.call_pb2 import StreamStarted, StreamStopped
from parley.v1.playback_pb2 import (
    BargeIn,
    PlaybackFinished,
    PlaybackPaused,
    PlaybackProgressed,
    PlaybackStarted,
)
from services.recorder.playout import PlayedSpan, Playout


def playout_of(*events: Body) -> Playout:
    """Fold the events into the playout."""
    playout = Playout()
    for event in events:
        playout.apply(event)
    return playout


def test_a_late_mark_does_not_reduce_progress() -> None:
    """Progress only grows, and a mark does not end playback."""
    playout = playout_of(
        PlaybackStarted(reply_id="r1", at_ms=10),
        PlaybackProgressed(reply_id="r1", played_samples=80),
        PlaybackProgressed(reply_id="r1", played_samples=40),
    )

    assert playout.spans == (PlayedSpan("r1", 80, 0, 80),)


def test_a_mark_after_a_pause_is_ignored() -> None:
    """Twilio also returns the marks of audio that a clear has discarded."""
    playout = playout_of(
        PlaybackStarted(reply_id="r1", at_ms=0),
        PlaybackPaused(reply_id="r1", played_samples=80),
        PlaybackProgressed(reply_id="r1", played_samples=800),
    )

    assert playout.spans == (PlayedSpan("r1", 0, 0, 80, playing=False),)


def test_the_last_event_of_a_reply_decides_its_end() -> None:
    """A barge-in after a pause may state the position more precisely."""
    playout = playout_of(
        PlaybackStarted(reply_id="r1", at_ms=0),
        PlaybackPaused(reply_id="r1", played_samples=80),
        BargeIn(reply_id="r1", played_samples=72),
    )

    assert playout.spans[0].until_sample == 72


def test_a_restart_confirms_what_was_played_before_it() -> None:
    """A gap in the reply's audio ends one span and starts the next."""
    playout = playout_of(
        PlaybackStarted(reply_id="r1", at_ms=0),
        PlaybackStarted(reply_id="r1", from_sample=160, at_ms=100),
    )

    assert playout.spans == (PlayedSpan("r1", 0, 0, 160, playing=False), PlayedSpan("r1", 800, 160, 160))


def test_the_end_of_a_reply_may_follow_the_start_of_the_next() -> None:
    """Each event applies to its own reply only."""
    playout = playout_of(
        PlaybackStarted(reply_id="r1", at_ms=0),
        PlaybackStarted(reply_id="r2", at_ms=20),
        PlaybackFinished(reply_id="r1", played_samples=160),
    )

    assert playout.spans == (PlayedSpan("r1", 0, 0, 160, playing=False), PlayedSpan("r2", 160, 0, 0))


def test_a_pause_removes_the_replies_queued_after_it() -> None:
    """A reply announced for the end of the previous one is discarded by the same clear."""
    playout = playout_of(
        PlaybackStarted(reply_id="r1", at_ms=0),
        PlaybackStarted(reply_id="r2", at_ms=500),
        PlaybackPaused(reply_id="r1", played_samples=800, at_ms=100),
    )

    assert playout.spans == (PlayedSpan("r1", 0, 0, 800, playing=False),)


def test_a_new_stream_ends_the_playback_of_the_old_one() -> None:
    """Only confirmed audio of a stream that broke counts as played."""
    playout = playout_of(
        PlaybackStarted(reply_id="r1", at_ms=0),
        PlaybackProgressed(reply_id="r1", played_samples=80),
        StreamStarted(stream_sid="MZ2"),
    )
    playout.close(1000)

    assert playout.spans == (PlayedSpan("r1", 0, 0, 80, playing=False, unconfirmed=True),)


def test_the_next_edge_may_confirm_audio_of_a_stream_that_broke() -> None:
    """After a stream that was stopped, nothing is left to confirm."""
    before = (PlaybackStarted(reply_id="r1", at_ms=0), PlaybackProgressed(reply_id="r1", played_samples=80))
    after = (StreamStarted(), PlaybackProgressed(reply_id="r1", played_samples=800))

    assert playout_of(*before, *after).spans[0].until_sample == 800
    assert playout_of(*before, StreamStopped(at_ms=20), *after).spans[0].until_sample == 160


def test_an_event_of_an_unknown_reply_is_ignored() -> None:
    """The log may begin after the reply's start."""
    assert playout_of(PlaybackFinished(reply_id="r9", played_samples=1)) == Playout()


def test_spans_that_no_event_can_extend_are_discarded() -> None:
    """A span of a stream that broke is kept until the following one has begun."""
    playout = playout_of(
        PlaybackStarted(reply_id="r1", at_ms=0),
        PlaybackFinished(reply_id="r1", played_samples=80, at_ms=10),
        PlaybackStarted(reply_id="r2", at_ms=20),
        StreamStarted(stream_sid="MZ2"),
        PlaybackStarted(reply_id="r3", at_ms=40),
        PlaybackFinished(reply_id="r3", played_samples=80, at_ms=50),
    )
    remaining = []
    for at_ms in (9, 10, 39, 40, 50):
        playout.discard_before(at_ms * 8)
        remaining.append([span.reply_id for span in playout.spans])

    assert remaining == [["r1", "r2", "r3"], ["r2", "r3"], ["r2", "r3"], ["r3"], []]
