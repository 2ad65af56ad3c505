"""Requests of SynthesizeSpeech."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.agent_config import TtsConfig
from services.tts.providers.polly.request import synthesis_request


def section(**fields: object) -> TtsConfig:
    return TtsConfig.model_validate({"provider": "polly", "model": "neural", **fields})


def test_telephone_audio_is_requested() -> None:
    """It needs no conversion."""
    assert synthesis_request(section(language="de-DE"), " Guten Tag. ") == {
        "Engine": "neural",
        "VoiceId": "Vicki",
        "OutputFormat": "mulaw",
        "SampleRate": "8000",
        "TextType": "text",
        "Text": "Guten Tag.",
    }


def test_speed_is_a_tag() -> None:
    """The text is escaped."""
    request = synthesis_request(section(speed=1.1), "A & B <x>")

    assert request["TextType"] == "ssml"
    assert request["Text"] == '<speak><prosody rate="110%">A &amp; B &lt;x&gt;</prosody></speak>'


def test_well_formed_tags_are_sent_if_the_agent_wants_them() -> None:
    """Others are removed, because the request would be refused."""
    config = section(options={"ssml": True})

    def text(spoken: str) -> str:
        return str(synthesis_request(config, spoken)["Text"])

    assert text('A <break time="1s"/> B') == '<speak>A <break time="1s"/> B</speak>'
    assert text('<amazon:effect name="drc">A</amazon:effect>').count("amazon:effect") == 2
    assert text("A <b>B") == "<speak>A B</speak>"
    assert text("A & B") == "<speak>A &amp; B</speak>"


@given(st.text(alphabet=st.sampled_from('<>&/!?"ab \u00e9-'), max_size=40))
def test_any_text_is_a_well_formed_document(text: str) -> None:
    """However a model writes its tags."""
    document = synthesis_request(section(options={"ssml": True}), text)["Text"]
    ET.fromstring(document)  # noqa: S314 - made by the test


@pytest.mark.parametrize(("language", "code"), [("hi", "hi-IN"), ("en-IN", "en-IN"), ("ta", None)])
def test_a_voice_of_two_languages_gets_the_language(language: str, code: str | None) -> None:
    """Other voices get none."""
    assert synthesis_request(section(voice="Kajal", language=language), "x").get("LanguageCode") == code
    assert "LanguageCode" not in synthesis_request(section(voice="Joanna", language=language), "x")
