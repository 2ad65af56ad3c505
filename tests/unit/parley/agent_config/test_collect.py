"""Tests for the fields that an agent collects."""

from typing import Any

import pytest
from pydantic import ValidationError

from parley.agent_config import AgentConfig


def agent(*fields: dict[str, Any]) -> AgentConfig:
    return AgentConfig.model_validate({"prompt": "p", "collect": fields})


def test_a_field_is_an_optional_text_by_default() -> None:
    """It needs no confirmation."""
    [field] = agent({"name": "wish"}).collect

    assert (field.type, field.required, field.confirm) == ("text", False, "none")


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"name": "Full name"}, "name"),
        ({"name": "a", "type": "choice"}, "`choices` are needed"),
        ({"name": "a", "choices": ["x"]}, "only for it"),
        ({"name": "a", "type": "choice", "choices": ["Yes", "yes"]}, "more than case"),
        ({"name": "a", "pattern": "("}, "not a regular expression"),
        ({"name": "a", "min": 1}, "limit a `number`"),
        ({"name": "a", "type": "integer", "min": 2, "max": 1}, "greater than"),
        ({"name": "a", "type": "birthday"}, "type"),
        ({"name": "a", "confirm": "yes"}, "confirm"),
    ],
)
def test_a_wrong_field_is_refused(field: dict[str, Any], message: str) -> None:
    """The error names the key."""
    with pytest.raises(ValidationError, match=message):
        agent(field)


def test_names_are_unique_and_limited() -> None:
    """The last value would replace the other field's."""
    with pytest.raises(ValidationError, match="'a' is defined twice"):
        agent({"name": "a"}, {"name": "a"})
    with pytest.raises(ValidationError, match="more than 40"):
        agent(*({"name": f"f{n}"} for n in range(41)))


@pytest.mark.parametrize("key", ["collect", "handoffs"])
def test_the_tools_of_these_keys_are_not_named_again(key: str) -> None:
    """The model would have two tools with one name."""
    name, section = {
        "collect": ("save_data", {"name": "a"}),
        "handoffs": ("hand_off", {"agent": "b", "when": "always"}),
    }[key]
    tool = {"name": name, "description": "d", "url": "http://x"}

    with pytest.raises(ValidationError, match=f"is the tool that `{key}` adds"):
        AgentConfig.model_validate({"prompt": "p", key: [section], "tools": [tool]})
