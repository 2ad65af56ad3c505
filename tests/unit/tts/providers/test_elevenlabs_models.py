"""Capabilities of ElevenLabs' models."""

import pytest

from services.tts.providers.elevenlabs_models import ModelCapabilities, capabilities


@pytest.mark.parametrize(
    ("model", "websocket", "language_code", "previous_text", "ssml"),
    [
        ("eleven_flash_v2_5", True, True, True, True),
        ("eleven_turbo_v2_5", True, True, True, True),
        ("eleven_flash_v2", True, False, True, True),
        ("eleven_multilingual_v2", True, False, True, True),
        ("eleven_v3", False, True, False, False),
        ("eleven_v3_conversational", False, True, False, False),
        ("eleven_v4_turbo", False, True, False, False),
        ("another_model", True, False, False, True),
    ],
)
def test_a_model_has_the_capabilities_of_its_family(
    model: str, websocket: bool, language_code: bool, previous_text: bool, ssml: bool
) -> None:
    """An unknown model is sent only what all accept."""
    found = capabilities(model)
    assert (found.websocket, found.language_code, found.previous_text, found.ssml) == (
        websocket,
        language_code,
        previous_text,
        ssml,
    )


def test_v3_has_three_values_of_stability_and_no_speed() -> None:
    """Other models take any value and a speed."""
    assert capabilities("eleven_v3").stability_steps == (0.0, 0.5, 1.0)
    assert "speed" not in capabilities("eleven_v3").voice_settings
    assert "speed" in ModelCapabilities().voice_settings
