"""The models: which exist, when they end, and what they accept. No clock.

Besides Anthropic's there are the sandbox's own, which accept every documented value; see the OpenAI emulator.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from sandbox.openai.models import PREFIX, scenario_of

_FILE = Path(__file__).with_name("models.yaml")
THINKING = ("enabled", "disabled", "adaptive", "between_tools")
EFFORTS = ("low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class Model:
    """The models of one family; models.yaml describes the fields."""

    names: tuple[str, ...]
    ends: date | None = None
    thinking: tuple[str, ...] = ("disabled",)
    by_default: bool = False
    efforts: tuple[str, ...] = ()
    off_efforts: tuple[str, ...] = ()
    sampling: bool = False
    prefill: bool = False
    binds_thinking: bool = False
    max_tokens: int = 128_000
    min_cached: int = 1024
    own: bool = False
    """Whether the models are the sandbox's own."""

    def thinks(self, thinking: str | None) -> bool:
        """Whether a request with this `thinking.type`, or with none, is answered after thinking."""
        return thinking in ("enabled", "adaptive") or (thinking is None and self.by_default)


SANDBOX = Model((), thinking=THINKING, efforts=EFFORTS, sampling=True, own=True)


def find_model(name: str) -> Model | None:
    """The family of a model, whether it has ended or not; None for an unknown model."""
    if name.startswith(PREFIX) or scenario_of(name):
        return SANDBOX
    return next((model for model in models() if name in model.names), None)


def has_ended(model: Model, today: date) -> bool:
    """Whether the models of a family were retired."""
    return model.ends is not None and model.ends <= today


def listed(today: date) -> list[dict[str, Any]]:
    """The models as `GET /v1/models` lists them."""
    return [model_object(name) for model in models() if not has_ended(model, today) for name in model.names]


def model_object(name: str) -> dict[str, Any]:
    """A model as the API describes it."""
    return {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"}


@lru_cache(maxsize=1)
def models() -> tuple[Model, ...]:
    """The families of Anthropic's models."""
    lists = ("names", "thinking", "efforts", "off_efforts")
    entries: list[dict[str, Any]] = [
        {key: tuple(value) if key in lists else value for key, value in entry.items()}
        for entry in yaml.safe_load(_FILE.read_text("utf-8"))["models"]
    ]
    return tuple(Model(**entry) for entry in entries)
