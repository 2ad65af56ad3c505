"""The language of an agent, and the defaults that follow from it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator

from parley.agent_config.texts.defaults import ENGLISH, default_texts

MULTILINGUAL = "multi"
"""The language of `stt` when the caller may speak any of several."""

SWITCH_LANGUAGE_NAME = "switch_language"
"""Name of the tool that continues the call in another language."""

_NO_PHRASES: Mapping[str, Any] = {
    "openers": {"statements": (), "questions": ()},
    "fillers": {"phrases": (), "tool_phrases": ()},
}
"""Defaults of a language without texts: phrases that a call can do without."""


_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", re.ASCII)


def _read_tag(value: object) -> object:
    """Undo YAML's reading of `no` (Norwegian) as a boolean."""
    return "no" if value is False else value


def _read_agent_language(value: object) -> object:
    if value == MULTILINGUAL:
        raise ValueError(
            "`multi` is a language of stt only: write `stt: {language: multi}`, and here the language that "
            "the agent speaks"
        )
    tag = _read_tag(value)
    if not (isinstance(tag, str) and _TAG.fullmatch(tag)):
        raise ValueError(f"{value!r} is not the tag of a language, such as de, es-MX or pt-BR")
    return tag.replace("_", "-")


LanguageTag: TypeAlias = Annotated[str, BeforeValidator(_read_tag)]
"""A language of a provider, such as `de` or `pt-BR`."""

AgentLanguage: TypeAlias = Annotated[str, BeforeValidator(_read_agent_language)]
"""The language that an agent speaks, such as `de` or `pt-BR`."""


def spoken_language(data: Mapping[str, Any]) -> str:
    """Return the language that the agent of unvalidated data speaks.

    It is `language`, else `tts.language`, else `stt.language` unless that is `multi`, else English.
    """
    own = _read_tag(data.get("language"))
    if isinstance(own, str) and own:
        return own.replace("_", "-")
    for tag in (_language_of(data, "tts"), _language_of(data, "stt")):
        if isinstance(tag, str) and _TAG.fullmatch(tag):
            return tag.replace("_", "-")
    return ENGLISH


def with_language_defaults(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return unvalidated data with its language, the language of both providers, and the default texts."""
    language = spoken_language(data)
    if _is_unset(data.get("language")):
        data = {key: value for key, value in data.items() if key != "language"}
    else:
        data = _with_defaults(data, {"stt": {"language": language}, "tts": {"language": language}})
    return {"language": language, **_with_defaults(data, default_texts(language) or _NO_PHRASES)}


def _is_unset(language: object) -> bool:
    return language is None or language == ""


def _language_of(data: Mapping[str, Any], section: str) -> object:
    value = data.get(section)
    if isinstance(value, BaseModel):
        value = {key: getattr(value, key) for key in value.model_fields_set}
    return _read_tag(value.get("language")) if isinstance(value, Mapping) else None


def _with_defaults(data: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    filled = dict(data)
    for key, default in defaults.items():
        if isinstance(default, Mapping):
            filled[key] = _completed(data.get(key, {}), default)
        else:
            filled.setdefault(key, default)
    return filled


def _completed(section: object, defaults: Mapping[str, Any]) -> object:
    """A section with the defaults of keys that it does not set; anything but a section is unchanged."""
    if isinstance(section, BaseModel):
        missing = {key: value for key, value in defaults.items() if key not in section.model_fields_set}
        return section.model_copy(update=missing)
    return {**defaults, **section} if isinstance(section, Mapping) else section
