"""A turn is observed once, when the reply to it was played or will not be."""

import pytest

from parley.events.envelope import Body
from parley.latency.projection import TurnLatencies
from parley.latency.turn import TurnLatency
from parley.telemetry.catalogue.turns import TURN_LATENCY, TURN_PART
from parley.v1.call_pb2 import CallEnded, CallStarted
from parley.v1.playback_pb2 import PlaybackPaused, PlaybackStarted
from parley.v1.reply_pb2 import ReplyClause, ReplyStarted
from parley.v1.speech_pb2 import TurnEnded
from parley.v1.synthesis_pb2 import SynthesisStarted
from services.recorder.metrics.observation import Observation
from services.recorder.metrics.turn_outcomes import TurnOutcomes
from tests.event_factories import events_of

Timed = tuple[int, Body]
STARTED: Timed = (0, CallStarted())
ENDED: Timed = (9000, CallEnded(reason="completed"))


def turn(number: int, at_ms: int) -> Timed:
    """The end of a turn, 300 ms after its last word."""
    ended = TurnEnded(turn=number, speech_end_ms=at_ms - 300, provider="deepgram", model="nova-3")
    return at_ms, ended


def answer(reply_id: str, to: int, at_ms: int) -> list[Timed]:
    """The answer to a turn, with its first audio after 200 ms."""
    clause = ReplyClause(
        reply_id=reply_id,
        text="Yes.",
        llm_requested_ms=at_ms,
        first_token_ms=at_ms + 80,
        provider="openai",
        model="gpt-4.1",
    )
    started = SynthesisStarted(
        reply_id=reply_id, tts_requested_ms=at_ms + 101, provider="elevenlabs", model="flash"
    )
    return [
        (at_ms, ReplyStarted(reply_id=reply_id, turn=to)),
        (at_ms + 100, clause),
        (at_ms + 180, started),
        (at_ms + 200, PlaybackStarted(reply_id=reply_id, at_ms=at_ms + 200)),
    ]


EVENTS = (
    STARTED,
    turn(1, 1300),
    *answer("r1", 1, 1300),
    (1600, PlaybackPaused(reply_id="r1", played_samples=800, at_ms=1600)),
    (2000, PlaybackStarted(reply_id="r1", from_sample=800, at_ms=2000)),
    ENDED,
)


def observations(*events: Timed) -> list[Observation]:
    """The observations of the events of a call."""
    outcomes = TurnOutcomes()
    return [found for event in events_of(*events) for found in outcomes.apply(event)]


def outcomes_of(*events: Timed) -> list[str]:
    """The outcomes of the turns in the order in which they were decided."""
    return [found.labels["outcome"] for found in observations(*events) if "outcome" in found.labels]


def test_a_turn_is_observed_once() -> None:
    """Playback that resumes after a pause is not a second reply."""
    found = observations(*EVENTS)

    assert [one.value for one in found if one.metric is TURN_LATENCY] == [0.5]
    assert {one.turn for one in found if one.metric is TURN_LATENCY} == {1}
    assert outcomes_of(*EVENTS) == ["answered"]


def test_each_part_names_the_provider_that_was_waited_for() -> None:
    """The parts add up to the latency."""
    parts = [one for one in observations(*EVENTS) if one.metric is TURN_PART]

    assert {
        one.labels["part"]: (one.labels["provider"], one.labels["model"], one.value) for one in parts
    } == {
        "endpointing": ("deepgram", "nova-3", 0.3),
        "llm_ttft": ("openai", "gpt-4.1", 0.08),
        "first_clause": ("openai", "gpt-4.1", 0.02),
        "tts_ttfb": ("elevenlabs", "flash", 0.08),
        "playout": ("", "", 0.02),
    }


def test_a_repeated_turn_is_not_observed_again() -> None:
    """The next owner of stt may end the turn again."""
    assert outcomes_of(*EVENTS[:-1], turn(1, 2500), ENDED) == ["answered"]


def test_a_turn_without_audible_answer_is_unanswered() -> None:
    assert outcomes_of(STARTED, turn(1, 1300), *answer("r1", 1, 1300)[:-1], ENDED) == ["unanswered"]


def test_a_caller_may_interrupt_a_turn_before_its_answer() -> None:
    """The answer is to both turns."""
    events = (turn(1, 1300), *answer("r1", 1, 1300)[:2], turn(2, 2300), *answer("r2", 2, 2300))
    assert outcomes_of(STARTED, *events, ENDED) == ["interrupted", "answered"]


def test_an_answer_may_follow_the_next_turn() -> None:
    """Words such as yes do not stop it."""
    events = (turn(1, 1300), turn(2, 2300), *answer("r1", 1, 2400))
    assert outcomes_of(STARTED, *events, ENDED) == ["answered", "unanswered"]


def test_at_most_two_turns_stay_open() -> None:
    events = [turn(number, 1000 * number) for number in range(1, 6)]
    assert outcomes_of(STARTED, *events) == ["interrupted"] * 3


def test_the_work_per_event_does_not_grow_with_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recorder follows up to 1000 calls; only open turns and their replies are examined."""
    sizes: list[int] = []
    compute = TurnLatencies.turn

    def counted(latencies: TurnLatencies, number: int) -> TurnLatency:
        sizes.append(len(latencies.replies) + len(latencies.turns_by_number))
        return compute(latencies, number)

    monkeypatch.setattr(TurnLatencies, "turn", counted)
    events = [STARTED]
    for number in range(1, 51):
        events += [turn(number, 2000 * number), *answer(f"r{number}", number, 2000 * number)]
    found = outcomes_of(*events, (200_000, CallEnded()))

    assert found == ["answered"] * 50
    assert max(sizes) <= 6
