"""The state of playback restored from a call's log."""

import pytest

from parley.events.envelope import Body
from parley.v1.call_pb2 import StreamResuming, StreamStarted
from parley.v1.playback_pb2 import BargeIn, PlaybackPaused, PlaybackProgressed, PlaybackStarted
from parley.v1.reply_pb2 import ReplyFinished, ReplyStarted
from parley.v1.synthesis_pb2 import ClauseSynthesized, WordTiming
from services.edge.outbound.playback import Playback
from services.edge.outbound.restore import PlaybackState
from tests.unit.edge.outbound.twilio_buffer import appended

MS = 8


def restored(*bodies: Body, at_ms: int = 0) -> PlaybackState:
    """The state after these events, all sent at one moment."""
    state = PlaybackState()
    for body in bodies:
        state.apply(body, at_ms)
    return state


def lose(
    state: PlaybackState,
    lost: StreamResuming,
    resumed_ms: int = 5000,
    latest: PlaybackProgressed | None = None,
) -> None:
    """The stream is lost and the next one starts 200 ms after Twilio was redirected."""
    state.apply(lost, lost.last_audio_ms)
    started = StreamStarted(stream_sid="MZ2", at_ms=resumed_ms, redirected_at_ms=resumed_ms - 200)
    state.apply(started, resumed_ms)
    # An event that another stage appends before the stream's edge has read the log.
    state.apply(ReplyStarted(reply_id="r9"), resumed_ms)
    state.complete(latest)


PLAYING = (
    ReplyStarted(reply_id="r1"),
    ClauseSynthesized(reply_id="r1", end_sample=16_000),
    PlaybackStarted(reply_id="r1", at_ms=1000),
    PlaybackProgressed(reply_id="r1", played_samples=800, at_ms=1100),
)


def test_the_next_stream_continues_from_the_logged_position() -> None:
    """Audio is read again, but what was already played is not sent again."""
    playback = Playback(restored(*PLAYING))
    commands = playback.audio_received("r1", 0, b"x" * 1600, last=False, now_ms=9000)

    assert appended(commands) == [PlaybackStarted(reply_id="r1", from_sample=800, at_ms=9000)]


def test_a_reply_without_words_does_not_block_the_next_one() -> None:
    """An answer of a realtime model that only calls a tool has no audio, and so no end of it."""
    empty = (ReplyStarted(reply_id="r1"), ReplyFinished(reply_id="r1", reason="tool_calls"))
    playback = Playback(restored(*empty, ReplyStarted(reply_id="r2")))
    playback.skip_missing_audio(0, 10_000)
    commands = playback.audio_received("r2", 0, b"x" * 800, last=True, now_ms=10_010)

    assert appended(commands)[-1:] == [PlaybackStarted(reply_id="r2", at_ms=10_010)]


def test_audio_sent_by_a_stalled_edge_counts_as_played() -> None:
    """Twilio played it while its marks were not read; at most what had been synthesized by then."""
    lost = StreamResuming(epoch=1, method="rest", last_audio_ms=1150, edge_stalled=True)
    early, late = restored(*PLAYING), restored(*PLAYING)
    lose(early, lost, resumed_ms=2100)
    late.apply(ClauseSynthesized(reply_id="r1", clause=1, end_sample=40_000), 1200)
    lose(late, lost, resumed_ms=9000)

    assert early.inferred_progress == [PlaybackProgressed(reply_id="r1", played_samples=8000, at_ms=2000)]
    assert late.inferred_progress == [PlaybackProgressed(reply_id="r1", played_samples=16_000, at_ms=8900)]
    commands = Playback(early).audio_received("r1", 0, b"x" * 16_000, last=False, now_ms=2300)
    assert appended(commands) == [PlaybackStarted(reply_id="r1", from_sample=8000, at_ms=2300)]


def test_audio_sent_by_an_edge_counts_as_played_until_it_dies() -> None:
    """Twilio discards its buffer with the stream; the caller's last audio shows when it ended."""
    state = restored(*PLAYING, at_ms=5000)
    lose(state, StreamResuming(epoch=1, last_audio_ms=1600))

    # According to the log it was synthesized only after that.
    assert (state.inferred_progress, state.replies.reply("r1").played) == ([], 800)

    state = restored(*PLAYING)
    lose(state, StreamResuming(epoch=1, last_audio_ms=1600))

    assert state.inferred_progress == [PlaybackProgressed(reply_id="r1", played_samples=4800, at_ms=1600)]
    assert state.replies.reply("r1").played == 4800


def test_published_audio_of_an_unfinished_clause_counts_as_played() -> None:
    """A clause is reported only once all of its audio was synthesized."""
    state = restored(*PLAYING)
    lost = StreamResuming(epoch=1, last_audio_ms=1150, last_reply_id="r1", last_reply_samples=18_400)
    lost.edge_stalled = True
    lose(state, lost, resumed_ms=9000)

    assert state.replies.reply("r1").played == 18_400


