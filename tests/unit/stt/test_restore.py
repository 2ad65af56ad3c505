"""What a successor knows of its forerunner's ears."""

from parley.events.envelope import Body, wrap
from parley.providers.stt import Word
from parley.v1 import reply_pb2, speech_pb2
from services.stt.restore import SttState, restore


def remember(*bodies: Body) -> SttState:
    return restore(
        wrap(body, call_sid="CA", stage="stt", epoch=1, sequence=n, sent_at_us=n, traceparent="")
        for n, body in enumerate(bodies, 1)
    )


def test_the_turn_in_hand_is_known_with_its_words() -> None:
    """Up to where the sound was finally accounted for."""
    word = speech_pb2.Word(text="hello", start_ms=100, end_ms=400, confidence=0.5)
    known = remember(
        speech_pb2.SpeechStarted(at_ms=90),
        speech_pb2.TranscriptUpdated(turn=1, text="hello", final=True, words=[word], audio_end_ms=500),
        speech_pb2.TranscriptUpdated(turn=1, text="hello the", audio_end_ms=700),
        speech_pb2.EagerEndOfTurn(turn=1, text="hello"),
    )

    assert (known.transcript.turn, known.transcript.text, known.transcript.final_end_ms) == (1, "hello", 500)
    assert known.transcript.words == (Word("hello", 100, 400, 0.5),)
    assert known.eager
    assert known.voice_open


def test_after_a_turn_the_next_begins_where_it_ended() -> None:
    """And an eager end is no more."""
    known = remember(
        speech_pb2.EagerEndOfTurn(turn=1, text="hello"),
        speech_pb2.TurnEnded(turn=1, text="hello", audio_end_ms=900),
        speech_pb2.SpeechStopped(at_ms=800),
    )

    assert (known.transcript.turn, known.transcript.text, known.transcript.final_end_ms) == (2, "", 900)
    assert not known.eager
    assert (known.voice_open, known.last_speech_event_ms) == (False, 800)


def test_what_the_agent_asked_last_is_known() -> None:
    """Of its latest reply alone."""
    known = remember(
        reply_pb2.ReplyClause(reply_id="r1", text="Hello."),
        reply_pb2.ReplyClause(reply_id="r2", text="What "),
        reply_pb2.ReplyClause(reply_id="r2", clause=1, text="happened?"),
    )

    assert known.last_agent_text == "What happened?"
