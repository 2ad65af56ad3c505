"""Each announcement names its language and one of Twilio's voices for it."""

from xml.etree import ElementTree as ET

import pytest
from twilio.twiml.voice_response import VoiceResponse

from parley.agent_config import AgentConfig, Fallback, languages
from sandbox.twilio.voices import refusal
from services.edge.twilio.announcement import (
    Announcement,
    announcement_of,
    append_announcement,
    voice_attributes,
)

TAGS = (
    *("en", "en-GB", "en-IE", "en-ZA", "de", "de-AT", "de-CH", "de_DE", "es", "es-MX", "es-419", "es-AR"),
    *("fr", "fr-CA", "fr-BE", "pt", "pt-BR", "pt-PT", "hi", "hi-IN", "hi-Latn", "it", "nl", "nl-BE", "pl"),
    *("ja", "ko", "zh", "zh-TW", "zh-HK", "zh-Hans", "no", "nb", "da", "sv", "fi", "tr", "ru", "uk", "ar"),
    *("he", "id", "vi", "th", "el", "cs", "hu", "ro", "bg", "ta", "te"),
)


@pytest.mark.parametrize("tag", [*TAGS, *languages()])
def test_twilio_has_a_voice_for_the_language(tag: str) -> None:
    """The emulator's list of voices is not the edge's."""
    attributes = voice_attributes(tag)

    assert attributes["language"].partition("-")[0] in (tag[:2], "nb", "cmn", "yue")
    assert refusal(attributes["voice"], attributes["language"]) is None


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("de", "de-DE"),
        ("de-AT", "de-AT"),
        ("de-CH", "de-DE"),
        ("es-MX", "es-MX"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-PT"),
        ("hi", "hi-IN"),
        ("en-gb", "en-GB"),
    ],
)
def test_a_region_of_twilio_is_used(language: str, expected: str) -> None:
    """Otherwise the language's first region is used."""
    assert voice_attributes(language)["language"] == expected


def test_an_unsupported_language_is_not_named() -> None:
    """Twilio would skip the text; without the attribute it reads it with its default voice."""
    assert voice_attributes("sw") == {}
    assert voice_attributes("sw", "Polly.Future-Neural") == {"voice": "Polly.Future-Neural"}


@pytest.mark.parametrize(
    ("language", "voice", "tag"),
    [
        ("de", "Polly.Daniel-Neural", "de-DE"),
        ("de", "Polly.Hannah-Neural", "de-AT"),
        ("es", "Polly.Mia-Neural", "es-MX"),
        ("fr", "Polly.L\u00e9a", "fr-FR"),
        ("hi", "Polly.Aditi", "hi-IN"),
        ("en-IN", "Polly.Kajal-Neural", "en-IN"),
        ("de", "Google.de-DE-Wavenet-F", "de-DE"),
        ("pt", "Google.pt-PT-Standard-A", "pt-PT"),
        ("de", "woman", "de-DE"),
    ],
)
def test_a_chosen_voice_gets_a_language_that_it_speaks(language: str, voice: str, tag: str) -> None:
    """Twilio refuses any other."""
    assert voice_attributes(language, voice) == {"language": tag, "voice": voice}
    assert refusal(voice, tag) is None


def test_a_text_is_spoken_in_its_language() -> None:
    """The text itself is unchanged."""
    response = VoiceResponse()
    append_announcement(response, Announcement("Sind Sie <noch> da?", "de"))
    verb = ET.fromstring(str(response))[0]  # noqa: S314 - trusted

    assert (verb.tag, verb.text) == ("Say", "Sind Sie <noch> da?")
    assert verb.attrib == {"language": "de-DE", "voice": "Polly.Vicki-Neural"}


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_text_is_left_out(text: str) -> None:
    """Twilio would warn of it."""
    response = VoiceResponse()
    append_announcement(response, Announcement(text, "de"))

    assert "Say" not in str(response)


def test_an_english_text_is_not_read_by_the_chosen_voice() -> None:
    """A chosen voice fits the agent's language only."""
    agent = AgentConfig(
        prompt="x", language="sw", fallback=Fallback(say="Samahani.", voice="Google.sw-KE-Standard-A")
    )

    assert announcement_of(agent, "fallback.say") == Announcement(
        "Samahani.", "sw", "Google.sw-KE-Standard-A"
    )
    english = announcement_of(agent, "unavailable")
    assert (english.language, english.voice) == ("en", "")
