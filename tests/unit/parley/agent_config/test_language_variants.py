"""Tests of the section `languages`: what is refused, and where."""

from typing import Any

import pytest
from pydantic import ValidationError

from parley.agent_config import AgentConfig


def problems(**data: Any) -> list[tuple[str, str]]:
    """The locations and messages of the errors of an agent."""
    with pytest.raises(ValidationError) as raised:
        AgentConfig.model_validate({"prompt": "x", **data})
    return [(".".join(map(str, error["loc"])), error["msg"]) for error in raised.value.errors()]


@pytest.mark.parametrize(
    ("entry", "location", "message"),
    [
        ({"tts": {"voic": "x"}}, "languages.de.tts.voic", "Extra inputs"),
        ({"greting": "x"}, "languages.de.greting", "Extra inputs"),
        ({"language": "de"}, "languages.de.language", "belongs to the whole agent"),
        ({"numbers": []}, "languages.de.numbers", "belongs to the whole agent"),
        ({"prompt": "{{ nobody }}"}, "languages.de.prompt", "unknown variable 'nobody'"),
    ],
)
def test_a_mistake_in_an_entry_is_located(entry: dict[str, Any], location: str, message: str) -> None:
    """An entry is checked like the file itself."""
    [(found, text)] = problems(languages={"de": entry})

    assert (found, message in text) == (location, True)


def test_entry_with_another_provider_has_its_model_and_voice() -> None:
    """It does not inherit those of the file, nor its options; other keys it does."""
    agent = AgentConfig.model_validate(
        {
            "prompt": "x",
            "stt": {"model": "nova-2", "keyterms": ["Lee"], "options": {"numerals": True}},
            "tts": {"voice": "own", "speed": 1.1},
            "languages": {"de": {"stt": {"provider": "elevenlabs"}, "tts": {"provider": "polly"}}},
        }
    )

    german = agent.in_language("de")
    assert (german.stt.model, german.stt.options, german.stt.keyterms) == ("scribe_v2_realtime", {}, ("Lee",))
    assert (german.tts.model, german.tts.voice, german.tts.speed) == ("neural", "", 1.1)


def test_a_greeting_must_be_translated() -> None:
    """The agent would begin in the wrong language, or without its legal notice."""
    found = problems(greeting="Hello.", consent="Recorded.", languages={"de": {"greeting": "Guten Tag."}})

    assert [location for location, _ in found] == ["languages.de.consent"]
    assert "write it in German too" in found[0][1]


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ({"language": "de", "languages": {"de": {}}}, "it is the language of the agent itself"),
        ({"languages": {"german!": {}}}, "is not the tag of a language"),
        ({"numbers": ["+15550100000", "+15550100000"]}, "each number may be named once"),
        ({"numbers": [{"number": "+15550100000", "language": "fr"}]}, "not in `languages`"),
        ({"numbers": ["0555"]}, "pattern"),
        ({"timezone": "Europe/Berln"}, "did you mean Europe/Berlin?"),
    ],
)
def test_languages_numbers_and_zone_are_checked(data: dict[str, Any], part: str) -> None:
    """Each has its own error."""
    assert any(part in message for _, message in problems(**data))
