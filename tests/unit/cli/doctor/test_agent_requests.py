"""Tests of the texts that are requested."""

import pytest

from cli.doctor.agent_requests import phrase_of
from parley.agent_config import AgentConfig, Greeting


@pytest.mark.parametrize(
    ("greeting", "phrase"),
    [
        ("", "Hello."),
        ("Guten Tag, hier ist die Klinik. Wie kann ich helfen?", "Guten Tag, hier ist die Klinik."),
        ("Hello " * 40, "Hello Hello Hello Hello Hello Hello Hello Hello Hello Hello Hello Hello Hello"),
    ],
)
def test_the_phrase_is_the_beginning_of_the_greeting(greeting: str, phrase: str) -> None:
    """It is in the agent's language, and short."""
    assert phrase_of(AgentConfig(prompt="x", greeting=Greeting(text=greeting))) == phrase
