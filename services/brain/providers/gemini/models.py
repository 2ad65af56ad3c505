"""The settings that the models of the Gemini API accept; data in models.yaml."""

from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """The settings that a family of models accepts; models.yaml describes them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    match: tuple[str, ...]
    levels: tuple[str, ...] = ()
    budget: int | None = None
    signatures: bool = False
    temperature: Literal["any", "explicit"] = "any"


def model_named(name: str) -> Model:
    """The family of a model; a path before the name, such as `models/`, is ignored."""
    core = name.strip().lower().rsplit("/", 1)[-1]
    return next(model for model in _models() if any(fnmatchcase(core, pattern) for pattern in model.match))


@cache
def _models() -> tuple[Model, ...]:
    text = files(__package__).joinpath("models.yaml").read_text(encoding="utf-8")
    return tuple(Model.model_validate(entry) for entry in yaml.safe_load(text)["models"])
