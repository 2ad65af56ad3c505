"""Both channels on one time axis, exact to the sample, for any segmentation and any owners."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.audio.g711 import SILENCE
from parley.events.envelope import Body
from parley.v1.audio_pb2 import AgentAudio, CallerAudio
from parley.v1.call_pb2 import StreamStarted, StreamStopped
from parley.v1.playback_pb2 import (
    BargeIn,
    PlaybackFinished,
    PlaybackPaused,
    PlaybackProgressed,
    PlaybackStarted,
)
from parley.v1.reply_pb2 import ReplyCancelled, ReplyStarted
from services.recorder.timeline import AudioFence, Timeline, Track
from tests.unit.recorder.generated_calls import FRAME_MS, Script, frame, scripts, spoken


def agent_track(*events: Body, audio: bytes, end_ms: int) -> bytes:
    """Return the agent's channel for events about one reply with the given audio."""
    timeline = Timeline()
    timeline.add_agent_audio(spoken(1, 0, audio))
    for event in events:
        timeline.apply(event, 0)
    return timeline.cut(timeline.finish(end_ms))[1]


def test_caller_audio_is_placed_at_its_time() -> None:
    """A lost frame becomes silence, and a repeated one counts once."""
    timeline = Timeline()
    for sequence, at_ms in ((1, 100), (2, 120), (2, 120), (4, 160)):
        timeline.add_caller_audio(frame(sequence, at_ms))

    caller, agent = timeline.cut(timeline.finish(200))

    assert caller == SILENCE * 800 + b"\x07" * 320 + SILENCE * 160 + b"\x07" * 160 + SILENCE * 160
    assert agent == SILENCE * 1600


def test_audio_of_a_stale_epoch_is_discarded() -> None:
    """Audio of an earlier media stream may arrive after the next stream's."""
    timeline = Timeline()
    timeline.add_caller_audio(frame(1, 0, epoch=2))
    timeline.add_caller_audio(frame(9, 20, epoch=1))

    assert timeline.cut(320)[0] == b"\x07" * 160 + SILENCE * 160


def test_a_reply_is_cut_where_the_caller_interrupted() -> None:
    """Audio that was synthesized but not played is not in the recording."""
    played = agent_track(
        PlaybackStarted(reply_id="r1", at_ms=10),
        PlaybackPaused(reply_id="r1", played_samples=80, at_ms=20),
        BargeIn(reply_id="r1", played_samples=80, at_ms=25),
        audio=b"\x01" * 800,
        end_ms=100,
    )

    assert played == SILENCE * 80 + b"\x01" * 80 + SILENCE * 640


def test_a_paused_reply_resumes_where_it_stopped() -> None:
    """After a cough the rest is played later, from the position of the pause."""
    audio = bytes(range(160))
    played = agent_track(
        PlaybackStarted(reply_id="r1", at_ms=0),
        PlaybackPaused(reply_id="r1", played_samples=40, at_ms=5),
        PlaybackStarted(reply_id="r1", from_sample=40, at_ms=50),
        PlaybackFinished(reply_id="r1", played_samples=160, at_ms=65),
        audio=audio,
        end_ms=70,
    )

    assert played == audio[:40] + SILENCE * 360 + audio[40:] + SILENCE * 40


def test_audio_plays_until_the_stream_stops() -> None:
    """Without a last mark, audio is assumed to have played in real time."""
    played = agent_track(
        PlaybackStarted(reply_id="r1", at_ms=0),
        StreamStopped(at_ms=10, reason="stop"),
        audio=b"\x01" * 800,
        end_ms=20,
    )

    assert played == b"\x01" * 80 + SILENCE * 80


