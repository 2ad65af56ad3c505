"""Announced end dates of models and voices: a table in this package, and lookups in it. No network."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

_SNAPSHOT = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{4})$")
_OWN_HOSTS = {
    "openai": "openai.com",
    "anthropic": "anthropic.com",
    "gemini": "generativelanguage.googleapis.com",
    "elevenlabs": "elevenlabs.io",
    "cartesia": "cartesia.ai",
}
"""Domains whose calendar the table contains; other servers keep or end the same models on other days."""


@dataclass(frozen=True, slots=True)
class ModelEnd:
    """A model or voice that will stop working, or has stopped."""

    name: str
    """The model or voice as configured."""
    ends: date
    """First day on which the provider may refuse it."""
    replacement: str
    """A model to configure instead, or a hint how to find one."""

    def days_left(self, today: date) -> int:
        """Days until the end; zero or less once it has ended."""
        return (self.ends - today).days

    def describe(self, today: date) -> str:
        """One line for a log or a terminal."""
        verb = "ends" if self.days_left(today) > 0 else "ended"
        return f"{self.name} {verb} on {self.ends.isoformat()}; replacement: {self.replacement}"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    ends: date
    replacement: str
    models: tuple[str, ...] = ()
    voices: tuple[str, ...] = ()


def model_end(provider: str, model: str, *, base_url: str = "") -> ModelEnd | None:
    """The announced end of a model, by the provider name of the agent file and the model's id.

    Snapshots and fine-tuned models end with their base model. It returns None with the `base_url` of a server
    that is not the provider's own, such as Azure or a local one, whose operator has another calendar.
    """
    if not _is_own_server(provider, base_url):
        return None
    table = _table().get(provider, ({}, {}))[0]
    for name in (*_base_names(model), "*"):
        if entry := table.get(name):
            return ModelEnd(model, entry.ends, entry.replacement)
    return None


def voice_end(provider: str, voice: str, *, base_url: str = "") -> ModelEnd | None:
    """The announced end of a voice, by the provider name of the agent file and the voice's id."""
    if not _is_own_server(provider, base_url):
        return None
    entry = _table().get(provider, ({}, {}))[1].get(voice)
    return ModelEnd(voice, entry.ends, entry.replacement) if entry else None


def _is_own_server(provider: str, base_url: str) -> bool:
    domain = _OWN_HOSTS.get(provider)
    if not base_url or domain is None:
        return True
    host = urlsplit(base_url).hostname or ""
    return host == domain or host.endswith(f".{domain}")


def _base_names(model: str) -> tuple[str, ...]:
    """The id itself, then the ids that it is derived from: `ft:BASE:…`, and without the snapshot's date."""
    name = model.strip()
    names = [name]
    if name.startswith("ft:"):
        name = name.split(":")[1]
        names.append(name)
    if "/" in name:
        # The Gemini API's `models/NAME` and `publishers/google/models/NAME`.
        name = name.rsplit("/", 1)[1]
        names.append(name)
    if (base := _SNAPSHOT.sub("", name)) != name:
        names.append(base)
    return tuple(names)


_Table = Mapping[str, tuple[Mapping[str, _Entry], Mapping[str, _Entry]]]


@cache
def _table() -> _Table:
    text = files("parley.providers").joinpath("end_dates.yaml").read_text(encoding="utf-8")
    entries = TypeAdapter(dict[str, tuple[_Entry, ...]]).validate_python(yaml.safe_load(text))
    return {
        provider: (
            {model: entry for entry in listed for model in entry.models},
            {voice: entry for entry in listed for voice in entry.voices},
        )
        for provider, listed in entries.items()
    }
