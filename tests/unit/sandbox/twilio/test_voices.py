"""The emulator refuses voices and languages as Twilio does."""

import pytest

from sandbox.twilio.voices import language_of, refusal


@pytest.mark.parametrize(
    ("voice", "language"),
    [
        *[("", ""), ("", "de-DE"), ("man", ""), ("woman", "es-MX"), ("alice", "pt-BR")],
        *[("Polly.Vicki-Neural", "de-DE"), ("Polly.Vicki", ""), ("Polly.Kajal-Neural", "hi-IN")],
        *[("Polly.L\u00e9a-Neural", "fr-FR"), ("Google.hi-IN-Wavenet-A", "hi-IN")],
        ("Google.de-DE-Chirp3-HD-Aoede", "de-DE"),
    ],
)
def test_a_voice_may_speak_its_language(voice: str, language: str) -> None:
    """Either attribute may be absent, and names may lack their accents."""
    assert refusal(voice, language) is None


@pytest.mark.parametrize(
    ("voice", "language", "code"),
    [
        *[("Polly.Nobody", "", 13511), ("Polly.Hans-Neural", "", 13511), ("Vicki", "", 13511)],
        *[("Google.xx-XX-Standard-A", "", 13511), ("Google.de-DE-Good-A", "", 13511)],
        *[("Polly.Vicki-Neural", "en-US", 13511), ("man", "hi-IN", 13511)],
        *[("", "pt", 13512), ("", "de-XX", 13512), ("Polly.Vicki-Neural", "deutsch", 13512)],
    ],
)
def test_an_unknown_voice_or_language_is_refused(voice: str, language: str, code: int) -> None:
    """So is a combination of a voice with another language."""
    refused = refusal(voice, language)

    assert refused is not None
    assert refused[0] == code


def test_the_language_of_a_voice() -> None:
    """The emulator then reads the text in it."""
    assert language_of("Polly.Vicki-Neural") == "de-DE"
    assert language_of("Polly.Nobody") == ""