def test_audio_that_the_next_owner_repeats_replaces_nothing() -> None:
    """Where both owners published audio, that of the earlier owner counts."""
    timeline = Timeline()
    timeline.add_agent_audio(spoken(1, 0, b"\x01" * 80))
    timeline.add_agent_audio(spoken(1, 40, b"\x02" * 80, epoch=2))
    timeline.apply(PlaybackStarted(reply_id="r1", at_ms=0), 0)
    timeline.apply(PlaybackFinished(reply_id="r1", played_samples=120, at_ms=15), 15)

    assert timeline.cut(120)[1] == b"\x01" * 80 + b"\x02" * 40


def test_audio_that_may_still_change_is_not_stable() -> None:
    """During playback only confirmed audio is stable; in an open stream, only audio that has arrived."""
    timeline = Timeline()
    timeline.apply(StreamStarted(at_ms=0), 0)
    for n in range(50):
        timeline.add_caller_audio(frame(n + 1, n * FRAME_MS))

    assert timeline.stable_until(5000, 200) == 800 * 8

    timeline.apply(PlaybackStarted(reply_id="r1", at_ms=300), 300)
    timeline.apply(PlaybackProgressed(reply_id="r1", played_samples=800, at_ms=400), 400)

    assert timeline.stable_until(5000, 200) == 400 * 8


def test_a_gap_is_detected_and_filled() -> None:
    """A gap in the live sequence is counted; merging the stored audio fills it."""
    timeline = Timeline()
    timeline.add_caller_audio(frame(1, 0))
    timeline.add_caller_audio(frame(3, 40))
    assert timeline.gap_count

    timeline.merge_stored([frame(n, (n - 1) * FRAME_MS) for n in (1, 2, 3)], [])

    assert not timeline.gap_count
    assert timeline.cut(480)[0] == b"\x07" * 480


def test_a_missing_chunk_may_arrive_late() -> None:
    """Its publisher retransmits it; chunks of a stale epoch are not accepted."""
    timeline = Timeline()
    timeline.add_caller_audio(frame(1, 0, epoch=2))
    timeline.add_caller_audio(frame(3, 40, epoch=2))
    timeline.add_caller_audio(frame(2, 20, epoch=2, code=9))
    timeline.add_caller_audio(frame(4, 60, epoch=1))

    assert timeline.cut(640)[0] == b"\x07" * 160 + b"\x09" * 160 + b"\x07" * 160 + SILENCE * 160


def test_a_chunk_missing_from_its_stream_may_arrive_live() -> None:
    """A stream without a leader did not store it; it is retransmitted after the read."""
    timeline = Timeline()

    assert timeline.merge_stored([frame(1, 0), frame(3, 40)], [])
    timeline.add_caller_audio(frame(2, 20, code=9))
    assert timeline.cut(480)[0] == b"\x07" * 160 + b"\x09" * 160 + b"\x07" * 160
    assert not timeline.merge_stored([frame(1, 0), frame(2, 20), frame(3, 40)], [])


def test_stored_audio_is_discarded() -> None:
    """Audio before the stored position uses no memory."""
    timeline = Timeline()
    for n in range(100):
        timeline.add_caller_audio(frame(n + 1, n * FRAME_MS))

    timeline.mark_stored(90 * 160)

    assert len(timeline._caller._pieces) == 10


def test_the_memory_of_a_call_does_not_grow() -> None:
    """Replies that were played, cancelled or never started leave nothing, however many there are."""
    timeline = Timeline()
    for n in range(200):
        at_ms, reply_id = n * 20_000, f"r{n}"
        timeline.add_agent_audio(spoken(2 * n + 1, 0, b"\x01" * 800, reply_id=f"unknown{n}"))
        timeline.add_agent_audio(spoken(2 * n + 2, 0, b"\x01" * 800, reply_id=reply_id))
        timeline.apply(ReplyStarted(reply_id=reply_id), at_ms)
        if n % 2:
            timeline.apply(ReplyCancelled(reply_id=reply_id), at_ms + 10)
        else:
            timeline.apply(PlaybackStarted(reply_id=reply_id, at_ms=at_ms + 10), at_ms + 10)
            finished = PlaybackFinished(reply_id=reply_id, played_samples=800, at_ms=at_ms + 110)
            timeline.apply(finished, at_ms + 110)
        timeline.mark_stored((at_ms + 15_000) * 8)

    assert len(timeline._agent) <= 8
    assert timeline.replies.playout.spans == ()
    assert timeline.needed_since_ms == 199 * 20_000 + 15_000


