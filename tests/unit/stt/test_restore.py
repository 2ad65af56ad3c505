"""The state of transcription after a takeover."""

from functools import reduce

from parley.events.envelope import Body
from parley.providers.stt import Word
from parley.v1 import reply_pb2, speech_pb2
from services.stt.restore import SttState, evolve
from tests.event_factories import events_of


def restored(*bodies: Body) -> SttState:
    """The state after these events."""
    return reduce(evolve, events_of(*((0, body) for body in bodies), stage="stt"), SttState())


def test_the_current_turn_is_restored_with_its_final_words() -> None:
    """The audio after its last final transcript will be transcribed again."""
    word = speech_pb2.Word(text="hello", start_ms=100, end_ms=400, confidence=0.5)
    state = restored(
        speech_pb2.SpeechStarted(at_ms=90),
        speech_pb2.TranscriptUpdated(turn=1, text="hello", final=True, words=[word], audio_end_ms=500),
        speech_pb2.TranscriptUpdated(turn=1, text="hello the", audio_end_ms=700),
        speech_pb2.EagerEndOfTurn(turn=1, text="hello"),
    )

    assert (state.transcript.turn, state.transcript.text, state.transcript.final_end_ms) == (1, "hello", 500)
    assert state.transcript.words == (Word("hello", 100, 400, 0.5),)
    assert state.eager
    assert state.last_speech_event_ms == 90


def test_after_a_turn_the_next_begins_where_it_ended() -> None:
    """The end of the turn supersedes its eager end."""
    state = restored(
        speech_pb2.EagerEndOfTurn(turn=1, text="hello"),
        speech_pb2.TurnEnded(turn=1, text="hello", audio_end_ms=900),
        speech_pb2.SpeechStopped(at_ms=800),
    )

    assert (state.transcript.turn, state.transcript.text, state.transcript.final_end_ms) == (2, "", 900)
    assert not state.eager
    assert state.last_speech_event_ms == 800


def test_the_text_of_the_latest_reply_is_restored() -> None:
    """Clauses of earlier replies are dropped."""
    state = restored(
        reply_pb2.ReplyClause(reply_id="r1", text="Hello."),
        reply_pb2.ReplyClause(reply_id="r2", text="What "),
        reply_pb2.ReplyClause(reply_id="r2", clause=1, text="happened?"),
    )

    assert state.last_agent_text == "What happened?"


def test_the_caller_answers_the_reply_that_was_spoken() -> None:
    """Not a speculative one, unless it is released, and not a filler or an idle prompt."""
    question: list[Body] = [
        reply_pb2.ReplyStarted(reply_id="r1", kind=reply_pb2.REPLY_KIND_ANSWER),
        reply_pb2.ReplyClause(reply_id="r1", text="What is your number?"),
    ]
    speculative: list[Body] = [
        reply_pb2.ReplyStarted(reply_id="r2", kind=reply_pb2.REPLY_KIND_ANSWER, speculative=True),
        reply_pb2.ReplyClause(reply_id="r2", text="Thank you."),
    ]
    late = reply_pb2.ReplyClause(reply_id="r2", text="Anything else?")
    prompt: list[Body] = [
        reply_pb2.ReplyStarted(reply_id="r3", kind=reply_pb2.REPLY_KIND_IDLE_PROMPT),
        reply_pb2.ReplyClause(reply_id="r3", text="Are you still there?"),
    ]
    cancelled, released = reply_pb2.ReplyCancelled(reply_id="r2"), reply_pb2.ReplyReleased(reply_id="r2")

    assert restored(*question, *speculative).last_agent_text == "What is your number?"
    assert restored(*question, *speculative, cancelled, late).last_agent_text == "What is your number?"
    assert restored(*question, *speculative, released, late).last_agent_text == "Thank you.Anything else?"
    assert restored(*question, *prompt).last_agent_text == "What is your number?"
