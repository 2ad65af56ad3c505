"""The voices of `<Say>` and the languages that they speak."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

INVALID_VOICE = 13511
INVALID_LANGUAGE = 13512
_TABLE = Path(__file__).with_suffix(".yaml")
_SUFFIXES = {"S": "", "N": "-Neural", "G": "-Generative"}
_GOOGLE_VOICE = re.compile(
    r"Google\.(?P<tag>[a-z]{2,3}-[A-Z]{2})-(Standard|Wavenet|Neural2|Polyglot|Studio|Chirp3-HD|Chirp-HD)-\w+"
)


def refusal(voice: str, language: str) -> tuple[int, str] | None:
    """Return the code and text of Twilio's warning about these attributes; None if they are valid.

    An empty string stands for an absent attribute. Twilio does not speak a text whose voice is unknown, or
    does not speak the language.
    """
    spoken = _languages_of(_without_accents(voice)) if voice else None
    if spoken is not None and not spoken:
        return INVALID_VOICE, f"Say: Invalid voice value {voice!r}"
    if language and language not in _all_languages():
        return INVALID_LANGUAGE, f"Say: Invalid language value {language!r}"
    if language and spoken is not None and language not in spoken:
        return INVALID_VOICE, f"Say: the voice {voice!r} does not speak {language!r}"
    return None


def language_of(voice: str) -> str:
    """Return a language that the voice speaks; empty for an unknown voice."""
    return min(_languages_of(_without_accents(voice)), default="")


def _languages_of(voice: str) -> frozenset[str]:
    if google := _GOOGLE_VOICE.fullmatch(voice):
        return frozenset({google["tag"]} & set(_table()["google"]))
    return _named_voices().get(voice, frozenset())


def _without_accents(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))


@cache
def _table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    return table


@cache
def _named_voices() -> Mapping[str, frozenset[str]]:
    voices: dict[str, set[str]] = {name: set(tags) for name, tags in _table()["basic"].items()}
    for tag, names in _table()["polly"].items():
        for name, kinds in names.items():
            for kind in kinds:
                voices.setdefault(f"Polly.{name}{_SUFFIXES[kind]}", set()).add(tag)
    return {name: frozenset(tags) for name, tags in voices.items()}


@cache
def _all_languages() -> frozenset[str]:
    return frozenset(_table()["google"]).union(*_named_voices().values())
