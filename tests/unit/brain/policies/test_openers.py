"""Tests for the choice of openers."""

from functools import reduce

import pytest

from parley.agent_config import AgentConfig, Openers
from parley.v1.event_pb2 import Event
from services.brain.conversation import Conversation
from services.brain.conversation_fold import evolve
from services.brain.policies.openers import choose_opener, detect_opener, strip_opener
from tests.event_factories import reply_events

AGENT = AgentConfig(
    prompt="x",
    openers=Openers(
        enabled=True, statements=("Sure.", "Okay."), questions=("Let me see.", "Well,"), max_fraction=1
    ),
)


def fold(*events: Event) -> Conversation:
    return reduce(evolve, events, Conversation())


def test_questions_and_statements_have_different_openers() -> None:
    """A question gets one that announces an answer, a statement one that confirms it."""
    assert choose_opener("I need a refill", fold(), AGENT) == "Sure."
    assert choose_opener("what are your opening hours", fold(), AGENT) == "Let me see."


@pytest.mark.parametrize(
    "text",
    ["", "thank you goodbye", "no, that's wrong", "hello", "[keys pressed: 1]", "I want a human", "no wait"],
)
def test_apologies_corrections_greetings_and_goodbyes_have_no_opener(text: str) -> None:
    """An opener would be out of place before such an answer."""
    assert choose_opener(text, fold(), AGENT) == ""


@pytest.mark.parametrize(
    "text",
    [
        *["Nein, das ist falsch.", "Danke, auf Wiederhören", "Guten Morgen", "Warten Sie", "kein Interesse"],
        *["no, gracias", "Espere un momento", "Buenas tardes", "Está equivocado"],
        *["Non merci", "Ce n'est pas ça", "Bonsoir", "Attendez"],
        *["Não, obrigada", "Tchau", "Bom dia", "Está errado"],
        *["नहीं, यह गलत है", "धन्यवाद", "नमस्ते", "ज़रा रुकिए"],
        *["I don't think so", "it isn't"],
    ],
)
def test_other_languages_have_such_answers_too(text: str) -> None:
    """No opener at all is better than a wrong one."""
    assert choose_opener(text, fold(), AGENT) == ""


@pytest.mark.parametrize(
    ("text", "question"),
    [
        *[
            ("Wann haben Sie geöffnet", True),
            ("Welche Termine gibt es", True),
            ("Ich brauche ein Rezept", False),
        ],
        *[("¿tiene citas mañana", True), ("cuánto cuesta", True), ("Necesito una cita", False)],
        *[("Quel est le prix", True), ("combien ça coûte", True), ("Je voudrais un rendez-vous", False)],
        *[("qual é o preço", True), ("vocês abrem amanhã?", True), ("Preciso de uma consulta", False)],
        *[("आप कब खुलते हैं", True), ("क्या कल समय है", True), ("मुझे कल जाना है", False), ("मेरा नाम रवि है", False)],
    ],
)
def test_questions_of_other_languages_are_recognized(text: str, *, question: bool) -> None:
    """The words of a question differ, and often its mark is missing."""
    assert choose_opener(text, fold(), AGENT) == ("Let me see." if question else "Sure.")


def test_consecutive_openers_differ() -> None:
    """The opener of the previous answer is not a candidate."""
    conversation = fold(*reply_events("r1", 1, "Sure. ", "Which day?"))

    assert choose_opener("tomorrow", conversation, AGENT) == "Okay."


def test_the_agent_file_limits_openers_or_disables_them() -> None:
    """The limit is a fraction of all answers."""
    half = AGENT.model_copy(update={"openers": AGENT.openers.model_copy(update={"max_fraction": 0.5})})
    off = AGENT.model_copy(update={"openers": AGENT.openers.model_copy(update={"enabled": False})})
    without_opener = reply_events("r1", 1, "Which day?")

    assert choose_opener("tomorrow", fold(), half) == ""
    assert choose_opener("tomorrow", fold(*without_opener), half) == "Sure."
    assert choose_opener("tomorrow", fold(*without_opener), off) == ""


def test_a_repetition_of_the_opener_is_stripped() -> None:
    """Models sometimes repeat the opener despite the instruction."""
    assert strip_opener("Sure.", "Sure, which day? ") == "which day? "
    assert strip_opener("Sure.", "Surely. ") == "Surely. "
    assert strip_opener("", "Yes.") == "Yes."
    assert detect_opener(("Sure. ", "Which day?"), AGENT) == "Sure."
    assert detect_opener(("Which day?",), AGENT) == ""
