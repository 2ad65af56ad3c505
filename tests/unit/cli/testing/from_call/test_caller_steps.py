"""Steps whose times are relative to the agent's speech."""

from cli.testing.from_call.caller_steps import (
    HangUp,
    Keys,
    Timing,
    Utterance,
    actions,
    agent_spans,
    steps_before,
    timings,
    utterances,
)
from parley.v1.call_pb2 import CallEnded, CallStarted, DtmfPressed
from parley.v1.speech_pb2 import SpeechStarted, SpeechStopped, TranscriptUpdated, TurnEnded, Word
from tests.unit.cli.testing.call_events import Timed, outcome, reply

GREETING = reply("r1", 0, "Hello, this is the clinic.", 0)
"""Plays from 500 to 1500 ms."""


def spoken(start_ms: int, end_ms: int, number: int = 0, text: str = "") -> list[Timed]:
    """The caller's speech, which is a turn if it has words."""
    events: list[Timed] = [
        (start_ms, SpeechStarted(at_ms=start_ms)),
        (end_ms, SpeechStopped(at_ms=end_ms)),
    ]
    if text:
        step = (end_ms - start_ms) // len(text.split())
        words = [
            Word(text=word, start_ms=start_ms + n * step, end_ms=start_ms + (n + 1) * step)
            for n, word in enumerate(text.split())
        ]
        events[1:1] = [(end_ms, TranscriptUpdated(turn=number, text=text, final=True, words=words))]
        events.append((end_ms + 10, TurnEnded(turn=number, text=text, speech_end_ms=end_ms)))
    return events


def converted(*timed: Timed, ended: str = "agent", at_ms: int = 10_000) -> list[tuple[object, Timing]]:
    call = outcome((0, CallStarted()), *GREETING, *timed, (at_ms, CallEnded(reason=ended, duration_ms=at_ms)))
    done = actions(call, utterances(call, at_ms))
    return list(zip(done, timings(call, done), strict=True))


def test_an_answer_waits_for_the_agent() -> None:
    """As long as in the call, but not so short that a pause between sentences would do."""
    ((quick, timing),) = converted(*spoken(2000, 3000, 1, "two words"))
    ((_, slow),) = converted(*spoken(5000, 6000, 1, "two words"))

    assert isinstance(quick, Utterance)
    assert (quick.text, quick.word_ends_ms) == ("two words", (750, 1250))
    assert timing == Timing(silence_ms=700)
    assert slow == Timing(silence_ms=5000 - 250 - 1500)


def test_an_interruption_counts_from_the_start_of_the_agents_speech() -> None:
    ((_, timing),) = converted(*spoken(1250, 2250, 1, "no wait"))

    assert timing == Timing(after_agent_starts_ms=500)


def test_a_pause_within_speech_is_recorded_and_a_long_one_is_a_step() -> None:
    """A cough has no words."""
    (first, _), (second, timing) = converted(
        *spoken(2000, 3000, 1, "my number is"), *spoken(3900, 4500), *spoken(8000, 9000, 2, "one two")
    )

    assert isinstance(first, Utterance)
    assert (first.span.start_ms, first.span.end_ms) == (1750, 4650)
    assert isinstance(second, Utterance)
    assert timing == Timing(pause_ms=8000 - 250 - 4650)


def test_a_filler_before_the_answer_is_waited_for() -> None:
    """The silence between both is shorter than the one that ends the waiting."""
    filler, answer = reply("r2", 1, "One moment.", 3000), reply("r3", 1, "At nine.", 6000)
    _, (_, timing) = converted(
        *spoken(2000, 3000, 1, "when"), *filler, *answer, *spoken(8250, 9000, 2, "thanks"), at_ms=12_000
    )

    assert timing == Timing(silence_ms=(6500 - 4500) + 400)


def test_keys_and_the_hang_up_are_relative_too() -> None:
    keys = [(at_ms, DtmfPressed(digit=digit, at_ms=at_ms)) for at_ms, digit in ((1000, "1"), (1300, "#"))]
    (pressed, when), (ended, after) = converted(*keys, ended="completed", at_ms=4500)

    assert pressed.digits == "1#" if isinstance(pressed, Keys) else False
    assert when == Timing(after_agent_starts_ms=500)
    assert isinstance(ended, HangUp)
    assert after == Timing(silence_ms=3000)


def test_the_steps_of_a_timing() -> None:
    assert list(steps_before(Timing(silence_ms=900.4))) == [{"listen": {"silence_ms": 900, "timeout_s": 30}}]
    assert list(steps_before(Timing(pause_ms=1600))) == [{"pause": 1600}]
    assert not list(steps_before(Timing(after_agent_starts_ms=5)))


def test_agent_speech_with_a_short_gap_is_one_span() -> None:
    call = outcome((0, CallStarted()), *GREETING, *reply("r2", 0, "More.", 1200))

    assert [(span.start_ms, span.end_ms) for span in agent_spans(call)] == [(500, 2700)]
