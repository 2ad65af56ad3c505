"""The messages that a caller's model gets, and its scripted lines; whole calls are in tests/conversations."""

from typing import Any

from cli.testing.model_caller import ModelCaller, Persona, persona_rules
from parley.v1.event_pb2 import Event
from sandbox.openai.scenario import parse_scenario
from tests.unit.cli.testing.call_events import BOOKING, outcome

PERSONA = Persona("A father.", "A visit is booked.")


def caller(events: tuple[Event, ...]) -> ModelCaller:
    unused: Any = None
    return ModelCaller(PERSONA, unused, "m", unused, events)


def test_the_model_gets_its_role_and_the_dialogue() -> None:
    """The agent's words are the user's, and its own lines the assistant's."""
    system, *dialogue = caller(outcome(*BOOKING[:13]).events).messages()

    assert "A father." in system["content"]
    assert "A visit is booked." in system["content"]
    assert [message["role"] for message in dialogue] == ["user", "assistant", "user"]
    assert dialogue[0]["content"] == "Hello, this is the clinic."


def test_a_silent_agent_is_mentioned() -> None:
    assert caller(()).messages()[-1]["content"] == "(The agent is silent.)"


def test_a_scripted_line_is_an_answer_of_the_emulated_model() -> None:
    rules = persona_rules([{"when": "name", "say": "Miller.", "goal_reached": True}])
    answer = parse_scenario({"rules": rules}, "x").answer([{"role": "user", "content": "Your name?"}])

    assert answer.text == '{"say": "Miller.", "goal_reached": true, "hang_up": false}'
