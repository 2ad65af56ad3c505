"""Which replies' audio the recording may still need."""

from parley.v1.call_pb2 import StreamStarted, StreamStopped
from parley.v1.playback_pb2 import PlaybackFinished, PlaybackStarted
from parley.v1.reply_pb2 import ReplyCancelled, ReplyStarted
from parley.v1.synthesis_pb2 import SynthesisFinished
from services.recorder.recent_replies import AUDIO_RETENTION_MS, RecentReplies


def test_audio_is_needed_since_the_start_of_the_first_reply_that_may_be_played() -> None:
    """The agent's audio is published before it is played, and a cancelled reply may have been played."""
    replies = RecentReplies()
    replies.apply(ReplyStarted(reply_id="r1"), 1000)
    replies.apply(ReplyStarted(reply_id="r2"), 30_000)
    replies.apply(ReplyCancelled(reply_id="r1"), 30_100)

    replies.discard_before(31_000 * 8)
    assert replies.needed_since_ms(31_000 * 8) == 1000

    replies.discard_before(40_000 * 8)
    assert (replies.needed_since_ms(40_000 * 8), replies.needs("r1"), replies.needs("r2")) == (
        30_000,
        False,
        True,
    )


def test_a_reply_without_audio_is_not_needed() -> None:
    """A reply that only calls tools has none."""
    replies = RecentReplies()
    replies.apply(ReplyStarted(reply_id="r1"), 1000)
    replies.apply(SynthesisFinished(reply_id="r1", samples=0), 1100)
    replies.discard_before(10_000 * 8)

    assert not replies.needs("r1")


def test_a_reply_is_needed_until_its_playback_is_stored() -> None:
    """It may have ended long before the recording is stored."""
    replies = RecentReplies()
    replies.apply(ReplyStarted(reply_id="r1"), 0)
    replies.apply(PlaybackStarted(reply_id="r1", at_ms=100), 100)
    replies.discard_before(8 * 2 * AUDIO_RETENTION_MS)
    assert replies.needs("r1")

    replies.apply(PlaybackFinished(reply_id="r1", played_samples=800, at_ms=200), 200)
    replies.discard_before(150 * 8)
    assert replies.needs("r1")
    replies.discard_before(8 * 2 * AUDIO_RETENTION_MS)
    assert not replies.needs("r1")


def test_a_reply_that_never_ended_is_discarded() -> None:
    """After that time its audio has expired."""
    replies = RecentReplies()
    replies.apply(ReplyStarted(reply_id="r1"), 1)
    replies.discard_before(AUDIO_RETENTION_MS * 8)
    assert replies.needs("r1")
    replies.discard_before((AUDIO_RETENTION_MS + 10) * 8)
    assert not replies.needs("r1")


def test_the_state_contains_the_stream_and_the_last_event() -> None:
    """An event that was sent earlier does not set the time back."""
    replies = RecentReplies()
    replies.apply(StreamStarted(), 50)
    assert replies.stream_open
    replies.apply(StreamStopped(), 40)
    assert (replies.stream_open, replies.last_event_ms) == (False, 50)
