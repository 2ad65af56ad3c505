"""Tests for the limits of the dialogue in requests to the model."""

from functools import reduce

import pytest

from parley.agent_config import AgentConfig, History, LlmConfig
from parley.v1.event_pb2 import Event
from parley.v1.speech_pb2 import EagerEndOfTurn, SpeechStarted
from services.brain.policies import history_policy
from services.brain.policies.history_policy import LeaveOut, Summarize
from services.brain.state import BrainState
from tests.event_factories import event, reply_events
from tests.unit.brain.event_factories import (
    clauses_synthesized,
    playback_finished,
    playback_paused,
    playback_started,
    turn_ended,
)


def exchange(number: int, text: str = "Yes.") -> list[Event]:
    """A turn and its answer, which is being played."""
    reply_id = f"r{number}"
    return [
        turn_ended(number, "hello"),
        *reply_events(reply_id, number, text),
        *clauses_synthesized(reply_id, text),
        *playback_started(reply_id),
    ]


def dialogue(turns: int, text: str = "Yes.") -> list[Event]:
    """The agent speaks at the end."""
    log = []
    for number in range(1, turns + 1):
        log += [*exchange(number, text), playback_finished(f"r{number}", 100)]
    return log[:-1]


def decide(
    *log: Event, max_turns: int = 4, max_characters: int = 40_000, summarize: bool = True
) -> Summarize | LeaveOut | None:
    history = History(max_turns=max_turns, max_characters=max_characters, summarize=summarize)
    agent = AgentConfig(prompt="x", llm=LlmConfig(history=history))
    state = reduce(lambda state, happening: state.evolve(happening, 1000), log, BrainState())
    return history_policy.decide(state.floor, state.conversation, agent)


def test_a_short_dialogue_is_sent_whole() -> None:
    """Most calls never reach the limits."""
    assert decide(*dialogue(4)) is None


def test_the_older_half_is_summarized_while_the_agent_speaks() -> None:
    """The limit is on turns or on characters."""
    decision = decide(*dialogue(5))
    assert isinstance(decision, Summarize)
    assert (decision.split.last_reply_id, decision.split.last_turn) == ("r3", 3)

    longer = decide(*dialogue(5, "x" * 600), max_turns=60, max_characters=2000)
    assert isinstance(longer, Summarize)
    assert longer.split.last_turn == 3


@pytest.mark.parametrize(
    "then",
    [
        [playback_finished("r5", 100)],
        [playback_paused("r5", 50)],
        [event(SpeechStarted())],
        [event(EagerEndOfTurn(turn=6, text="and"))],
        [turn_ended(6, "and")],
    ],
)
def test_nothing_is_requested_while_the_caller_may_need_an_answer(then: list[Event]) -> None:
    """The request would compete with the one for the answer."""
    assert decide(*dialogue(5), *then) is None


def test_overdue_turns_are_left_out() -> None:
    """No summary in time: the prompt is limited nevertheless, at any time."""
    decision = decide(*dialogue(8), playback_finished("r8", 100), turn_ended(9, "and"))

    assert isinstance(decision, LeaveOut)
    assert decision.split.last_turn == 7


def test_without_summaries_turns_are_left_out_at_the_limit() -> None:
    """The agent file can exclude them."""
    decision = decide(*dialogue(4), playback_finished("r4", 100), turn_ended(5, "and"), summarize=False)

    assert isinstance(decision, LeaveOut)
    assert decision.split.last_turn == 3


def test_turns_without_any_reply_stay() -> None:
    """Only a reply marks the place up to which turns can leave."""
    assert decide(*(turn_ended(number, "hello") for number in range(1, 10))) is None
