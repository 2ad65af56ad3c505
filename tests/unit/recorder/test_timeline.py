"""Both voices on one clock, to the sample, however the call is cut into segments and owners."""

from dataclasses import dataclass, field

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
from services.recorder.timeline import AudioFence, Timeline, Track

FRAME_MS = 20


def frame(sequence: int, at_ms: int, *, epoch: int = 1, code: int = 7) -> CallerAudio:
    """20 ms of the caller."""
    return CallerAudio(epoch=epoch, sequence=sequence, at_ms=at_ms, mulaw=bytes([code]) * 160)


def spoken(sequence: int, offset: int, mulaw: bytes, *, reply_id: str = "r1", epoch: int = 1) -> AgentAudio:
    """A chunk of the agent."""
    return AgentAudio(epoch=epoch, sequence=sequence, reply_id=reply_id, offset_samples=offset, mulaw=mulaw)


def agent_track(*events: Body, sound: bytes, end_ms: int) -> bytes:
    """The agent's channel after events about one reply whose sound is given, to the call's end."""
    timeline = Timeline()
    timeline.add_agent_audio(spoken(1, 0, sound))
    for event in events:
        timeline.apply(event)
    return timeline.cut(timeline.finish(end_ms))[1]


def test_what_the_caller_says_lies_at_its_time() -> None:
    """A lost frame is silence, a doubled one counts once."""
    timeline = Timeline()
    for sequence, at_ms in ((1, 100), (2, 120), (2, 120), (4, 160)):
        timeline.add_caller_audio(frame(sequence, at_ms))

    caller, agent = timeline.cut(timeline.finish(200))

    assert caller == SILENCE * 800 + b"\x07" * 320 + SILENCE * 160 + b"\x07" * 160 + SILENCE * 160
    assert agent == SILENCE * 1600


def test_a_past_edge_is_not_heard() -> None:
    """Sound of an earlier media stream that comes after the next stream's is dropped."""
    timeline = Timeline()
    timeline.add_caller_audio(frame(1, 0, epoch=2))
    timeline.add_caller_audio(frame(9, 20, epoch=1))

    assert timeline.cut(320)[0] == b"\x07" * 160 + SILENCE * 160


def test_the_agent_is_cut_where_the_caller_took_the_turn() -> None:
    """What was made and not heard is not in the recording."""
    heard = agent_track(
        PlaybackStarted(reply_id="r1", at_ms=10),
        PlaybackPaused(reply_id="r1", played_samples=80, at_ms=20),
        BargeIn(reply_id="r1", played_samples=80, at_ms=25),
        sound=b"\x01" * 800,
        end_ms=100,
    )

    assert heard == SILENCE * 80 + b"\x01" * 80 + SILENCE * 640


def test_a_held_reply_goes_on_where_it_stopped() -> None:
    """After a cough the rest is heard later, from the held position on."""
    sound = bytes(range(160))
    heard = agent_track(
        PlaybackStarted(reply_id="r1", at_ms=0),
        PlaybackPaused(reply_id="r1", played_samples=40, at_ms=5),
        PlaybackStarted(reply_id="r1", from_sample=40, at_ms=50),
        PlaybackFinished(reply_id="r1", played_samples=160, at_ms=65),
        sound=sound,
        end_ms=70,
    )

    assert heard == sound[:40] + SILENCE * 360 + sound[40:] + SILENCE * 40


def test_a_dead_line_is_heard_until_it_dies() -> None:
    """Without a last mark, what time allowed was heard."""
    heard = agent_track(
        PlaybackStarted(reply_id="r1", at_ms=0),
        StreamStopped(at_ms=10, reason="stop"),
        sound=b"\x01" * 800,
        end_ms=20,
    )

    assert heard == b"\x01" * 80 + SILENCE * 80


def test_sound_that_a_successor_makes_again_replaces_nothing() -> None:
    """The earlier voice's samples count where both made some."""
    timeline = Timeline()
    timeline.add_agent_audio(spoken(1, 0, b"\x01" * 80))
    timeline.add_agent_audio(spoken(1, 40, b"\x02" * 80, epoch=2))
    timeline.apply(PlaybackStarted(reply_id="r1", at_ms=0))
    timeline.apply(PlaybackFinished(reply_id="r1", played_samples=120, at_ms=15))

    assert timeline.cut(120)[1] == b"\x01" * 80 + b"\x02" * 40


