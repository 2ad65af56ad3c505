"""The phrases of a language: backchannels, affirmations, requests to wait, beginnings of questions."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TypeAlias

import yaml

from services.brain.phrases.words import words_of

LANGUAGES = ("en", "de", "es", "fr", "pt", "hi", "it", "nl")
"""Languages with a file of their own; every other one has only the phrases that all have in common."""

Phrase: TypeAlias = tuple[str, ...]
_Lists: TypeAlias = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases of a call's language, as tuples of plain words."""

    patterns: tuple[re.Pattern[str], ...] = ()
    """Words that are backchannels however they are spelled, such as "mhmm"."""
    backchannels: frozenset[Phrase] = frozenset()
    affirmations: frozenset[Phrase] = frozenset()
    """Backchannels that also mean "yes"."""
    accompaniments: frozenset[Phrase] = frozenset()
    """Words that change nothing beside a backchannel."""
    not_backchannels: frozenset[Phrase] = frozenset()
    hold: frozenset[Phrase] = frozenset()
    """Requests to wait."""
    hold_leads: frozenset[Phrase] = frozenset()
    """Words that may precede such a request."""
    hold_follows: frozenset[Phrase] = frozenset()
    hold_reasons: frozenset[Phrase] = frozenset()
    hold_alone: frozenset[Phrase] = frozenset()
    not_alone: frozenset[Phrase] = frozenset()
    """Beginnings of sentences that are no request in spite of `hold_alone`: "let me check in"."""
    hold_ends: frozenset[Phrase] = frozenset()
    not_hold: frozenset[Phrase] = frozenset()
    question_starts: frozenset[Phrase] = frozenset()
    question_ends: frozenset[Phrase] = frozenset()


@lru_cache(maxsize=64)
def phrases_for(
    language: str, backchannels: tuple[str, ...] = (), hold_phrases: tuple[str, ...] = ()
) -> Phrases:
    """Return the phrases of a language code such as `en`, `pt-BR` or `multi`, with those of an agent file."""
    files = [_read("common"), *(_read(name) for name in _files_of(language.lower()))]
    merged: dict[str, list[str]] = {}
    for lists in files:
        for key, phrases in lists.items():
            merged.setdefault(key, []).extend(phrases)
    merged.setdefault("backchannels", []).extend(backchannels)
    merged.setdefault("hold", []).extend(hold_phrases)
    patterns = tuple(re.compile(pattern) for pattern in merged.pop("patterns", []))
    return Phrases(patterns, **{key: _phrases(phrases) for key, phrases in merged.items()})


def _files_of(language: str) -> tuple[str, ...]:
    if language.startswith("multi"):
        return LANGUAGES
    base = re.split("[-_]", language)[0]
    return (base,) if base in LANGUAGES else ()


def _read(name: str) -> _Lists:
    text = resources.files(__package__).joinpath(f"{name}.yaml").read_text("utf-8")
    # Every scalar is a text: "no" and "true" are words here.
    lists: _Lists = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - builds only texts, lists and mappings
    return lists


def _phrases(texts: Iterable[str]) -> frozenset[Phrase]:
    return frozenset(phrase for text in texts if (phrase := words_of(text)))
