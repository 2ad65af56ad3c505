"""Silences in which the caller waits for an answer."""

import pytest

from parley.events.envelope import Body
from parley.v1.call_pb2 import CallEnded, CallStarted, DtmfPressed, StreamStopped
from parley.v1.playback_pb2 import BargeIn, PlaybackFinished, PlaybackPaused, PlaybackStarted
from parley.v1.reply_pb2 import DtmfCollected, FallbackRequested
from parley.v1.speech_pb2 import SpeechStarted, SpeechStopped, TranscriptUpdated, TurnEnded
from services.recorder.metrics.dead_air import DeadAir
from tests.unit.recorder.metrics.observed import observe

Timed = tuple[int, Body]
STARTED: Timed = (0, CallStarted())


def spoken(turn: int, start_ms: int, end_ms: int, *, ends: bool = True) -> list[Timed]:
    """A turn of the caller."""
    events: list[Timed] = [
        (start_ms, SpeechStarted(at_ms=start_ms)),
        (start_ms + 200, TranscriptUpdated(turn=turn, text="hello")),
        (end_ms, SpeechStopped(at_ms=end_ms)),
    ]
    return [*events, (end_ms + 300, TurnEnded(turn=turn, speech_end_ms=end_ms))] if ends else events


def played(reply_id: str, start_ms: int, end_ms: int) -> list[Timed]:
    """A reply that is played completely."""
    return [
        (start_ms, PlaybackStarted(reply_id=reply_id, at_ms=start_ms)),
        (end_ms, PlaybackFinished(reply_id=reply_id, at_ms=end_ms)),
    ]


def silences(*events: Timed) -> list[float]:
    """The silences observed, in seconds."""
    return [observation.value for observation in observe(DeadAir(), (STARTED, *events))]


def test_a_fast_answer_leaves_no_dead_air() -> None:
    assert silences(*spoken(1, 1000, 2000), *played("r1", 4000, 5000)) == []


def test_the_wait_for_an_answer_is_dead_air() -> None:
    """It begins with the last word, not with the end of the turn, and belongs to the turn's trace."""
    [found] = observe(DeadAir(), (STARTED, *spoken(1, 1000, 2000), *played("r1", 5500, 6000)))

    assert (found.value, found.turn) == (3.5, 1)


def test_any_audio_of_the_agent_ends_the_silence() -> None:
    """A filler counts; the answer after it adds nothing."""
    audio = (*played("filler", 4500, 5000), *played("r1", 9000, 9500))
    assert silences(*spoken(1, 1000, 2000), *audio) == [2.5]


def test_the_silence_after_a_question_is_no_dead_air() -> None:
    """After a question the caller is due to speak; an idle prompt follows."""
    question, prompt = played("r1", 1000, 3000), played("r2", 11_000, 12_000)
    assert silences(*question, *prompt, (20_000, CallEnded())) == []


def test_a_pause_within_a_turn_is_no_dead_air() -> None:
    """The agent waits for the rest of a number."""
    first, second = spoken(1, 1000, 2000, ends=False), spoken(1, 5000, 6000)
    assert silences(*first, *second, *played("r1", 7000, 8000)) == []


def test_a_second_question_ends_the_first_wait() -> None:
    """The second wait counts from the second question."""
    events = (*spoken(1, 1000, 2000), *spoken(2, 6000, 7000), *played("r1", 9500, 9900))
    assert silences(*events) == [4.0, 2.5]


def test_a_noise_does_not_end_the_silence() -> None:
    noise = ((4000, SpeechStarted(at_ms=4000)), (4200, SpeechStopped(at_ms=4200)))
    assert silences(*spoken(1, 1000, 2000), *noise, *played("r1", 6000, 7000)) == [4.0]


@pytest.mark.parametrize(
    "end",
    [
        (9000, CallEnded()),
        (9000, StreamStopped(at_ms=9000, reason="stop")),
        (9000, FallbackRequested(reason="llm_unavailable")),
    ],
    ids=["call", "stream", "fallback"],
)
def test_the_end_of_the_call_ends_the_silence(end: Timed) -> None:
    """It counts once; time after the caller has hung up does not."""
    assert silences(*spoken(1, 1000, 2000), end, (15_000, CallEnded())) == [7.0]


def test_a_lost_stream_does_not_end_the_silence() -> None:
    lost = (3000, StreamStopped(at_ms=3000, reason="lost"))
    assert silences(*spoken(1, 1000, 2000), lost, *played("r1", 8000, 9000)) == [6.0]


def test_words_without_the_end_of_their_turn_are_due_an_answer() -> None:
    """Speech recognition has failed within the turn."""
    assert silences(*spoken(1, 1000, 2000, ends=False), (9000, CallEnded())) == [7.0]


def test_a_turn_that_ends_after_the_caller_has_hung_up_waits_for_nothing() -> None:
    hung_up = (2100, StreamStopped(at_ms=2100, reason="stop"))
    ended = (2900, TurnEnded(turn=1, speech_end_ms=2000))
    assert silences(*spoken(1, 1000, 2000, ends=False), hung_up, ended, (9000, CallEnded())) == []


def test_words_during_a_reply_need_no_answer() -> None:
    """The caller says yes while the agent continues."""
    start, end = played("r1", 1000, 9000)
    assert silences(start, *spoken(1, 3000, 3500), end, (20_000, CallEnded())) == []


def test_an_interruption_needs_an_answer() -> None:
    interrupted = (
        (1000, PlaybackStarted(reply_id="r1", at_ms=1000)),
        (3050, PlaybackPaused(reply_id="r1", at_ms=3050)),
        (3500, BargeIn(reply_id="r1", at_ms=3500)),
    )
    assert silences(*interrupted, *spoken(1, 3000, 4000), *played("r2", 7000, 8000)) == [3.0]


def test_digits_are_due_an_answer() -> None:
    """From the last key on."""
    digits = ((1000, DtmfPressed(digit="1", at_ms=1000)), (2500, DtmfCollected(digits="1")))
    assert silences(*digits, *played("r1", 4000, 5000)) == [3.0]


def test_a_repeated_turn_is_one() -> None:
    """The next owner of stt may end the same turn again."""
    repeated = (3000, TurnEnded(turn=1, speech_end_ms=2000))
    audio = (*played("r1", 2600, 4000), *played("r2", 9000, 9500))
    assert silences(*spoken(1, 1000, 2000), audio[0], repeated, *audio[1:]) == []
