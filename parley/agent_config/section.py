"""The common base of all sections of the agent file."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _switch(value: Any) -> Any:
    """Undo YAML's reading of `on` and `off` as booleans."""
    return ("on" if value else "off") if isinstance(value, bool) else value


AutoSwitch: TypeAlias = Annotated[Literal["auto", "on", "off"], BeforeValidator(_switch)]
"""A setting that may be left to the program."""


class Section(BaseModel):
    """A section of the agent file: immutable, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
