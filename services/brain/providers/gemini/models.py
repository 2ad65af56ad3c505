"""The settings that the models of the Gemini API accept; data in models.yaml."""

from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

_PATHS = ("models/", "tunedModels/", "publishers/", "projects/")
_COLLECTIONS = ("models", "endpoints")


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


def model_path(name: str) -> str:
    """The path of a model below the API's version: `models/NAME`, unless it is a path already."""
    return name if name.startswith(_PATHS) else f"models/{name}"


def path_problem(name: str) -> str:
    """Return what is wrong with a model's path; empty if nothing is."""
    parts = name.split("/")
    if "" in parts:
        return f"{name!r} begins or ends with a slash, or has two; remove it"
    if parts[0] in ("publishers", "projects") and (len(parts) < 4 or parts[-2] not in _COLLECTIONS):
        return f"{name!r} is not the path of a model, which is publishers/google/models/NAME"
    return ""


@cache
def _models() -> tuple[Model, ...]:
    text = files(__package__).joinpath("models.yaml").read_text(encoding="utf-8")
    return tuple(Model.model_validate(entry) for entry in yaml.safe_load(text)["models"])
