"""The type of texts that are rendered for each call, and the variables that they may contain."""

from collections.abc import Mapping
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from parley.agent_config.templates.call_data import CallData
from parley.agent_config.templates.moment import Day, language_name, moment_at
from parley.agent_config.templates.template import problems

VARIABLES: Mapping[str, frozenset[str] | None] = {
    "caller": frozenset({"number"}),
    "called": frozenset({"number"}),
    "call": frozenset({"sid", "direction"}),
    "parameters": None,
    "language": frozenset({"tag", "name"}),
    "now": frozenset({"date", "time", "weekday", "hour", "iso"}),
    "today": frozenset({"weekday", "iso"}),
}
"""The variables of a text with the attributes that each of them has; None for any."""


def check_text(text: str) -> str:
    """Return a text whose template is right.

    Raises:
        ValueError: it is not.
    """
    if found := list(problems(text, VARIABLES)):
        raise ValueError("; ".join(found))
    return text


class TemplateMark:
    """Marks the fields that are rendered."""


TemplateText: TypeAlias = Annotated[str, AfterValidator(check_text), TemplateMark()]
"""A text that may contain a template, such as `{{ parameters.name }}`."""


def variables(data: CallData, timezone: str, language: str) -> dict[str, object]:
    """Return the values of the variables for one call."""
    now = moment_at(data.started_at_us, timezone, language)
    return {
        "caller": {"number": data.caller_number},
        "called": {"number": data.called_number},
        "call": {"sid": data.call_sid, "direction": data.direction},
        "parameters": data.parameters,
        "language": {"tag": language, "name": language_name(language)},
        "now": now,
        "today": Day(now),
    }
