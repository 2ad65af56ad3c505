"""The audio of a realtime call as the log shows it."""

from parley.events.envelope import Body
from parley.v1.reply_pb2 import ReplyCancelled, ReplyFinished, ReplyStarted
from parley.v1.speech_pb2 import SpeechStarted, SpeechStopped, TranscriptUpdated, TurnEnded
from parley.v1.synthesis_pb2 import SynthesisFinished
from services.brain.realtime_state import RealtimeState, evolve
from tests.event_factories import event


def _after(*bodies: Body) -> RealtimeState:
    state = RealtimeState()
    for body in bodies:
        state = evolve(state, event(body))
    return state


def test_a_session_starts_after_the_last_transcript() -> None:
    """After the last turn; before speech that has not ended, and before a turn without words."""
    ended = TurnEnded(turn=1, text="hi", audio_end_ms=5000)
    assert _after(ended).needed_from_ms(4000) == 5000
    assert _after(ended).needed_from_ms(9000) == 8500
    assert _after(ended, SpeechStarted(at_ms=7000)).needed_from_ms(9000) == 6500
    assert _after(ended, SpeechStarted(at_ms=7000), SpeechStopped()).needed_from_ms(9000) == 8500


def test_a_turn_without_words_is_transcribed_again() -> None:
    """Until its words are in the log, or the next turn has ended."""
    pending = TurnEnded(turn=1, audio_end_ms=5000, transcript_pending=True)
    state = _after(SpeechStarted(at_ms=3000), SpeechStopped(), pending)
    assert (state.pending_turn, state.needed_from_ms(9000)) == (1, 2500)
    words = evolve(state, event(TranscriptUpdated(turn=1, text="hi", final=True)))
    assert (words.pending_turn, words.transcribed_ms) == (0, 5000)
    later = evolve(state, event(TurnEnded(turn=2, audio_end_ms=9000)))
    assert (later.pending_turn, later.transcribed_ms) == (0, 9000)


def test_replies_without_complete_audio_stay_in_order() -> None:
    """Their number is bounded."""
    state = _after(
        ReplyStarted(reply_id="r1"),
        ReplyStarted(reply_id="r2"),
        ReplyStarted(reply_id="r3"),
        ReplyStarted(reply_id="r4"),
        SynthesisFinished(reply_id="r1"),
        ReplyCancelled(reply_id="r2"),
        ReplyFinished(reply_id="r3", clauses=0),
        ReplyFinished(reply_id="r4", clauses=2),
    )
    assert state.unfinished == ("r4",)
    many = _after(*(ReplyStarted(reply_id=f"r{n}") for n in range(100)))
    assert len(many.unfinished) == 20
