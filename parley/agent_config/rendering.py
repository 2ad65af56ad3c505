"""Renders an agent for one call: its language, and its texts. No I/O."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from parley.agent_config.agent import AgentConfig
from parley.agent_config.language_choice import call_language, nearest
from parley.agent_config.templates.call_data import CallData
from parley.agent_config.templates.template import is_template, render_text
from parley.agent_config.templates.text import TemplateMark, variables

M = TypeVar("M", bound=BaseModel)


def rendered(agent: AgentConfig, data: CallData, language: str = "") -> AgentConfig:
    """Return the agent in a language, with all texts rendered; equal for each stage of the call.

    An agent that does not speak this language has the one in which the call begins.
    """
    spoken = agent.in_language(nearest(agent, language) or call_language(agent, data))
    values: dict[str, object] = {}

    def render(text: str) -> str:
        if not is_template(text):
            return text
        if not values:
            values.update(variables(data, spoken.timezone, spoken.language))
        return render_text(text, values)

    return _rendered(spoken, render)


def _rendered(section: M, render: Callable[[str], str]) -> M:
    changes: dict[str, Any] = {}
    for name, is_text in _fields(type(section)):
        value = getattr(section, name)
        new = _value(value, render, is_text=is_text)
        if new is not value:
            changes[name] = new
    return section.model_copy(update=changes) if changes else section


def _value(value: Any, render: Callable[[str], str], *, is_text: bool) -> Any:
    if isinstance(value, BaseModel):
        return _rendered(value, render)
    if isinstance(value, tuple):
        items = tuple(_value(item, render, is_text=is_text) for item in value)
        changed = any(new is not old for new, old in zip(items, value, strict=True))
        # A phrase that is empty in this call is left out.
        return tuple(item for item in items if item != "") if changed else value
    return render(value) if is_text and isinstance(value, str) else value


@cache
def _fields(kind: type[BaseModel]) -> tuple[tuple[str, bool], ...]:
    """The fields that may have to be rendered, and whether each has texts itself."""
    return tuple((name, _is_text(field)) for name, field in kind.model_fields.items() if _may_render(field))


def _is_text(field: FieldInfo) -> bool:
    return any(isinstance(mark, TemplateMark) for mark in field.metadata) or _has_mark(field.annotation)


def _has_mark(annotation: Any) -> bool:
    marked = any(isinstance(mark, TemplateMark) for mark in getattr(annotation, "__metadata__", ()))
    return marked or any(_has_mark(part) for part in get_args(annotation))


def _may_render(field: FieldInfo) -> bool:
    return _is_text(field) or _has_section(field.annotation)


def _has_section(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return True
    return any(_has_section(part) for part in get_args(annotation))
