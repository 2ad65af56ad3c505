"""The models of the Realtime API: which exist, when they end, and what they take. No clock."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from sandbox.openai.models import PREFIX, scenario_of

_FILE = Path(__file__).with_name("models.yaml")
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True)
class RealtimeFamily:
    """The models of one generation."""

    models: tuple[str, ...]
    shutdown_date: date | None = None
    reasons: bool = False
    transcribes: bool = False
    streams: bool = False
    """Whether text comes while the audio arrives."""
    keywords: bool = False

    def has_ended(self, today: date) -> bool:
        """Whether the models were shut down."""
        return self.shutdown_date is not None and self.shutdown_date <= today


SANDBOX = RealtimeFamily((), reasons=True)
"""The sandbox's own models, which are named like scenarios."""


@lru_cache(maxsize=1)
def families() -> tuple[RealtimeFamily, ...]:
    """The families of OpenAI's models."""
    data = yaml.safe_load(_FILE.read_text("utf-8"))
    return tuple(RealtimeFamily(**{**entry, "models": tuple(entry["models"])}) for entry in data["families"])


def listed_models(today: date) -> list[dict[str, Any]]:
    """The models as `GET /v1/models` lists them, without those that have ended."""
    return [
        model_object(name, family)
        for family in families()
        for name in family.models
        if not family.has_ended(today)
    ]


def model_object(name: str, family: RealtimeFamily) -> dict[str, Any]:
    """A model as the API describes it; only a model with an announced end has a `shutdown_date`."""
    model: dict[str, Any] = {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "system"}
    if family.shutdown_date:
        model["shutdown_date"] = family.shutdown_date.isoformat()
    return model


def find_family(model: str, today: date) -> RealtimeFamily | None:
    """The family of a model; None for an unknown one, and for one that has ended."""
    if model.startswith(PREFIX) or scenario_of(model):
        return SANDBOX
    names = (model, _SNAPSHOT.sub("", model))
    found = next((family for name in names for family in families() if name in family.models), None)
    return None if found is None or found.has_ended(today) else found
