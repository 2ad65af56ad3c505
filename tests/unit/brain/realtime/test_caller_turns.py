"""The caller's turns in a session."""

from collections.abc import Iterable

import pytest

from parley.agent_config import RealtimeConfig
from parley.echo.agent_speech import AgentSpeech
from parley.echo.echo_filter import EchoFilter
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
from parley.v1.playback_pb2 import PlaybackStarted
from parley.v1.reply_pb2 import ReplyClause
from parley.v1.synthesis_pb2 import ClauseSynthesized, WordTiming
from services.brain.realtime.caller_audio import CallerAudio
from services.brain.realtime.caller_turns import CallerTurns
from services.brain.realtime_state import RealtimeState


def _turns(
    *,
    words_decide: bool = False,
    state: RealtimeState | None = None,
    echo: EchoFilter | None = None,
    discarded: list[str] | None = None,
) -> CallerTurns:
    echo = echo or EchoFilter(AgentSpeech())
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
        without_echo=lambda text, end_ms, final: echo.filter(text, (), end_ms, final=final).text,
        discard=([] if discarded is None else discarded).append,
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
    stopped, ended = _apply(turns, TranscriptFailed("i1", "x"))
    assert isinstance(stopped, speech_pb2.SpeechStopped)
    assert isinstance(ended, speech_pb2.TurnEnded)
    assert ended.transcript_pending


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


def test_a_failed_transcription_of_an_ended_turn_leaves_it() -> None:
    """A final transcript without words would withdraw its answer, and remove it from the conversation."""
    turns = _turns()
    _apply(turns, *_SPEECH)
    assert _apply(turns, TranscriptFailed("i1", "x")) == []
    assert turns.is_quiet


def test_a_transcript_that_never_ends_has_its_deltas() -> None:
    """After 20 s nothing more is expected."""
    turns = _turns()
    _apply(turns, *_SPEECH, TranscriptDelta("i1", "Hel"), TranscriptDelta("i1", "lo"))
    [words] = turns.on_tick(24_000)
    assert words == speech_pb2.TranscriptUpdated(turn=1, text="Hello", final=True, audio_end_ms=3500)
    assert turns.is_quiet


_NAMED = (SpeechStarted(1000, "i1"), SpeechStopped(3500, "i1"), TurnCommitted("i1"))


def test_events_that_arrive_twice_are_one_turn() -> None:
    """Each at once, and all of them again after the turn has ended."""
    turns = _turns()
    twice = [event for each in _NAMED for event in (each, each)]
    words = TranscriptCompleted("i1", "Hello.")
    names = _names(_apply(turns, *twice, words, words, *_NAMED, words))
    assert names == ["SpeechStarted", "SpeechStopped", "TurnEnded", "TranscriptUpdated"]
    assert turns.is_quiet


@pytest.mark.parametrize(
    ("events", "names"),
    [
        ((_NAMED[0], _NAMED[1]), ["SpeechStarted", "SpeechStopped", "TurnEnded"]),
        ((_NAMED[0], _NAMED[2]), ["SpeechStarted", "SpeechStopped", "TurnEnded"]),
        ((_NAMED[2],), ["SpeechStopped", "TurnEnded"]),
        ((_NAMED[2], _NAMED[1], _NAMED[0]), ["SpeechStopped", "TurnEnded"]),
        ((*_NAMED[:2], TurnCommitted("")), ["SpeechStarted", "SpeechStopped", "TurnEnded"]),
        ((TurnCommitted(""),), []),
        ((SpeechStarted(1000), TurnCommitted("")), ["SpeechStarted", "SpeechStopped", "TurnEnded"] * 2),
    ],
)
def test_a_turn_with_missing_events(events: tuple[RealtimeEvent, ...], names: list[str]) -> None:
    """It ends once, within a second after its speech, and nothing of it stays open."""
    turns = _turns()
    assert _names([*_apply(turns, *events), *turns.on_tick(4600), *_apply(turns, *events)]) == names
    assert not turns.speech_in_progress


def test_a_transcript_may_precede_its_item() -> None:
    """One of an unknown item is none of the caller's."""
    turns = _turns()
    early = TranscriptCompleted("i1", "Hello.")
    bodies = _apply(turns, SpeechStarted(1000, "i1"), early, TranscriptCompleted("i9", "x"), *_NAMED[1:])
    assert _names(bodies) == ["SpeechStarted", "SpeechStopped", "TurnEnded", "TranscriptUpdated"]


def test_the_end_of_another_turn_does_not_end_this_one() -> None:
    """It is late."""
    turns = _turns()
    assert _names(_apply(turns, SpeechStarted(1000, "i2"), SpeechStopped(1100, "i1"))) == ["SpeechStarted"]
    assert turns.speech_in_progress


def test_an_echo_is_no_turn() -> None:
    """Its words do not interrupt the agent, and the model forgets it."""
    discarded: list[str] = []
    turns = _turns(words_decide=True, echo=_echo_of("We are open from eight to six"), discarded=discarded)
    assert _names(_apply(turns, SpeechStarted(1000, "i1"), now_ms=1400)) == ["SpeechStarted"]
    for number, word in enumerate(["we", "are", "open", "from", "eight"], 1):
        assert _apply(turns, TranscriptDelta("i1", f"{word} "), now_ms=1500 + number * 350) == []
    events = (*_NAMED[1:], TranscriptCompleted("i1", "we are open from eight to six"))
    assert _names(_apply(turns, *events)) == ["SpeechStopped"]
    assert discarded == ["i1"]
    assert turns.is_quiet


def test_words_after_an_echo_are_a_turn() -> None:
    """The model has them in the same item."""
    discarded: list[str] = []
    turns = _turns(words_decide=True, echo=_echo_of("We are open"), discarded=discarded)
    bodies = _apply(turns, *_NAMED, TranscriptCompleted("i1", "we are open and on Sunday?"))
    assert isinstance(bodies[-1], speech_pb2.TurnEnded)
    assert (bodies[-1].text, discarded) == ("and on Sunday?", [])


def _echo_of(text: str) -> EchoFilter:
    """The filter after a text whose playback started at 1100 ms, with 350 ms for each word."""
    speech = AgentSpeech()
    words = [
        WordTiming(text=word, start_ms=number * 350, end_ms=(number + 1) * 350)
        for number, word in enumerate(text.split())
    ]
    speech.apply(ReplyClause(reply_id="r1", text=text))
    speech.apply(ClauseSynthesized(reply_id="r1", end_sample=len(words) * 2800, words=words))
    speech.apply(PlaybackStarted(reply_id="r1", at_ms=1100))
    return EchoFilter(speech)
