"""How an answer may begin before it is thought of."""

import pytest

from parley.agent_config import AgentConfig, Openers
from parley.v1.event_pb2 import Event
from services.brain import conversation
from services.brain.conversation import Conversation
from services.brain.policies.openers import choose_opener, detect_opener, strip_opener
from tests.unit.brain.event_factories import reply

AGENT = AgentConfig(
    prompt="x",
    openers=Openers(
        enabled=True, statements=("Sure.", "Okay."), questions=("Let me see.", "Well,"), max_fraction=1
    ),
)


def knowing(*events: Event) -> Conversation:
    known = Conversation()
    for happened in events:
        known = conversation.evolve(known, happened)
    return known


def test_it_fits_what_was_said() -> None:
    """Another for a question than for a wish."""
    assert choose_opener("I need a refill", knowing(), AGENT) == "Sure."
    assert choose_opener("what are your opening hours", knowing(), AGENT) == "Let me see."


@pytest.mark.parametrize(
    "text",
    ["", "thank you goodbye", "no, that's wrong", "hello", "[keys pressed: 1]", "I want a human", "no wait"],
)
def test_nothing_is_put_before_an_apology_a_correction_or_a_goodbye(text: str) -> None:
    """Or a greeting."""
    assert choose_opener(text, knowing(), AGENT) == ""


def test_it_varies() -> None:
    """Never the same twice in a row."""
    known = knowing(*reply("r1", 1, "Sure. ", "Which day?"))

    assert choose_opener("tomorrow", known, AGENT) == "Okay."


def test_its_share_is_bounded_and_it_can_be_turned_off() -> None:
    """By the agent file."""
    half = AGENT.model_copy(update={"openers": AGENT.openers.model_copy(update={"max_fraction": 0.5})})
    off = AGENT.model_copy(update={"openers": AGENT.openers.model_copy(update={"enabled": False})})
    plain = reply("r1", 1, "Which day?")

    assert choose_opener("tomorrow", knowing(), half) == ""
    assert choose_opener("tomorrow", knowing(*plain), half) == "Sure."
    assert choose_opener("tomorrow", knowing(*plain), off) == ""


def test_a_model_that_repeats_it_is_not_heard_to() -> None:
    """Though it was told."""
    assert strip_opener("Sure.", "Sure, which day? ") == "which day? "
    assert strip_opener("Sure.", "Surely. ") == "Surely. "
    assert strip_opener("", "Yes.") == "Yes."
    assert detect_opener(("Sure. ", "Which day?"), AGENT) == "Sure."
    assert detect_opener(("Which day?",), AGENT) == ""
