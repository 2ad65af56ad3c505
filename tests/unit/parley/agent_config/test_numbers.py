"""Tests of the phone numbers of an agent."""

from typing import Any

import pytest
import yaml

from parley.agent_config import AgentConfig


@pytest.mark.parametrize(
    ("text", "number", "language"),
    [
        ("'+15550100000'", "+15550100000", None),
        ("+15550100000", "+15550100000", None),
        ("{number: '+49301234567', language: de}", "+49301234567", "de"),
    ],
)
def test_a_number_may_have_a_language(text: str, number: str, language: str | None) -> None:
    """YAML reads a number without quotes as an integer."""
    data: dict[str, Any] = {"prompt": "x", "languages": {"de": {}}, "numbers": [yaml.safe_load(text)]}

    [entry] = AgentConfig.model_validate(data).numbers

    assert (entry.number, entry.language) == (number, language)
