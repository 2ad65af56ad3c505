"""Tests for the greeting."""

import pytest
from pydantic import ValidationError

from parley.agent_config import AgentConfig, Greeting


def test_a_greeting_may_be_its_text_alone() -> None:
    """Speech interrupts it, as it does any reply."""
    agent = AgentConfig.model_validate({"prompt": "x", "greeting": "Hello."})

    assert agent.greeting == Greeting(text="Hello.", interruptible=True)


def test_a_greeting_may_be_uninterruptible() -> None:
    """For a legal notice."""
    notice = {"text": "This call is recorded.", "interruptible": False}

    assert not AgentConfig.model_validate({"prompt": "x", "greeting": notice}).greeting.interruptible


def test_an_unknown_key_is_refused() -> None:
    """As everywhere in the agent file."""
    with pytest.raises(ValidationError, match="interruptable"):
        AgentConfig.model_validate({"prompt": "x", "greeting": {"text": "Hi", "interruptable": False}})


def test_a_consent_line_is_played_whole_before_a_greeting_that_speech_interrupts() -> None:
    """They are one reply if speech interrupts neither, or without a greeting."""

    def openings(**texts: object) -> list[tuple[str, bool]]:
        agent = AgentConfig.model_validate({"prompt": "x", **texts})
        return [(opening.text, opening.interruptible) for opening in agent.openings]

    recorded, whole = "This call is recorded.", {"text": "Hello.", "interruptible": False}
    assert openings(greeting="Hello.") == [("Hello.", True)]
    assert openings(consent=recorded, greeting="Hello.") == [(recorded, False), ("Hello.", True)]
    assert openings(consent=recorded, greeting=whole) == [(f"{recorded} Hello.", False)]
    assert openings(consent=recorded) == [(recorded, False)]
