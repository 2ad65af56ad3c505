"""Announcements by Twilio: `<Say>` with the language of the text and a matching voice."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from twilio.twiml.voice_response import VoiceResponse

from parley.agent_config import AgentConfig, primary_language, text_language, text_of

_TABLE = Path(__file__).with_name("voices.yaml")
_GOOGLE_VOICE = re.compile(r"Google\.([a-z]{2,3}-[A-Z]{2})-")
_BILINGUAL = frozenset({"Aditi", "Kajal"})
"""Amazon's voices that speak Hindi and the English of India."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """A text, its language, and optionally the voice that Twilio must use."""

    text: str
    language: str
    """A language tag, such as `de` or `pt-BR`."""
    voice: str = ""


def announcement_of(agent: AgentConfig, key: str) -> Announcement:
    """Return the text with this dotted key of the agent file, in its language and the agent's voice."""
    language = text_language(agent, key)
    # A voice chosen for the agent's language would misread an English text.
    voice = agent.fallback.voice if language == agent.language else ""
    return Announcement(str(text_of(agent, key)), language, voice)


def append_announcement(response: VoiceResponse, announcement: Announcement) -> None:
    """Append the announcement; nothing if it has no words, which Twilio would refuse."""
    if announcement.text.strip():
        response.say(announcement.text, **voice_attributes(announcement.language, announcement.voice))


def voice_attributes(language: str, voice: str = "") -> dict[str, str]:
    """Return the attributes of `<Say>`; without a chosen voice, one for the language.

    Without `language`, Twilio reads any text as English. A language that it does not support
    gets no attribute, because Twilio would skip the text.
    """
    tag = _twilio_tag(language)
    if not voice:
        return {"language": tag, "voice": _table()["voices"][tag]} if tag else {}
    # A voice with a language of its own, even another region's, must not be given a different one.
    tag = _own_tag(voice, language) if "." in voice else tag
    return {"language": tag, "voice": voice} if tag else {"voice": voice}


def _own_tag(voice: str, language: str) -> str:
    """The tag of the language that an Amazon or Google voice speaks; empty for an unknown voice."""
    if google := _GOOGLE_VOICE.match(voice):
        return google[1]
    name = _without_accents(voice.removeprefix("Polly.").partition("-")[0])
    if name in _BILINGUAL:
        return "hi-IN" if primary_language(language) == "hi" else "en-IN"
    return next((tag for tag, names in _table()["polly"].items() if name in names), "")


def _without_accents(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))


def _twilio_tag(language: str) -> str:
    """Twilio's tag of a language: the region's, else the language's first; empty for none."""
    wanted = language.replace("_", "-").lower()
    tags = _tags()
    return tags.get(wanted) or tags.get(primary_language(wanted), "")


@cache
def _table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    return table


@cache
def _tags() -> Mapping[str, str]:
    """Twilio's tags by tag in lower case, and by language alone."""
    tags: dict[str, str] = {}
    for tag in _table()["voices"]:
        tags[tag.lower()] = tag
        tags.setdefault(primary_language(tag), tag)
    return {**tags, **{alias.lower(): tag for alias, tag in _table()["aliases"].items()}}
