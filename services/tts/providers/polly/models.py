"""Polly's engines and voices, and the check of an agent's section. No I/O.

`tts.model` is the engine. Source: Polly's developer guide (voices, engines, quotas) and its service model.
"""

from typing import Annotated

from pydantic import BaseModel, Field

from parley.agent_config import TtsConfig
from parley.errors import ConfigError
from parley.providers.tts import TextSupport

PROVIDER = "polly"
ENGINES = ("neural", "generative", "long-form", "standard")
_NEURAL = {
    "en": "Joanna",
    "en-gb": "Amy",
    "en-au": "Olivia",
    "en-in": "Kajal",
    "es": "Lucia",
    "es-mx": "Mia",
    "es-us": "Lupe",
    "de": "Vicki",
    "de-at": "Hannah",
    "fr": "Lea",
    "fr-ca": "Gabrielle",
    "pt": "Camila",
    "pt-pt": "Ines",
    "it": "Bianca",
    "hi": "Kajal",
    "nl": "Laura",
    "pl": "Ola",
    "sv": "Elin",
    "ja": "Kazuha",
    "ko": "Seoyeon",
    "nb": "Ida",
    "no": "Ida",
    "da": "Sofie",
    "fi": "Suvi",
    "ca": "Arlet",
    "zh": "Zhiyu",
    "tr": "Burcu",
    "cs": "Jitka",
    "ar": "Hala",
}
_GENERATIVE = {"en": "Ruth", "en-gb": "Amy", "es": "Lucia", "es-mx": "Mia", "de": "Vicki", "fr": "Lea"}
_DEFAULT_VOICES = {
    "neural": _NEURAL,
    "generative": _GENERATIVE | {"it": "Bianca"},
    "long-form": {"en": "Danielle"},
    "standard": {"en": "Joanna", "es": "Lucia", "de": "Vicki", "fr": "Celine", "it": "Bianca"},
}
"""The voice of an agent that names none, by the engine and the language."""
LANGUAGES = {
    engine: tuple(dict.fromkeys(tag.split("-")[0] for tag in voices))
    for engine, voices in _DEFAULT_VOICES.items()
}
"""Languages with such a voice; Polly has more."""
_BILINGUAL = {"Kajal": {"en": "en-IN", "hi": "hi-IN"}, "Aditi": {"en": "en-IN", "hi": "hi-IN"}}
"""Voices whose requests name the language."""


LexiconName = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,20}$")]


class PollyOptions(BaseModel, extra="forbid"):
    """`tts.options` in the agent file."""

    ssml: bool = False
    """Whether the text may contain SSML, such as `<break time="0.5s"/>`; otherwise it is removed."""
    lexicons: tuple[LexiconName, ...] = Field(default=(), max_length=5)
    """Names of pronunciation lexicons of the account in the region."""


def voice_of(config: TtsConfig) -> str:
    """The voice of a section, or the default one of its engine and language.

    Raises:
        ConfigError: it names no voice, and there is no default one.
    """
    if config.voice:
        return config.voice
    voices = _DEFAULT_VOICES.get(config.model, {})
    language = (config.language or "en").replace("_", "-").lower()
    voice = voices.get(language) or voices.get(language.split("-")[0])
    if voice is None:
        raise ConfigError(
            f"tts.voice: is not set, and {config.model} has no default for {config.language}: choose "
            "one from https://docs.aws.amazon.com/polly/latest/dg/available-voices.html"
        )
    return voice


def language_of(config: TtsConfig) -> str:
    """The language of a section without its region, as Polly's codes begin; English without one."""
    language = (config.language or "en").replace("_", "-").split("-")[0].lower()
    return {"zh": "cmn", "no": "nb"}.get(language, language)


def language_code(config: TtsConfig) -> str:
    """The language to request; empty for voices with a single one."""
    language = (config.language or "").replace("_", "-").split("-")[0].lower()
    return _BILINGUAL.get(voice_of(config), {}).get(language, "")


def check(config: TtsConfig) -> None:
    """Check the engine and the voice of a section.

    Raises:
        ConfigError: the model is not an engine, or no voice can be chosen.
    """
    if config.model not in ENGINES:
        raise ConfigError(
            f"tts.model: {config.model!r} is not an engine of Polly: write one of {', '.join(ENGINES)}"
        )
    voice_of(config)


def text_support(config: TtsConfig) -> TextSupport:
    """Return what the voice of a section reads by itself: numbers always."""
    return TextSupport(numbers=True, ssml=bool(config.options.get("ssml", False)))
