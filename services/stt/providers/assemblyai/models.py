"""AssemblyAI's streaming models and what each accepts. No I/O.

Source: https://www.assemblyai.com/docs/streaming/select-the-speech-model
"""

from dataclasses import dataclass

_SIX = ("en", "es", "de", "fr", "pt", "it")
_STEERED = ("tr", "nl", "sv", "no", "da", "fi", "hi", "vi", "ar", "he", "ja", "zh")
"""Languages that the Universal-3 models transcribe when they are requested by name."""
_CODES = """
    af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr
    ht hu hy id is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc
    pa pl ps pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo zh
"""


@dataclass(frozen=True, slots=True)
class ModelKind:
    """A family of models with the same parameters."""

    languages: tuple[str, ...]
    universal_3: bool = False
    """Whether it writes punctuation itself, and takes `language_codes` and `mode`."""
    keyterms: bool = True
    confidence_threshold: bool = False
    """Whether it takes `end_of_turn_confidence_threshold` and `format_turns`."""
    detects_language: bool = True


_UNIVERSAL_3 = ModelKind((*_SIX, *_STEERED), universal_3=True)
DEFAULT_MODEL = "universal-3-5-pro"
MODELS: dict[str, ModelKind] = {
    DEFAULT_MODEL: _UNIVERSAL_3,
    "universal-3-6-pro": _UNIVERSAL_3,
    "universal-3-6": _UNIVERSAL_3,
    "u3-rt-pro": _UNIVERSAL_3,
    "universal-streaming-english": ModelKind(("en",), confidence_threshold=True, detects_language=False),
    "universal-streaming-multilingual": ModelKind(_SIX, confidence_threshold=True),
    "whisper-rt": ModelKind(tuple(_CODES.split()), keyterms=False),
}


def base_language(tag: str) -> str:
    """The language of a tag without its region, as AssemblyAI names it."""
    language = tag.replace("_", "-").partition("-")[0].lower()
    return {"nb": "no", "cmn": "zh", "fil": "tl", "jv": "jw", "iw": "he"}.get(language, language)
