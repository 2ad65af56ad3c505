"""Tests for fillers while a tool runs."""

from functools import reduce

import pytest

from parley.agent_config import AgentConfig, Fillers, HttpTool
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import (
    REPLY_KIND_FILLER,
    ReplyClause,
    ReplyFinished,
    ReplyStarted,
    ToolCalled,
    ToolReturned,
)
from services.brain.conversation import Conversation
from services.brain.conversation_fold import evolve
from services.brain.policies.tool_fillers import DueFiller, answered_call, awaited_call, next_filler
from services.brain.tool_call import ToolCall
from tests.event_factories import event, reply_events
from tests.unit.brain.event_factories import playback_finished, turn_ended

PHRASES = ("One.", "Two.", "Three.", "Four.")
LOG = [
    turn_ended(1, "book"),
    *reply_events("r1", 1, reason="tool_calls"),
    event(ToolCalled(tool_call_id="t1", name="look", arguments="{}", reply_id="r1", turn=1)),
]


def agent(**tool: object) -> AgentConfig:
    look = {"name": "look", "description": "Looks.", "url": "http://127.0.0.1/", **tool}
    return AgentConfig(
        prompt="x", tools=(HttpTool.model_validate(look),), fillers=Fillers(tool_phrases=PHRASES)
    )


def fold(*events: Event) -> Conversation:
    return reduce(evolve, events, Conversation())


def sequence(config: AgentConfig, *events: Event) -> list[DueFiller]:
    """All fillers of one wait."""
    conversation, played = fold(*LOG, *events), list[str]()
    call = awaited_call(conversation)
    assert isinstance(call, ToolCall)
    found: list[DueFiller] = []
    while (due := next_filler(call, conversation, config, played)) is not None:
        found.append(due)
        played.append(due.text)
    return found


def test_the_first_fillers_leave_no_silence_and_later_ones_pauses() -> None:
    """Eight at most; after the last phrase the last two alternate."""
    found = sequence(agent())

    assert [due.text for due in found] == [*PHRASES, "Three.", "Four.", "Three.", "Four."]
    assert [due.after_ms for due in found] == [200, 200, 4000, 6000, 8000, 8000, 8000, 8000]


@pytest.mark.parametrize(
    ("own", "expected"),
    [("Looking.", ["Looking.", "Two.", "Three."]), (["A.", "B."], ["A.", "B.", "Three."]), ([], [])],
)
def test_a_tool_has_its_own_first_phrases(own: object, expected: list[str]) -> None:
    """An empty list disables its fillers."""
    assert [due.text for due in sequence(agent(filler=own))][:3] == expected


def test_a_single_phrase_is_played_once() -> None:
    """Silence is better than a repetition."""
    config = agent().model_copy(update={"fillers": Fillers(tool_phrases=("One.",))})

    assert [due.text for due in sequence(config)] == ["One."]


def test_after_another_answer_silences_are_natural() -> None:
    """The caller who was answered meanwhile may want to talk on."""
    meanwhile = [turn_ended(2, "and parking?"), *reply_events("r2", 2, "Yes."), playback_finished("r2", 300)]

    assert [due.after_ms for due in sequence(agent(), *meanwhile)][:3] == [4000, 4000, 4000]


def test_a_tool_that_ends_the_call_needs_no_filler() -> None:
    """Nor does a tool while the agent still has something to say."""
    ending = event(ToolCalled(tool_call_id="t2", name="end_call", arguments="{}", reply_id="r1", turn=1))
    returned = event(ToolReturned(tool_call_id="t1", result="{}"))

    assert awaited_call(fold(*LOG, ending, returned)) is None
    assert awaited_call(fold(*LOG, *reply_events("r2", 1, "Well."))) is None


def test_the_answer_to_a_result_differs_from_other_answers() -> None:
    """Fillers in between do not count."""
    filler = [
        event(ReplyStarted(reply_id="r2", turn=1, kind=REPLY_KIND_FILLER)),
        event(ReplyClause(reply_id="r2", text="One.")),
        event(ReplyFinished(reply_id="r2", clauses=1)),
    ]
    returned = event(ToolReturned(tool_call_id="t1", result="{}"))
    answering = event(ReplyStarted(reply_id="r3", turn=1))
    call = answered_call(fold(*LOG, *filler, returned, answering))

    assert call is not None
    assert call.tool_call_id == "t1"
    assert answered_call(fold(*LOG, returned, turn_ended(2, "hello"), answering)) is None