def test_a_track_ends_after_its_last_sample() -> None:
    """The order in which pieces are added does not matter."""
    track = Track()
    track.add((1, 1), 100, b"\x01" * 10)
    track.add((1, 2), 0, b"\x01" * 10)

    assert track.end == 110


def test_audio_is_admitted_once_and_in_order() -> None:
    """Repeated chunks and chunks of a stale epoch are discarded."""
    fence = AudioFence()

    assert [fence.admits(*at) for at in [(1, 1), (1, 2), (1, 2), (2, 1), (1, 3), (2, 2)]] == [
        True, True, False, True, False, True,
    ]  # fmt: skip


def feed(timeline: Timeline, message: object, at_ms: int) -> None:
    """Add a message to the timeline."""
    match message:
        case CallerAudio():
            timeline.add_caller_audio(message)
        case AgentAudio():
            timeline.add_agent_audio(message)
        case _:
            timeline.apply(message, at_ms)  # type: ignore[arg-type] # everything else is an event


def next_owner(messages: list[tuple[int, object]], stored: int) -> Timeline:
    """Return the timeline of an owner that starts from the stored messages."""
    timeline = Timeline(stored=stored)
    for at_ms, message in messages:
        if not isinstance(message, CallerAudio | AgentAudio):
            feed(timeline, message, at_ms)
    timeline.mark_stored(stored)
    caller = [message for _, message in messages if isinstance(message, CallerAudio)]
    agent = [message for _, message in messages if isinstance(message, AgentAudio)]
    timeline.merge_stored(caller, agent)
    return timeline


def as_bytes(samples: dict[int, int], end: int) -> bytes:
    """Return a channel of the recording."""
    return bytes(samples.get(position, SILENCE[0]) for position in range(end))


@settings(max_examples=60, deadline=None)
@given(script=scripts(), data=st.data())
def test_every_sample_is_where_it_was_played(script: Script, data: st.DataObject) -> None:
    """Storing the stable part at any time, and takeovers at any time, do not change the recording."""
    timeline = Timeline()
    caller = agent = b""
    stores = data.draw(st.sets(st.integers(0, len(script.messages)), max_size=6))
    takeovers = data.draw(st.sets(st.integers(0, len(script.messages)), max_size=2))
    for n, (at_ms, message) in enumerate(script.messages):
        if n in stores:
            end = timeline.stable_until(max(0, at_ms - 1), 0)
            piece = timeline.cut(end)
            caller, agent = caller + piece[0], agent + piece[1]
            timeline.mark_stored(end)
        if n in takeovers:
            timeline = next_owner(script.messages[:n], timeline.stored)
        feed(timeline, message, at_ms)
    end = timeline.finish(script.end_ms)
    piece = timeline.cut(end)

    assert caller + piece[0] == as_bytes(script.caller, end)
    assert agent + piece[1] == as_bytes(script.played, end)


@pytest.mark.parametrize("cut_ms", [0, 7, 20, 33])
def test_a_recording_does_not_depend_on_where_it_is_cut(cut_ms: int) -> None:
    """Segments join exactly, even within a frame."""
    timeline = Timeline()
    for n in range(5):
        timeline.add_caller_audio(frame(n + 1, n * FRAME_MS, code=n))
    first = timeline.cut(cut_ms * 8)[0]
    timeline.mark_stored(cut_ms * 8)

    assert first + timeline.cut(800)[0] == b"".join(bytes([n]) * 160 for n in range(5))