def test_nothing_settles_that_may_still_change() -> None:
    """While a reply plays what its marks confirmed is settled; while a stream is open, what came of it."""
    timeline = Timeline()
    timeline.apply(StreamStarted(at_ms=0))
    for n in range(50):
        timeline.add_caller_audio(frame(n + 1, n * FRAME_MS))

    assert timeline.stable_until(5000, 200) == 800 * 8

    timeline.apply(PlaybackStarted(reply_id="r1", at_ms=300))
    timeline.apply(PlaybackProgressed(reply_id="r1", played_samples=800, at_ms=400))

    assert timeline.stable_until(5000, 200) == 400 * 8


def test_a_missing_chunk_is_noticed_and_mended() -> None:
    """A hole in the live sequence asks for a reading; the reading fills it."""
    timeline = Timeline()
    timeline.add_caller_audio(frame(1, 0))
    timeline.add_caller_audio(frame(3, 40))
    assert timeline.gap_count

    timeline.merge_stored([frame(n, (n - 1) * FRAME_MS) for n in (1, 2, 3)], [])

    assert not timeline.gap_count
    assert timeline.cut(480)[0] == b"\x07" * 480


def test_a_missing_chunk_may_come_late() -> None:
    """Its speaker says it again; a past edge says nothing any more."""
    timeline = Timeline()
    timeline.add_caller_audio(frame(1, 0, epoch=2))
    timeline.add_caller_audio(frame(3, 40, epoch=2))
    timeline.add_caller_audio(frame(2, 20, epoch=2, code=9))
    timeline.add_caller_audio(frame(4, 60, epoch=1))

    assert timeline.cut(640)[0] == b"\x07" * 160 + b"\x09" * 160 + b"\x07" * 160 + SILENCE * 160


def test_what_its_stream_lacked_too_comes_late() -> None:
    """It had no leader; a successor has read what there was."""
    timeline = Timeline()

    assert timeline.merge_stored([frame(1, 0), frame(3, 40)], [])
    timeline.add_caller_audio(frame(2, 20, code=9))
    assert timeline.cut(480)[0] == b"\x07" * 160 + b"\x09" * 160 + b"\x07" * 160
    assert not timeline.merge_stored([frame(1, 0), frame(2, 20), frame(3, 40)], [])


def test_what_is_stored_is_let_go() -> None:
    """Sound before the stored position takes no memory."""
    timeline = Timeline()
    for n in range(100):
        timeline.add_caller_audio(frame(n + 1, n * FRAME_MS))

    timeline.mark_stored(90 * 160)

    assert len(timeline._caller._pieces) == 10


def test_a_track_knows_its_end() -> None:
    """The end is after the last sample, whatever came last."""
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


@dataclass
class Script:
    """A made-up call: what comes when, and what the caller truly heard and said."""

    things: list[tuple[int, object]] = field(default_factory=list)
    heard: dict[int, int] = field(default_factory=dict)
    said: dict[int, int] = field(default_factory=dict)
    end_ms: int = 0
    chunks: int = 0
    last_started_ms: int = 0
    cut: bool = False


#: Pause, then play; whether it is held at the end, whether a mark comes half-way.
PIECE = st.tuples(st.integers(0, 60), st.integers(1, 90), st.booleans(), st.booleans())


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """Replies in pieces, with holds, gaps in the voice, interruptions, and lost frames of the caller."""
    script = Script(things=[(0, StreamStarted(at_ms=0))])
    for number, pieces in enumerate(draw(st.lists(st.lists(PIECE, min_size=1, max_size=4), max_size=4)), 1):
        plays(script, f"r{number}", pieces, draw(st.integers(0, 400)), early_ms=draw(st.integers(0, 90)))
    script.end_ms += 5
    lost = draw(st.sets(st.integers(0, 20)))
    for sequence, at_ms in enumerate(range(0, script.end_ms - FRAME_MS, FRAME_MS), 1):
        if sequence not in lost:
            script.things.append((at_ms + FRAME_MS, frame(sequence, at_ms, code=sequence % 250)))
            script.said |= dict.fromkeys(range(at_ms * 8, (at_ms + FRAME_MS) * 8), sequence % 250)
    script.things.sort(key=lambda thing: thing[0])
    return script


def announce(script: Script, reply_id: str, at_ms: int, *, early_ms: int) -> bool:
    """Tell of a reply while the one before it plays; if that was cut short, this came to nothing."""
    told_ms = max(script.last_started_ms, script.end_ms - early_ms)
    script.things.append((told_ms, PlaybackStarted(reply_id=reply_id, at_ms=at_ms)))
    return not script.cut or told_ms == script.end_ms


