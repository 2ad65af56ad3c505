"""The models: which exist, when they end, and what they accept. No clock.

Besides Google's there are the sandbox's own, which accept every documented value; see the OpenAI emulator.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from sandbox.openai.models import PREFIX, scenario_of

_FILE = Path(__file__).with_name("models.yaml")
LEVELS = ("minimal", "low", "medium", "high")


@dataclass(frozen=True, slots=True)
class Model:
    """The models of one family; models.yaml describes the fields."""

    names: tuple[str, ...]
    ends: date | None = None
    levels: tuple[str, ...] = ()
    default_level: str = ""
    budget: int | None = None
    signatures: bool = False
    max_output_tokens: int = 65_536
    own: bool = False
    """Whether the models are the sandbox's own."""

    def thinks(self, config: Mapping[str, Any]) -> bool:
        """Whether a request with this `thinkingConfig` is answered after thinking."""
        if self.levels:
            level = str(config.get("thinkingLevel") or self.default_level).lower()
            return level not in ("", "minimal")
        return self.budget is not None and config.get("thinkingBudget", -1) != 0


SANDBOX = Model((), levels=LEVELS, budget=0, signatures=True, own=True)


def find_model(name: str) -> Model | None:
    """The family of a model, whether it has ended or not; None for an unknown model."""
    if name.startswith(PREFIX) or scenario_of(name):
        return SANDBOX
    return next((model for model in models() if name in model.names), None)


def has_ended(model: Model, today: date) -> bool:
    """Whether the models of a family were shut down."""
    return model.ends is not None and model.ends <= today


def listed(today: date) -> list[dict[str, Any]]:
    """The models as `GET /v1beta/models` lists them."""
    return [
        model_object(name, model) for model in models() if not has_ended(model, today) for name in model.names
    ]


def model_object(name: str, model: Model) -> dict[str, Any]:
    """A model as the API describes it."""
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name,
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": model.max_output_tokens,
        "supportedGenerationMethods": ["generateContent", "countTokens", "createCachedContent"],
    }


@lru_cache(maxsize=1)
def models() -> tuple[Model, ...]:
    """The families of Google's models."""
    entries: list[dict[str, Any]] = [
        {key: tuple(value) if key in ("names", "levels") else value for key, value in entry.items()}
        for entry in yaml.safe_load(_FILE.read_text("utf-8"))["models"]
    ]
    return tuple(Model(**entry) for entry in entries)
