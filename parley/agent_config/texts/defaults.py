"""The default texts of each language."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).parent
ENGLISH = "en"
TRADITIONAL_CHINESE = "zh-Hant"
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})
"""The script, and the regions that write it."""


def primary_language(tag: str) -> str:
    """Return the language of a tag without its region or script: `pt` for `pt-BR`."""
    return tag.replace("_", "-").partition("-")[0].lower()


@cache
def languages() -> tuple[str, ...]:
    """Return the languages that have default texts."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def default_texts(tag: str) -> Mapping[str, Any] | None:
    """Return a language's texts, nested as in the agent file; None for a language without any."""
    language = _language_of(tag)
    return _read(language) if language in languages() else None


def _language_of(tag: str) -> str:
    """The language of a tag, and the script of Chinese."""
    language, *subtags = tag.replace("_", "-").lower().split("-")
    if language == "zh" and _TRADITIONAL.intersection(subtags):
        return TRADITIONAL_CHINESE
    return "no" if language == "nb" else language


@cache
def _read(language: str) -> Mapping[str, Any]:
    data = yaml.safe_load((_FOLDER / f"{language}.yaml").read_text(encoding="utf-8"))
    return {key: _immutable(value) for key, value in data.items()}


def _immutable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _immutable(inner) for key, inner in value.items()}
    return tuple(value) if isinstance(value, list) else value


def flatten(texts: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each text, or list of phrases, with its dotted key."""
    for key, value in texts.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


@cache
def _english() -> Mapping[str, Any]:
    return dict(flatten(_read(ENGLISH)))


def english_text(key: str) -> str:
    """Return the English text with this dotted key."""
    return str(_english()[key])


def english_phrases(key: str) -> tuple[str, ...]:
    """Return the English phrases with this dotted key."""
    return tuple(_english()[key])
