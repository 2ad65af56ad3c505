"""Builds Polly's requests. No I/O."""

import re
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from parley.agent_config import TtsConfig
from parley.audio.g711 import SAMPLE_RATE_HZ
from services.tts.providers.polly.models import PollyOptions, language_code, voice_of

_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_NAMESPACE = "xmlns:amazon='urn:amazon'"


def synthesis_request(config: TtsConfig, text: str) -> dict[str, Any]:
    """Return the arguments of SynthesizeSpeech for a clause: telephone audio, which needs no conversion."""
    options = PollyOptions.model_validate(config.options)
    request: dict[str, Any] = {
        "Engine": config.model,
        "VoiceId": voice_of(config),
        "OutputFormat": "mulaw",
        "SampleRate": str(SAMPLE_RATE_HZ),
        "TextType": "text",
        "Text": text.strip(),
    }
    if options.ssml or config.speed != 1.0:
        request |= {"TextType": "ssml", "Text": _ssml(text.strip(), config.speed, tags=options.ssml)}
    if code := language_code(config):
        request["LanguageCode"] = code
    if options.lexicons:
        request["LexiconNames"] = list(options.lexicons)
    return request


def _ssml(text: str, speed: float, *, tags: bool) -> str:
    """The text as a document; tags that are not well-formed are left out, as the request would be refused."""
    if not (tags and _is_well_formed(text)):
        text = escape(_TAG.sub("", text) if tags else text)
    if speed != 1.0:
        text = f'<prosody rate="{round(speed * 100)}%">{text}</prosody>'
    return f"<speak>{text}</speak>"


def _is_well_formed(text: str) -> bool:
    if "<!" in text or "<?" in text:
        # Declarations could define entities, which no voice needs.
        return False
    try:
        ET.fromstring(f"<speak {_NAMESPACE}>{text}</speak>")  # noqa: S314 - without declarations
    except ET.ParseError:
        return False
    return True
