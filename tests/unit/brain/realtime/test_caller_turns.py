"""The caller's turns in a session."""

from collections.abc import Iterable

from parley.agent_config import RealtimeConfig
from parley.events.envelope import Body
from parley.providers.realtime import (
    RealtimeEvent,
    SpeechStarted,
    SpeechStopped,
    TranscriptCompleted,
    TranscriptDelta,
    TranscriptFailed,
    TurnCommitted,
)
from parley.v1 import speech_pb2
from services.brain.realtime.caller_audio import CallerAudio
from services.brain.realtime.caller_turns import CallerTurns
from services.brain.realtime_state import RealtimeState


def _turns(*, words_decide: bool = False, state: RealtimeState | None = None) -> CallerTurns:
    audio = CallerAudio()
    audio.start_session(0)
    audio.add(b"\xff" * 80_000, 0)
    audio.take(60_000)
    return CallerTurns(
        RealtimeConfig(),
        state or RealtimeState(),
        audio,
        words_decide=lambda: words_decide,
        source=("openai", "m"),
    )


_SPEECH = (SpeechStarted(1000), SpeechStopped(3500), TurnCommitted("i1"))


def _apply(turns: CallerTurns, *events: RealtimeEvent, now_ms: int = 3600) -> list[Body]:
    return [body for event in events for body in turns.apply(event, now_ms)]


def _names(bodies: Iterable[Body]) -> list[str]:
    return [type(body).__name__ for body in bodies]


def test_a_turn_ends_before_its_words_arrive() -> None:
    """While the agent is silent; the prefix and the silence of the detection do not count as speech."""
    turns = _turns()
    started, stopped, ended = _apply(turns, *_SPEECH)
    assert started == speech_pb2.SpeechStarted(at_ms=1300)
    assert stopped == speech_pb2.SpeechStopped(at_ms=3000)
    assert isinstance(ended, speech_pb2.TurnEnded)
    assert (ended.turn, ended.text, ended.transcript_pending) == (1, "", True)
    assert (ended.speech_end_ms, ended.audio_end_ms, ended.decided_by) == (3000, 3500, "server_vad")
    [words] = _apply(turns, TranscriptCompleted("i1", "Hello."))
    assert words == speech_pb2.TranscriptUpdated(turn=1, text="Hello.", final=True, audio_end_ms=3500)
    assert turns.is_quiet


def test_words_end_a_turn_while_the_agent_speaks() -> None:
    """An "uh-huh" is not answered; until then it counts as speech."""
    turns = _turns(words_decide=True)
    assert _names(_apply(turns, *_SPEECH)) == ["SpeechStarted"]
    stopped, ended = _apply(turns, TranscriptCompleted("i1", "mhm"))
    assert isinstance(stopped, speech_pb2.SpeechStopped)
    assert isinstance(ended, speech_pb2.TurnEnded)
    assert (ended.text, ended.transcript_pending) == ("mhm", False)


def test_noise_is_no_turn() -> None:
    """Interim words are withdrawn."""
    turns = _turns(words_decide=True)
    _apply(turns, *_SPEECH, TranscriptDelta("i1", "Uh"))
    withdrawn, stopped = _apply(turns, TranscriptCompleted("i1", ""))
    assert withdrawn == speech_pb2.TranscriptUpdated(turn=1)
    assert isinstance(stopped, speech_pb2.SpeechStopped)


def test_words_during_speech_interrupt_early() -> None:
    """They are of the turn that has not ended."""
    turns = _turns(words_decide=True)
    _apply(turns, SpeechStarted(1000))
    [first] = _apply(turns, TranscriptDelta("i1", "No "))
    [second] = _apply(turns, TranscriptDelta("i1", "wait"))
    assert isinstance(first, speech_pb2.TranscriptUpdated)
    assert isinstance(second, speech_pb2.TranscriptUpdated)
    assert (first.turn, first.text, second.text, second.final) == (1, "No", "No wait", False)


def test_words_that_do_not_arrive_are_not_waited_for() -> None:
    """After 2 s the turn ends without them."""
    turns = _turns(words_decide=True)
    _apply(turns, *_SPEECH)
    assert turns.on_tick(5500) == []
    assert _names(turns.on_tick(5600)) == ["SpeechStopped", "TurnEnded"]
    assert turns.on_tick(9000) == []
    assert _names(_apply(turns, TranscriptCompleted("i1", "Late."))) == ["TranscriptUpdated"]


def test_a_turn_that_cannot_be_transcribed_is_one() -> None:
    """The model has received its audio."""
    turns = _turns(words_decide=True)
    _apply(turns, *_SPEECH)
    assert _names(_apply(turns, TranscriptFailed("i1", "x"))) == ["SpeechStopped", "TurnEnded"]


def test_a_turn_without_words_is_transcribed_again_after_a_takeover() -> None:
    """It keeps its number, and is no new turn."""
    state = RealtimeState(last_turn=4, pending_turn=4, pending_from_ms=900, pending_until_ms=3500)
    turns = _turns(state=state)
    assert _apply(turns, *_SPEECH) == []
    [words] = _apply(turns, TranscriptCompleted("i1", "Hello."))
    assert isinstance(words, speech_pb2.TranscriptUpdated)
    assert (words.turn, words.final) == (4, True)
    bodies = _apply(turns, SpeechStarted(5000), SpeechStopped(7000), TurnCommitted("i2"), now_ms=7000)
    ended = bodies[-1]
    assert isinstance(ended, speech_pb2.TurnEnded)
    assert ended.turn == 5


def test_unexpected_events_are_ignored() -> None:
    """Events out of order, or of unknown items."""
    turns = _turns()
    events = (
        SpeechStopped(1),
        TranscriptDelta("x", "a"),
        TranscriptCompleted("x", "a"),
        TranscriptFailed("x", "r"),
    )
    assert _apply(turns, *events) == []
