"""The speech models and the parameters that each takes. No I/O."""

from dataclasses import dataclass

from sandbox.elevenlabs.client_message import Rejected

_FLASH_LANGUAGES = frozenset(
    {
        *("ar", "bg", "cs", "da", "de", "el", "en", "es", "fi", "fil", "fr", "hi", "hr", "hu", "id", "it"),
        *("ja", "ko", "ms", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sv", "ta", "tr", "uk", "vi", "zh"),
    }
)
_V3_LANGUAGES = _FLASH_LANGUAGES | {"fa", "ps", "sd", "he", "th", "ur", "bn", "sw", "sl", "lt", "lv", "et"}


@dataclass(frozen=True, slots=True)
class Model:
    """A model of text-to-speech."""

    model_id: str
    languages: frozenset[str] = frozenset()
    """Languages that `language_code` may enforce."""
    max_characters: int = 10_000
    sockets: bool = True
    """Whether the WebSockets serve it."""
    context: bool = True
    """Whether it takes the text before and after the request's own."""


_MODELS = {
    model.model_id: model
    for model in (
        Model("eleven_flash_v2_5", _FLASH_LANGUAGES, 40_000),
        Model("eleven_turbo_v2_5", _FLASH_LANGUAGES, 40_000),
        Model("eleven_flash_v2", max_characters=30_000),
        Model("eleven_turbo_v2", max_characters=30_000),
        Model("eleven_multilingual_v2"),
        Model("eleven_multilingual_v1"),
        Model("eleven_monolingual_v1"),
        Model("eleven_v3", _V3_LANGUAGES, 5000, sockets=False, context=False),
        Model("eleven_v3_conversational", _V3_LANGUAGES, 5000, sockets=False, context=False),
    )
}
DEFAULT_MODEL_ID = "eleven_multilingual_v2"


def find_model(model_id: str | None) -> Model:
    """Return a model; None means the default one.

    Raises:
        Rejected: it does not exist.
    """
    model = _MODELS.get(model_id or DEFAULT_MODEL_ID)
    if model is None:
        raise Rejected("model_not_found", f"A model with model ID {model_id} does not exist.")
    return model


def check_language(model: Model, language_code: str | None) -> None:
    """Reject a language that the model cannot enforce.

    Raises:
        Rejected: ElevenLabs would answer 400.
    """
    if language_code and language_code.partition("-")[0].lower() not in model.languages:
        message = f"Model '{model.model_id}' does not support language_code '{language_code}'."
        raise Rejected("unsupported_language", message)
