"""Voices with their languages and engines, a part of Polly's list. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.polly.errors import Rejected

ENGINES = ("standard", "neural", "long-form", "generative")


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice."""

    name: str
    languages: tuple[str, ...]
    """Codes; the first one is the default."""
    engines: tuple[str, ...]

    def described(self) -> Mapping[str, Any]:
        """Its entry in the response of DescribeVoices."""
        return {
            "Id": self.name,
            "Name": self.name,
            "Gender": "Female",
            "LanguageCode": self.languages[0],
            "LanguageName": self.languages[0],
            "AdditionalLanguageCodes": list(self.languages[1:]),
            "SupportedEngines": list(self.engines),
        }


_NEURAL, _BOTH, _NEW = ("neural",), ("neural", "standard"), ("generative", "neural")
_ALL = ("generative", "neural", "standard")
VOICES = {
    voice.name: voice
    for voice in (
        Voice("Joanna", ("en-US",), _ALL),
        Voice("Matthew", ("en-US",), _ALL),
        Voice("Ruth", ("en-US",), ("generative", "neural", "long-form")),
        Voice("Danielle", ("en-US",), ("generative", "neural", "long-form")),
        Voice("Amy", ("en-GB",), _ALL),
        Voice("Olivia", ("en-AU",), _NEW),
        Voice("Kajal", ("en-IN", "hi-IN"), _NEW),
        Voice("Aditi", ("en-IN", "hi-IN"), ("standard",)),
        Voice("Lucia", ("es-ES",), _ALL),
        Voice("Mia", ("es-MX",), _ALL),
        Voice("Lupe", ("es-US",), _ALL),
        Voice("Vicki", ("de-DE",), _ALL),
        Voice("Hannah", ("de-AT",), _NEURAL),
        Voice("Lea", ("fr-FR",), _ALL),
        Voice("Celine", ("fr-FR",), ("standard",)),
        Voice("Gabrielle", ("fr-CA",), _NEURAL),
        Voice("Camila", ("pt-BR",), _BOTH),
        Voice("Ines", ("pt-PT",), _BOTH),
        Voice("Bianca", ("it-IT",), _ALL),
        Voice("Laura", ("nl-NL",), _NEURAL),
        Voice("Ola", ("pl-PL",), _NEURAL),
        Voice("Elin", ("sv-SE",), _NEURAL),
        Voice("Kazuha", ("ja-JP",), _NEURAL),
        Voice("Seoyeon", ("ko-KR",), _BOTH),
        Voice("Ida", ("nb-NO",), _NEURAL),
        Voice("Sofie", ("da-DK",), _NEURAL),
        Voice("Suvi", ("fi-FI",), _NEURAL),
        Voice("Arlet", ("ca-ES",), _NEURAL),
        Voice("Zhiyu", ("cmn-CN",), _BOTH),
        Voice("Burcu", ("tr-TR",), _NEURAL),
        Voice("Jitka", ("cs-CZ",), _NEURAL),
        Voice("Hala", ("ar-AE",), _NEURAL),
    )
}


def check_voice(name: str, engine: str, language: str | None) -> None:
    """Reject an unknown voice, or an engine or language that it lacks.

    Raises:
        Rejected: with Polly's error code.
    """
    voice = VOICES.get(name)
    if voice is None:
        names = ", ".join(sorted(VOICES))
        raise Rejected(
            "ValidationException",
            f"1 validation error detected: Value '{name}' at 'voiceId' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{names}]",
        )
    if engine not in voice.engines:
        raise Rejected(
            "EngineNotSupportedException", "This voice does not support the selected engine: " + engine
        )
    if language is not None and language not in voice.languages:
        raise Rejected("LanguageNotSupportedException", f"{name} does not support {language}.")
