"""Parameters of requests to ElevenLabs."""

from typing import Any

import pytest

from parley.agent_config import TtsConfig
from services.tts.providers.elevenlabs_parameters import RefusedParameters, RequestParameters


def parameters(*refused: str, **section: Any) -> RequestParameters:
    """The parameters of a section."""
    return RequestParameters(TtsConfig(**section), frozenset(refused))


def test_a_language_is_sent_to_models_that_take_one() -> None:
    """Without its region."""
    assert parameters(language="de-AT").socket_query()["language_code"] == "de"
    for model in ("eleven_multilingual_v2", "eleven_flash_v2", "unknown"):
        assert "language_code" not in parameters(language="de", model=model).socket_query()
        assert "language_code" not in parameters(language="de", model=model).http_body("")


def test_earlier_text_is_sent_to_models_that_take_it() -> None:
    """The third generation refuses it."""
    assert parameters().http_body("Hello. ") == {"previous_text": "Hello. "}
    assert parameters(model="eleven_v3").http_body("Hello. ") == {}
    assert parameters().http_body("") == {}


@pytest.mark.parametrize(("stability", "sent"), [(0.1, 0.0), (0.4, 0.5), (0.8, 1.0)])
def test_stability_is_a_value_that_the_model_takes(stability: float, sent: float) -> None:
    """The third generation has three values."""
    assert parameters(model="eleven_v3", stability=stability).voice_settings() == {"stability": sent}
    assert parameters(stability=stability).voice_settings()["stability"] == stability


def test_options_are_sent_only_when_they_are_set() -> None:
    """SSML is read as text unless it is enabled."""
    assert not {"enable_ssml_parsing", "apply_text_normalization"} & parameters().socket_query().keys()
    query = parameters(options={"ssml": True, "apply_text_normalization": False}).socket_query()
    assert (query["enable_ssml_parsing"], query["apply_text_normalization"]) == ("true", "off")
    assert "enable_ssml_parsing" not in parameters(model="eleven_v3", options={"ssml": True}).socket_query()


def test_models_without_a_websocket_use_http() -> None:
    """The transport can also be set."""
    assert parameters().websocket
    assert not parameters(model="eleven_v3").websocket
    assert not parameters(options={"transport": "http"}).websocket


def test_refused_parameters_are_left_out() -> None:
    """Also single voice settings, and all of them."""
    assert "auto_mode" not in parameters("auto_mode").socket_query()
    assert "speed" not in parameters("speed").voice_settings()
    assert parameters("voice_settings").voice_settings() == {}


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("HTTP 400: Model 'm' does not support language_code 'fa'.", "language_code"),
        ("HTTP 400: the language code is invalid", "language_code"),
        ("HTTP 400: Providing previous_text or next_text is not yet supported", "previous_text"),
        ("HTTP 422: body.voice_settings.speed: too fast", "speed"),
        ("HTTP 400: invalid voice_settings", "voice_settings"),
        ("HTTP 403: enable_ssml_parsing", "enable_ssml_parsing"),
    ],
)
def test_a_parameter_that_is_refused_by_name_is_left_out(reason: str, name: str) -> None:
    """It is remembered for the model only."""
    refused = RefusedParameters()
    sent = parameters(language="fa", options={"ssml": True}).names
    assert refused.add_named("m", sent, reason)
    assert refused.of("m") == {name}
    assert refused.of("n") == set()
    # A call that had sent it before another call was refused may try again, too.
    assert refused.add_named("m", sent, reason)
    assert not refused.add_named("m", sent - {name, "voice_settings"}, reason)


@pytest.mark.parametrize(
    "reason", ["HTTP 401: invalid_api_key", "HTTP 400: model_id", "quota_exceeded: speedy"]
)
def test_other_rejections_teach_nothing(reason: str) -> None:
    """The model and the output format cannot be left out."""
    assert not RefusedParameters().add_named("m", parameters().names, reason)
