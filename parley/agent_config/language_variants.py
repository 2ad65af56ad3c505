"""The agent in each of its further languages: the agent file with the keys of one entry of `languages`."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from parley.agent_config.language import MULTILINGUAL
from parley.agent_config.llm import LlmConfig
from parley.agent_config.located import located, relocated
from parley.agent_config.provider_section import ProviderSection
from parley.agent_config.realtime import RealtimeConfig
from parley.agent_config.stt import SttConfig
from parley.agent_config.templates.moment import language_name
from parley.agent_config.texts.defaults import default_texts
from parley.agent_config.tts import TtsConfig

T = TypeVar("T")

_PROVIDER_SECTIONS: Mapping[str, type[ProviderSection]] = {
    "stt": SttConfig,
    "llm": LlmConfig,
    "tts": TtsConfig,
    "realtime": RealtimeConfig,
}
_OF_THE_WHOLE_AGENT = frozenset(
    {"language", "language_detection", "languages", "mode", "name", "numbers", "timezone"}
)
"""Keys that are no part of an entry."""
_NOT_INHERITED = _OF_THE_WHOLE_AGENT - {"language_detection", "mode", "timezone"}
_SPOKEN = ("greeting", "consent")
"""Texts without a default: an entry must state them if the file does."""


def read_variants(
    read: Callable[[Any], T], data: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any]]
) -> dict[str, T]:
    """Validate the agent in each further language: the file's unvalidated data with the keys of the entry.

    Texts of the file that have defaults are replaced by those of the language, unless the entry states them.

    Raises:
        ValidationError: it is wrong; each location begins with `languages` and the tag.
    """
    agents: dict[str, T] = {}
    problems: list[InitErrorDetails] = []
    for tag, entry in entries.items():
        if own := _own_problems(tag, data, entry):
            problems += own
            continue
        try:
            agents[tag] = read(_variant_data(data, tag, entry))
        except ValidationError as error:
            problems += relocated(error, "languages", tag)
    if problems:
        raise ValidationError.from_exception_data("AgentConfig", problems)
    return agents


def with_problems_of_variants(
    error: ValidationError, read: Callable[[Any], object], data: Mapping[str, Any]
) -> ValidationError:
    """Return the error of a file that is wrong, with the mistakes in its entries of `languages`."""
    entries = data.get("languages")
    if not isinstance(entries, Mapping) or not all(isinstance(entry, Mapping) for entry in entries.values()):
        return error
    try:
        read_variants(read, data, {str(tag): entry for tag, entry in entries.items()})
    except ValidationError as more:
        own = {each["loc"] for each in error.errors()}
        # The entries inherit the file's mistakes.
        added = [each for each in relocated(more) if tuple(each.get("loc", ()))[2:] not in own]
        return ValidationError.from_exception_data(error.title, [*relocated(error), *added])
    return error


def _variant_data(data: Mapping[str, Any], tag: str, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    base = _without_texts({key: value for key, value in data.items() if key not in _NOT_INHERITED})
    merged = _merged(_without_other_providers(base, entry), entry)
    if "prompt" not in entry and isinstance(merged.get("prompt"), str):
        merged["prompt"] = f"{merged['prompt'].rstrip()}\n\nSpeak {language_name(tag)}."
    return {**merged, "language": tag, "name": data.get("name", "")}


def _without_texts(data: dict[str, Any]) -> dict[str, Any]:
    """The data without the texts and the languages of the file's own language."""
    for key, default in (default_texts("en") or {}).items():
        if isinstance(default, Mapping) and isinstance(data.get(key), Mapping):
            data[key] = {inner: value for inner, value in data[key].items() if inner not in default}
        elif not isinstance(default, Mapping):
            data.pop(key, None)
    for key in ("stt", "tts"):
        section = data.get(key)
        if isinstance(section, Mapping) and section.get("language") != MULTILINGUAL:
            data[key] = {inner: value for inner, value in section.items() if inner != "language"}
    return data


def _without_other_providers(base: Mapping[str, Any], entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data without the model, the voice and the options of a provider that the entry replaces."""
    found = dict(base)
    for key, kind in _PROVIDER_SECTIONS.items():
        section, own = base.get(key), entry.get(key)
        if isinstance(section, Mapping) and isinstance(own, Mapping):
            found[key] = kind.inherited(section, own)
    return found


def _merged(base: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in entry.items():
        inner = base.get(key)
        if isinstance(inner, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(inner, value)
        else:
            merged[key] = value
    return merged


def _own_problems(tag: str, data: Mapping[str, Any], entry: Mapping[str, Any]) -> list[InitErrorDetails]:
    refused = [
        located(("languages", tag, key), f"{key} belongs to the whole agent; remove it here")
        for key in sorted(_OF_THE_WHOLE_AGENT & entry.keys())
    ]
    missing = [
        located(
            ("languages", tag, key),
            f"{key} is missing: the agent has one in its language, so write it in {language_name(tag)} too",
        )
        for key in _SPOKEN
        if data.get(key) and key not in entry
    ]
    return refused + missing
