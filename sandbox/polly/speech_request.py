"""The body of SynthesizeSpeech, validated as Polly does. No I/O."""

import json
import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from sandbox.polly.errors import Rejected
from sandbox.polly.voices import ENGINES, check_voice

_RATES = {
    "mulaw": ("8000",),
    "alaw": ("8000",),
    "pcm": ("8000", "16000"),
    "mp3": ("8000", "16000", "22050", "24000"),
    "ogg_vorbis": ("8000", "16000", "22050", "24000"),
    "ogg_opus": ("48000",),
    "json": (),
}
_SERVED = ("mulaw", "alaw", "pcm")
_MAX_TOTAL, _MAX_BILLED = 6000, 3000
_MAX_LEXICONS = 5
_LEXICON_NAME = re.compile(r"[0-9A-Za-z]{1,20}")
_NOT_NEURAL = ("emphasis", "amazon:auto-breaths")
_TAG = re.compile(r"<[^<>]*>")
_MEMBERS = frozenset(
    {
        *("Engine", "LanguageCode", "LexiconNames", "OutputFormat", "SampleRate", "SpeechMarkTypes"),
        *("Text", "TextType", "VoiceId"),
    }
)


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """A text to synthesise."""

    text: str
    """Without tags."""
    voice: str
    output_format: str
    rate_hz: int


def read_speech_request(body: bytes) -> SpeechRequest:
    """Read the body of a request.

    Raises:
        Rejected: with Polly's error code.
    """
    try:
        fields: Any = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict) or not fields.keys() <= _MEMBERS:
        raise Rejected("SerializationException", "The request body is not valid.")
    for name in ("OutputFormat", "Text", "VoiceId"):
        if not isinstance(fields.get(name), str):
            raise Rejected(
                "ValidationException",
                f"1 validation error detected: Value null at '{name[0].lower()}{name[1:]}' failed to satisfy "
                "constraint: Member must not be null",
            )
    _check_optional(fields)
    engine = fields.get("Engine", "standard")
    if engine not in ENGINES:
        raise Rejected("ValidationException", f"Value '{engine}' at 'engine' failed to satisfy constraint.")
    check_voice(fields["VoiceId"], engine, fields.get("LanguageCode"))
    output_format = fields["OutputFormat"]
    rate = fields.get("SampleRate", "16000" if output_format == "pcm" else "8000")
    if output_format not in _SERVED:
        raise Rejected("ValidationException", f"The emulator does not make {output_format!r}.")
    if rate not in _RATES[output_format]:
        raise Rejected("InvalidSampleRateException", f"Unsupported sample rate {rate} for {output_format}.")
    if fields.get("LexiconNames"):
        raise Rejected("LexiconNotFoundException", f"Lexicon not found: {fields['LexiconNames'][0]}")
    text = _spoken(fields["Text"], engine, ssml=fields.get("TextType", "text") == "ssml")
    return SpeechRequest(text, fields["VoiceId"], output_format, int(rate))


def _check_optional(fields: dict[str, Any]) -> None:
    if fields.get("TextType", "text") not in ("text", "ssml"):
        raise Rejected("ValidationException", "Value at 'textType' failed to satisfy constraint.")
    if not _is_list_of_names(fields.get("LexiconNames")):
        raise Rejected("ValidationException", "Value at 'lexiconNames' failed to satisfy constraint.")
    if fields.get("SpeechMarkTypes"):
        raise Rejected("MarksNotSupportedForFormatException", "Speech marks need the output format json.")


def _is_list_of_names(names: Any) -> bool:
    if names is None:
        return True
    return (
        isinstance(names, list)
        and len(names) <= _MAX_LEXICONS
        and all(isinstance(name, str) and _LEXICON_NAME.fullmatch(name) for name in names)
    )


def _spoken(text: str, engine: str, *, ssml: bool) -> str:
    spoken = _without_tags(text, engine) if ssml else text
    if len(text) > _MAX_TOTAL or len(spoken) > _MAX_BILLED:
        raise Rejected("TextLengthExceededException", "Maximum text length has been exceeded")
    return spoken


def _without_tags(text: str, engine: str) -> str:
    try:
        root = ET.fromstring(text.replace("<speak>", '<speak xmlns:amazon="urn:amazon">', 1))  # noqa: S314 - of tests
    except ET.ParseError:
        raise Rejected("InvalidSsmlException", "Invalid SSML request") from None
    if root.tag != "speak":
        raise Rejected("InvalidSsmlException", "Invalid SSML request")
    if engine != "standard" and any(f"<{name}" in text for name in _NOT_NEURAL):
        raise Rejected("InvalidSsmlException", f"Unsupported {engine} feature")
    return "".join(root.itertext())
