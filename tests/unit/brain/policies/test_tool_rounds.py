"""Tests for the limits on the tool calls of one turn."""

from functools import reduce

from parley.agent_config import AgentConfig, LlmConfig
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import ToolCalled, ToolReturned
from services.brain.conversation import Conversation
from services.brain.conversation_fold import evolve
from services.brain.policies.tool_rounds import Limit, reached_limit
from tests.event_factories import event, reply_events
from tests.unit.brain.event_factories import turn_ended

AGENT = AgentConfig(prompt="x", llm=LlmConfig(max_tool_rounds=3))


def tool_round(number: int, *arguments: str, result: str = "{}") -> list[Event]:
    """An answer that calls a tool with these arguments, and the results."""
    found = reply_events(f"r{number}", 1, reason="tool_calls")
    for n, text in enumerate(arguments):
        call_id = f"r{number}-{n}"
        found.append(
            event(ToolCalled(tool_call_id=call_id, name="look", arguments=text, reply_id=f"r{number}"))
        )
        found.append(event(ToolReturned(tool_call_id=call_id, result=result)))
    return found


def limit(*events: Event) -> Limit | None:
    return reached_limit(reduce(evolve, (turn_ended(1, "a"), *events), Conversation()), AGENT)


def test_the_rounds_of_a_turn_are_limited() -> None:
    """Several calls in one answer are one round."""
    rounds = [tool_round(n, f'{{"n": {n}}}', f'{{"m": {n}}}') for n in range(3)]

    assert limit() is None
    assert limit(*rounds[0], *rounds[1]) is None
    assert limit(*rounds[0], *rounds[1], *rounds[2]) == "rounds"


def test_a_new_turn_begins_with_all_rounds() -> None:
    """So does a takeover in the middle: the rounds are in the log."""
    rounds = [event for n in range(3) for event in tool_round(n, f'{{"n": {n}}}')]

    assert limit(*rounds, turn_ended(2, "b")) is None


def test_a_call_that_is_repeated_with_the_same_result_is_a_loop() -> None:
    """Other arguments, another result, or a repetition within one answer are not."""
    assert limit(*tool_round(1, "{}"), *tool_round(2, "{}")) == "repeated"
    assert limit(*tool_round(1, "{}"), *tool_round(2, '{"a": 1}')) is None
    assert limit(*tool_round(1, "{}"), *tool_round(2, "{}", result="[]")) is None
    assert limit(*tool_round(1, "{}", "{}")) is None


def test_the_tools_of_a_whole_call_are_limited() -> None:
    """A loop that the caller's turns interrupt ends as well."""
    agent = AgentConfig(prompt="x", llm=LlmConfig(max_tool_calls=2))
    log = [*tool_round(1, "{}"), turn_ended(2, "b"), *tool_round(2, "{}"), turn_ended(3, "c")]

    assert reached_limit(reduce(evolve, log, Conversation()), agent) == "calls_per_call"
    assert reached_limit(reduce(evolve, log[:4], Conversation()), agent) is None
