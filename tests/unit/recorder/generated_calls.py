"""Generated calls for the timeline: messages of all kinds, and the samples expected in the recording."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

from parley.v1.audio_pb2 import AgentAudio, CallerAudio
from parley.v1.call_pb2 import StreamStarted
from parley.v1.playback_pb2 import (
    BargeIn,
    PlaybackFinished,
    PlaybackPaused,
    PlaybackProgressed,
    PlaybackStarted,
)

FRAME_MS = 20


def frame(sequence: int, at_ms: int, *, epoch: int = 1, code: int = 7) -> CallerAudio:
    """Return 20 ms of the caller."""
    return CallerAudio(epoch=epoch, sequence=sequence, at_ms=at_ms, mulaw=bytes([code]) * 160)


def spoken(sequence: int, offset: int, mulaw: bytes, *, reply_id: str = "r1", epoch: int = 1) -> AgentAudio:
    """Return a chunk of the agent."""
    return AgentAudio(epoch=epoch, sequence=sequence, reply_id=reply_id, offset_samples=offset, mulaw=mulaw)


@dataclass
class Script:
    """A generated call: its messages by time, and the samples expected in the recording."""

    messages: list[tuple[int, object]] = field(default_factory=list)
    played: dict[int, int] = field(default_factory=dict)
    caller: dict[int, int] = field(default_factory=dict)
    end_ms: int = 0
    chunks: int = 0
    last_started_ms: int = 0
    cut: bool = False


#: Duration of a gap (ms) and of playback (ms); whether a pause follows; whether a mark arrives half-way.
PIECE = st.tuples(st.integers(0, 60), st.integers(1, 90), st.booleans(), st.booleans())


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """Generate replies in pieces, with pauses, gaps and interruptions, and lost frames of the caller."""
    script = Script(messages=[(0, StreamStarted(at_ms=0))])
    for number, pieces in enumerate(draw(st.lists(st.lists(PIECE, min_size=1, max_size=4), max_size=4)), 1):
        play(script, f"r{number}", pieces, draw(st.integers(0, 400)), early_ms=draw(st.integers(0, 90)))
    script.end_ms += 5
    lost = draw(st.sets(st.integers(0, 20)))
    for sequence, at_ms in enumerate(range(0, script.end_ms - FRAME_MS, FRAME_MS), 1):
        if sequence not in lost:
            script.messages.append((at_ms + FRAME_MS, frame(sequence, at_ms, code=sequence % 250)))
            script.caller |= dict.fromkeys(range(at_ms * 8, (at_ms + FRAME_MS) * 8), sequence % 250)
    script.messages.sort(key=lambda message: message[0])
    return script


def announce(script: Script, reply_id: str, at_ms: int, *, early_ms: int) -> bool:
    """Add a start during the previous reply's playback; False if an interruption of that one cancels it."""
    announced_ms = max(script.last_started_ms, script.end_ms - early_ms)
    script.messages.append((announced_ms, PlaybackStarted(reply_id=reply_id, at_ms=at_ms)))
    return not script.cut or announced_ms == script.end_ms


def play(
    script: Script, reply_id: str, pieces: list[tuple[int, int, bool, bool]], unplayed: int, *, early_ms: int
) -> None:
    """Add one reply, played in pieces."""
    total = sum(play_ms for _, play_ms, _, _ in pieces) * 8 + unplayed
    audio = bytes((int(reply_id[1:]) * 31 + n) % 250 for n in range(total))
    for offset in range(0, total, 160):
        script.chunks += 1
        chunk = spoken(script.chunks, offset, audio[offset : offset + 160], reply_id=reply_id)
        script.messages.append((script.end_ms, chunk))
    position = 0
    announced = announce(script, reply_id, script.end_ms + pieces[0][0], early_ms=early_ms)
    for gap_ms, play_ms, pauses, has_mark in pieces:
        at_ms = script.last_started_ms = script.end_ms + gap_ms
        script.end_ms = at_ms + play_ms
        half = PlaybackProgressed(reply_id=reply_id, played_samples=position + play_ms // 2 * 8)
        started = PlaybackStarted(reply_id=reply_id, from_sample=position, at_ms=at_ms)
        script.messages += [(at_ms, started)] * (not announced)
        announced = False
        script.messages += [(at_ms + play_ms // 2, half)] * has_mark
        script.played |= {at_ms * 8 + n: audio[position + n] for n in range(play_ms * 8)}
        position += play_ms * 8
        paused = PlaybackPaused(reply_id=reply_id, played_samples=position, at_ms=script.end_ms)
        script.messages += [(script.end_ms, paused)] * pauses
    last_event = BargeIn if unplayed else PlaybackFinished
    ended = last_event(reply_id=reply_id, played_samples=position, at_ms=script.end_ms)
    script.messages.append((script.end_ms, ended))
    script.cut = bool(unplayed) or pieces[-1][2]
