"""The settings that Anthropic's models accept; data in models.yaml."""

from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

import yaml
from pydantic import BaseModel, ConfigDict

Lowest: TypeAlias = Literal["disabled", "between_tools", "low", "none"]
_ALL_SETTINGS: tuple[Lowest, ...] = ("disabled", "between_tools", "low", "none")
"""Tried in this order when a model refuses the setting that it should accept."""


class Model(BaseModel):
    """The settings that a family of models accepts; models.yaml describes them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    match: tuple[str, ...]
    lowest: Lowest
    by: Literal["adaptive", "budget"] = "adaptive"
    efforts: tuple[str, ...]
    temperature: bool = False

    def lowest_settings(self) -> tuple[Lowest, ...]:
        """The settings that turn thinking off or down, the expected one first."""
        return (self.lowest, *(setting for setting in _ALL_SETTINGS if setting != self.lowest))


def model_named(name: str) -> Model:
    """The family of a model; a path before the name, as of gateways, is ignored."""
    core = name.strip().lower().rsplit("/", 1)[-1]
    return next(model for model in _models() if any(fnmatchcase(core, pattern) for pattern in model.match))


@cache
def _models() -> tuple[Model, ...]:
    text = files(__package__).joinpath("models.yaml").read_text(encoding="utf-8")
    return tuple(Model.model_validate(entry) for entry in yaml.safe_load(text)["models"])
