"""Facts about a provider that are needed without opening it. No I/O.

They are declared next to the provider's code, from the provider's public documentation. docs/providers.md,
`parley agents check` and `parley doctor` read them.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

from parley.audio.formats import MULAW_8K, AudioFormat
from parley.language_codes import equivalents

ANY_LANGUAGE = "any"
"""In place of a language tag: the provider lists no languages, or the model detects and takes all."""

PriceUnit: TypeAlias = Literal[
    "minute of audio",
    "million input tokens",
    "million cached input tokens",
    "million output tokens",
    "million audio input tokens",
    "million audio output tokens",
    "thousand characters",
]


_PATHS = ("models/", "publishers/")
"""The beginning of the path of a model, as the Gemini API names it."""


@dataclass(frozen=True, slots=True)
class Price:
    """A provider's list price, without discounts."""

    usd: Decimal
    per: PriceUnit
    source: str
    """Address of the page that states the price."""
    seen_on: date
    """The day on which the page was read."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model that the provider can use."""

    name: str
    """Name in the agent file. Unlisted snapshots and variants (`NAME-…`) have the same facts."""
    languages: tuple[str, ...] = (ANY_LANGUAGE,)
    """BCP 47 tags. A tag without a region includes all its regions."""
    ends_on: date | None = None
    """First day on which the provider may refuse it. None for a model without an announced end, and for one
    in `end_dates.yaml`."""
    prices: tuple[Price, ...] = ()
    multilingual: tuple[str, ...] = ()
    """The languages between which `multi` switches, if they are fewer than all."""
    note: str = ""
    """Difference from the other models, in a few words."""

    def takes_language(self, tag: str) -> bool:
        """Whether the model supports a language; a tag without a region means any region."""
        return _is_among(tag, self.languages)

    def detects(self, tag: str) -> bool:
        """Whether the model supports a language when it has to detect it."""
        return _is_among(tag, self.multilingual) if self.multilingual else self.takes_language(tag)


def _is_among(tag: str, languages: tuple[str, ...]) -> bool:
    code, *subtags = tag.replace("_", "-").lower().split("-")
    return any(
        supported == ANY_LANGUAGE or _covers(supported.lower().split("-"), [name, *subtags])
        for supported in languages
        for name in equivalents(code)
    )


def _covers(supported: list[str], wanted: list[str]) -> bool:
    """Whether one of two tags, as their parts, is the beginning of the other."""
    return wanted[: len(supported)] == supported or supported[: len(wanted)] == wanted


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """A provider as its documentation and observed behavior describe it."""

    title: str
    """Name of the company and product."""
    models: tuple[ModelFacts, ...]
    """The default model first."""
    source: str = ""
    """Address of the public documentation of the interface."""
    key_setting: str = ""
    """Environment variable of the API key; empty without a key."""
    address_setting: str = ""
    """Environment variable of the base address; empty if it cannot be changed."""
    audio_formats: tuple[AudioFormat, ...] = (MULAW_8K,)
    """The formats that are requested; empty for a language model."""
    word_timings: str = ""
    """For stt and tts: the source of the times of words; empty without times."""
    end_of_turn_events: str = ""
    """For stt: the messages at the end of speech or of a turn; empty without such messages."""
    interruption: str = ""
    """The request or close that stops generation, and its cost, when the caller interrupts."""
    refusals: tuple[str, ...] = ()
    """Requests that the provider refuses, and how: one plain sentence each."""

    def model(self, name: str) -> ModelFacts | None:
        """The facts of a model, or of the model that it is a snapshot or variant of; None if unknown."""
        name = name.rsplit("/", 1)[-1] if name.startswith(_PATHS) else name
        matching = [model for model in self.models if name == model.name or name.startswith(f"{model.name}-")]
        return max(matching, key=lambda model: len(model.name), default=None)
