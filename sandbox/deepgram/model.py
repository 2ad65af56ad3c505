"""The models of each path and their languages. No I/O, no clock."""

import re

from sandbox.deepgram.invalid_query import InvalidQuery

DEFAULT_MODEL = "base-general"
_NOVA_MODEL = re.compile(r"(nova-3|nova-2|nova|enhanced|base)(-[a-z]+)*")
_FLUX_MODEL = re.compile(r"flux-general-(en|multi)")
_CUSTOM_MODEL = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LANGUAGE_TAG = re.compile(r"([a-z]{2,3})(-[A-Za-z0-9]{2,8})*")
_LANGUAGES = re.compile(
    "ar|be|bg|bn|bs|ca|cs|da|de|el|en|es|et|fa|fi|fr|gu|he|hi|hr|hu|id|it|ja|kn|ko|"
    "lt|lv|mk|ml|mr|ms|nl|no|pl|pt|ro|ru|sk|sl|sr|sv|ta|taq|te|th|tl|tr|uk|ur|vi|zh"
)
_REGIONAL = re.compile(
    "da-DK|de-CH|en-(AU|GB|IN|NZ|US)|es-419|fr-CA|hi-Latn|ko-KR|nl-BE|pt-(BR|PT)|sv-SE|th-TH|zh-(CN|HK|Hans|Hant|TW)"
)
"""The only tags with a region or script."""
_MULTILINGUAL_MODELS = ("nova-2", "nova-3")


def check_nova_model(model: str, language: str) -> None:
    """Reject models that `/v1/listen` does not have, and languages that the model does not support.

    Raises:
        InvalidQuery: Deepgram would answer 400.
    """
    if not (_NOVA_MODEL.fullmatch(model) or _CUSTOM_MODEL.fullmatch(model)) or not _supports(model, language):
        raise InvalidQuery("Bad Request: No such model/language/tier combination found.", "Bad Request")


def check_flux_model(model: str) -> None:
    """Reject models that `/v2/listen` does not have.

    Raises:
        InvalidQuery: Deepgram would answer 400.
    """
    if not _FLUX_MODEL.fullmatch(model):
        raise InvalidQuery(f"Model {model!r} is not supported on /v2/listen.")


def _supports(model: str, language: str) -> bool:
    if language == "multi":
        return model.startswith(_MULTILINGUAL_MODELS)
    tag = _LANGUAGE_TAG.fullmatch(language)
    if tag is None or ("-" in language and not _REGIONAL.fullmatch(language)):
        return False
    return _LANGUAGES.fullmatch(tag[1]) is not None
