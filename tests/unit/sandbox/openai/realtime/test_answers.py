"""The answers of the model."""

from typing import Any

import pytest

from sandbox.openai.realtime.answers import answer, reply
from sandbox.openai.realtime.response_config import ResponseConfig, response_config
from sandbox.openai.realtime.session_config import SessionConfig
from sandbox.openai.scenario import Answer, parse_scenario

SCENARIO = parse_scenario({"rules": [{"when": "hello", "say": "One two three."}]}, "s.yaml")
HELLO = [{"role": "user", "content": "hello"}]


def config(**params: Any) -> ResponseConfig:
    return response_config(SessionConfig("sess_1", 1, "gpt-realtime-2.1"), "conv_1", params)


@pytest.mark.parametrize(
    ("instructions", "text"),
    [
        ("Be brief.", "One two three."),
        ("Say exactly: \"Good day, this is 'the' clinic.\"", "Good day, this is 'the' clinic."),
        ("Say exactly the following text.\nTEXT:\nGood day.", "Good day."),
        ("Please repeat the sentence “Hold on.”", "Hold on."),
    ],
)
def test_instructions_may_dictate_a_sentence(instructions: str, text: str) -> None:
    """Otherwise the scenario answers."""
    assert answer(SCENARIO, HELLO, config(instructions=instructions)).text == text


def test_an_answer_is_cut_at_the_limit() -> None:
    """And empty with the fault."""
    cut = reply(Answer("One two three."), config(max_output_tokens=2), ())

    assert (cut.text, cut.finish) == ("One two", "length")
    assert reply(Answer("One."), config(), ("silent_response",)).text == ""
    assert reply(Answer("One."), config(), ("markdown",)).text.startswith("## Answer")
