"""Tests for following the caller's language."""

from functools import reduce

import pytest

from parley.agent_config import AgentConfig
from parley.v1.event_pb2 import Event
from parley.v1.handoff_pb2 import LanguageChanged
from parley.v1.speech_pb2 import TurnEnded
from services.brain.conversation import Conversation
from services.brain.conversation_fold import evolve
from services.brain.policies import languages
from tests.event_factories import event

KEYS = {"prompt": "p", "language": "en", "languages": {"de": {}, "pt-BR": {}, "hi": {}}}
AGENT = AgentConfig.model_validate(KEYS)
LONG = "ich möchte gerne einen Termin"


def turns(*spoken: tuple[str, str]) -> list[Event]:
    return [
        event(TurnEnded(turn=number, text=text, languages=language.split()))
        for number, (text, language) in enumerate(spoken, 1)
    ]


def change(*events: Event, agent: AgentConfig = AGENT) -> str:
    """The language to which the call changes; empty for none."""
    turn = languages.detected(reduce(evolve, events, Conversation()), agent)
    return languages.spoken_in(turn, agent) if turn is not None else ""


@pytest.mark.parametrize(
    ("text", "tag", "expected"),
    [
        (LONG, "de", "de"),
        (LONG, "de-AT", "de"),
        ("quero marcar uma consulta", "pt", "pt-BR"),
        ("मुझे अपॉइंटमेंट चाहिए कल", "hi", "hi"),
        (LONG, "", ""),
        ("quisiera pedir una cita", "es", ""),
        ("i would like an appointment", "en-GB", ""),
        ("ja", "de", ""),
        ("ja bitte", "de", ""),
        ("मुझे कल appointment book करना है", "hi en", ""),
        ("okay okay okay thanks", "de", ""),
        ("4 8 2 1", "de", ""),
        ("Hans Georg Müller", "de", ""),
        ("Maria de la Cruz.", "pt", ""),
        ("Geschäftsführerin Müller", "de", ""),
        ("quiero una cita for tomorrow", "es de", ""),
        ("no, ich rufe morgen an", "de", "de"),
    ],
)
def test_a_turn_of_three_words_changes_the_language(text: str, tag: str, expected: str) -> None:
    """If the agent speaks the language that the provider has detected."""
    assert change(*turns((text, tag))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("予約をお願いします", "ja"),
        ("はい", ""),
        ("достопримечательность", ""),
        ("お名前はJohn Smithです。", "ja"),
    ],
)
def test_words_are_counted_in_scripts_without_spaces(text: str, expected: str) -> None:
    """One long word of another script is one word."""
    agent = AgentConfig.model_validate({**KEYS, "languages": {"ja": {}, "ru": {}}})
    tag = "ja" if expected or text == "はい" else "ru"

    assert change(*turns((text, tag)), agent=agent) == expected


def test_a_language_has_several_codes() -> None:
    """Providers detect `no` where an agent file has `nb`."""
    agent = AgentConfig.model_validate({**KEYS, "languages": {"nb": {}}})

    assert change(*turns(("jeg vil gjerne bestille time", "no")), agent=agent) == "nb"


def test_two_short_turns_in_a_row_change_it_too() -> None:
    """Other turns between them do not."""
    assert change(*turns(("ja", "de"), ("morgen", "de"))) == "de"
    assert change(*turns(("ja", "de"), ("tomorrow", "en"), ("morgen", "de"))) == ""


def test_mixed_turns_follow_their_main_language() -> None:
    """Two in a row, and back in the same way."""
    hindi, english = ("मुझे कल appointment book करना है", "hi en"), ("so is it morning ya शाम", "en hi")

    assert change(*turns(hindi, hindi)) == "hi"
    assert change(*turns(hindi, english, hindi)) == ""
    spoken = AGENT.in_language("hi")
    assert change(*turns(hindi, hindi, english), agent=spoken) == ""
    assert change(*turns(hindi, english, english), agent=spoken) == "en"


def test_a_requested_change_lasts() -> None:
    """The request itself was in the former language."""
    request = turns(("can we speak german please", "en"))
    changed = event(LanguageChanged(language="de", turn=1, tool_call_id="t1"))
    german = AGENT.in_language("de")

    assert change(*request, changed, agent=german) == ""
    later = event(TurnEnded(turn=2, text="sorry back to english please", languages=["en"]))
    assert change(*request, changed, later, agent=german) == "en"


def test_detection_can_be_off() -> None:
    """Then only the tool changes the language."""
    agent = AgentConfig.model_validate({**KEYS, "language_detection": False})

    assert change(*turns((LONG, "de")), agent=agent) == ""