def plays(
    script: Script, reply_id: str, pieces: list[tuple[int, int, bool, bool]], unheard: int, *, early_ms: int
) -> None:
    """One reply, played in pieces."""
    total = sum(play_ms for _, play_ms, _, _ in pieces) * 8 + unheard
    sound = bytes((int(reply_id[1:]) * 31 + n) % 250 for n in range(total))
    for offset in range(0, total, 160):
        script.chunks += 1
        chunk = spoken(script.chunks, offset, sound[offset : offset + 160], reply_id=reply_id)
        script.things.append((script.end_ms, chunk))
    position = 0
    told = announce(script, reply_id, script.end_ms + pieces[0][0], early_ms=early_ms)
    for pause_ms, play_ms, hold, progress in pieces:
        at_ms = script.last_started_ms = script.end_ms + pause_ms
        script.end_ms = at_ms + play_ms
        half = PlaybackProgressed(reply_id=reply_id, played_samples=position + play_ms // 2 * 8)
        started = PlaybackStarted(reply_id=reply_id, from_sample=position, at_ms=at_ms)
        script.things += [(at_ms, started)] * (not told)
        told = False
        script.things += [(at_ms + play_ms // 2, half)] * progress
        script.heard |= {at_ms * 8 + n: sound[position + n] for n in range(play_ms * 8)}
        position += play_ms * 8
        held = PlaybackPaused(reply_id=reply_id, played_samples=position, at_ms=script.end_ms)
        script.things += [(script.end_ms, held)] * hold
    over = BargeIn if unheard else PlaybackFinished
    said = over(reply_id=reply_id, played_samples=position, at_ms=script.end_ms)
    script.things.append((script.end_ms, said))
    script.cut = bool(unheard) or pieces[-1][2]


def feed(timeline: Timeline, thing: object) -> None:
    """One thing that came."""
    match thing:
        case CallerAudio():
            timeline.add_caller_audio(thing)
        case AgentAudio():
            timeline.add_agent_audio(thing)
        case _:
            timeline.apply(thing)  # type: ignore[arg-type] # all else is an event


def successor(things: list[tuple[int, object]], stored: int) -> Timeline:
    """An owner that begins anew with all that the streams hold."""
    timeline = Timeline(stored=stored)
    for _, thing in things:
        if not isinstance(thing, CallerAudio | AgentAudio):
            feed(timeline, thing)
    caller = [thing for _, thing in things if isinstance(thing, CallerAudio)]
    agent = [thing for _, thing in things if isinstance(thing, AgentAudio)]
    timeline.merge_stored(caller, agent)
    return timeline


def as_bytes(samples: dict[int, int], end: int) -> bytes:
    """A channel of the recording."""
    return bytes(samples.get(position, SILENCE[0]) for position in range(end))


@settings(max_examples=60, deadline=None)
@given(script=scripts(), data=st.data())
def test_every_sample_is_where_it_was_heard(script: Script, data: st.DataObject) -> None:
    """However often the settled part is stored, and whoever goes on, the recording is the same."""
    timeline = Timeline()
    caller = agent = b""
    moments = data.draw(st.sets(st.integers(0, len(script.things)), max_size=6))
    handovers = data.draw(st.sets(st.integers(0, len(script.things)), max_size=2))
    for n, (at_ms, thing) in enumerate(script.things):
        if n in moments:
            end = timeline.stable_until(max(0, at_ms - 1), 0)
            piece = timeline.cut(end)
            caller, agent = caller + piece[0], agent + piece[1]
            timeline.mark_stored(end)
        if n in handovers:
            timeline = successor(script.things[:n], timeline.stored)
        feed(timeline, thing)
    end = timeline.finish(script.end_ms)
    piece = timeline.cut(end)

    assert caller + piece[0] == as_bytes(script.said, end)
    assert agent + piece[1] == as_bytes(script.heard, end)


@pytest.mark.parametrize("cut_ms", [0, 7, 20, 33])
def test_a_recording_is_the_same_wherever_it_is_cut(cut_ms: int) -> None:
    """Segments join without a seam, also amid a frame."""
    timeline = Timeline()
    for n in range(5):
        timeline.add_caller_audio(frame(n + 1, n * FRAME_MS, code=n))
    first = timeline.cut(cut_ms * 8)[0]
    timeline.mark_stored(cut_ms * 8)

    assert first + timeline.cut(800)[0] == b"".join(bytes([n]) * 160 for n in range(5))