def test_nothing_is_inferred_when_the_last_audio_is_unknown() -> None:
    """Repeating some audio is better than never playing it."""
    state = restored(*PLAYING)
    lose(state, StreamResuming(epoch=1))

    assert (state.inferred_progress, state.replies.reply("r1").played) == ([], 800)


def test_a_word_that_was_cut_is_played_again_from_its_beginning() -> None:
    """Between two words playback continues exactly; a whole sentence never counts as one word."""
    words = [
        WordTiming(text="arrive", start_ms=200, end_ms=560),
        WordTiming(text="by", start_ms=600, end_ms=700),
        WordTiming(text="郵便で届きます", start_ms=700, end_ms=2000),
    ]
    begins = []
    for last_audio_ms in (1500, 1580, 1650, 1900):
        state = restored(*PLAYING, ClauseSynthesized(reply_id="r1", clause=1, end_sample=16_000, words=words))
        lose(state, StreamResuming(epoch=1, last_audio_ms=last_audio_ms))
        begins.append(state.replies.reply("r1").played // MS)

    assert begins == [200, 580, 600, 900]


def test_a_repeated_word_is_played_as_far_as_the_next_stream_played_it() -> None:
    """The position of the earlier stream does not count."""
    word = WordTiming(text="arrive", start_ms=200, end_ms=560)
    state = restored(*PLAYING, ClauseSynthesized(reply_id="r1", clause=1, end_sample=16_000, words=[word]))
    lose(state, StreamResuming(epoch=1, last_audio_ms=1500))
    state.apply(state.inferred_progress[0], 5100)
    state.apply(PlaybackStarted(reply_id="r1", from_sample=200 * MS, at_ms=5200), 5200)

    assert state.replies.reply("r1").played == 200 * MS


def test_a_stream_that_never_started_playback_played_nothing() -> None:
    """The silence between the two streams does not count as playback."""
    state = restored(*PLAYING, StreamStarted(stream_sid="MZ2", at_ms=3000))
    lose(state, StreamResuming(epoch=2, last_audio_ms=3500))

    assert (state.inferred_progress, state.replies.reply("r1").played) == ([], 800)


def published(samples: int, at_ms: int, reply_id: str = "r1") -> PlaybackProgressed:
    """A position that the last stream published and did not store."""
    return PlaybackProgressed(reply_id=reply_id, played_samples=samples, at_ms=at_ms)


def test_the_next_stream_continues_from_the_published_position() -> None:
    """The log is up to 5 s behind; the position is also added to it, for the other services."""
    latest = published(24_000, 4000)
    state = restored(*PLAYING, StreamStarted(stream_sid="MZ2", at_ms=5000))
    state.complete(latest)
    commands = Playback(state).audio_received("r1", 0, b"x" * 30_000, last=False, now_ms=9000)

    assert appended(commands) == [PlaybackStarted(reply_id="r1", from_sample=24_000, at_ms=9000)]
    assert state.inferred_progress == [latest]


def test_a_lost_stream_is_inferred_from_the_published_position() -> None:
    """Playback had stopped for a moment since the position that the log holds."""
    state = restored(*PLAYING)
    lost = StreamResuming(epoch=1, last_audio_ms=2200, last_reply_id="r1", last_reply_samples=40_000)
    lose(state, lost, latest=published(4000, 2100))

    assert state.inferred_progress == [published(4800, 2200)]
    assert state.replies.reply("r1").played == 4800


@pytest.mark.parametrize(
    ("latest", "events"),
    [
        (published(800, 1050), ()),
        (published(8000, 2000), (PlaybackPaused(reply_id="r1", played_samples=1600, at_ms=1200),)),
        (published(8000, 2000), (BargeIn(reply_id="r1", played_samples=1600, at_ms=1200),)),
        (published(8000, 2000, "r7"), ()),
        (published(8000, 9000), ()),
    ],
    ids=["older", "paused since", "interrupted since", "another reply", "of a later stream"],
)
def test_a_published_position_that_the_log_contradicts_is_ignored(
    latest: PlaybackProgressed, events: tuple[Body, ...]
) -> None:
    """The log is the truth: the published value may be lost, or be that of a frozen edge."""
    state = restored(*PLAYING, *events)
    before = state.replies.reply("r1").played
    state.apply(StreamStarted(stream_sid="MZ2", at_ms=5000), 5000)
    state.complete(latest)

    assert (state.inferred_progress, state.replies.reply("r1").played) == ([], before)


def test_the_state_does_not_grow_with_the_replies_of_the_call() -> None:
    """Only replies that may still be played are kept, also if their synthesis ends after them."""
    state = PlaybackState()
    for number in range(5000):
        reply_id = f"r{number}"
        for body in (
            ReplyStarted(reply_id=reply_id),
            PlaybackStarted(reply_id=reply_id),
            BargeIn(reply_id=reply_id),
            ClauseSynthesized(reply_id=reply_id, end_sample=800),
        ):
            state.apply(body, number)

    assert len(state.replies) == 0
    assert not state._synthesis
    assert state.audio_needed_since_ms(7000) == 7000
