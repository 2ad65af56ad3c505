"""The models and their languages. No I/O."""

from sandbox.cartesia.errors import Rejected

_SONIC_3 = frozenset(
    {
        *("en", "fr", "de", "es", "pt", "zh", "ja", "hi", "it", "ko", "nl", "pl", "ru", "sv", "tr", "tl"),
        *("bg", "ro", "ar", "cs", "el", "fi", "hr", "ms", "sk", "da", "ta", "uk", "hu", "no", "vi", "bn"),
        *("th", "he", "ka", "id", "te", "gu", "kn", "ml", "mr", "pa", "or", "ur"),
    }
)
_LATER = ("or", "ur")
"""Languages that sonic-3 itself does not speak."""
_MODELS = frozenset(
    {
        *("sonic-latest", "sonic-3-latest", "sonic-3.6", "sonic-3.5", "sonic-3.5-2026-05-04"),
        *("sonic-3", "sonic-3-2026-01-12", "sonic-3-2025-10-27"),
    }
)
_ENDED = ("sonic", "sonic-english", "sonic-multilingual", "sonic-2", "sonic-turbo")
"""Ended on 1 June 2026, their dated snapshots too."""


def check_model(model_id: str, language: str | None) -> None:
    """Reject a model that is unknown or has ended, and a language that it does not speak.

    Raises:
        Rejected: with Cartesia's error code.
    """
    if model_id in _ENDED or model_id.startswith(("sonic-2-", "sonic-turbo-")):
        raise Rejected(
            "model_sunsetted", "The requested model has been sunsetted and is no longer available."
        )
    if model_id not in _MODELS:
        raise Rejected("model_not_found", "The model is not valid, make sure it is a valid model ID.")
    missing = _LATER if model_id == "sonic-3" or model_id.startswith("sonic-3-20") else ()
    if language is not None and (language not in _SONIC_3 or language in missing):
        raise Rejected("language_not_supported", f"The language {language!r} is not supported by {model_id}.")
