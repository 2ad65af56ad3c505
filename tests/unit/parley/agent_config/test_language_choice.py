"""Tests of the language of a call."""

import pytest

from parley.agent_config import AgentConfig, CallData, call_language

AGENT = AgentConfig.model_validate(
    {
        "prompt": "x",
        "language": "en",
        "languages": {"de": {}, "pt-BR": {}, "es": {}},
        "numbers": ["+15550100000", {"number": "+49301234567", "language": "de"}],
    }
)


@pytest.mark.parametrize(
    ("called", "parameters", "language"),
    [
        ("+15550100000", {}, "en"),
        ("+49301234567", {}, "de"),
        ("+49301234567", {"language": "es"}, "es"),
        ("+49301234567", {"language": "sv"}, "de"),
        ("+15550100000", {"language": "PT_br"}, "pt-BR"),
        ("+15550100000", {"language": "pt"}, "pt-BR"),
        ("+15550100000", {"language": "en-GB"}, "en"),
        ("+15550100000", {"language": "'; drop"}, "en"),
    ],
)
def test_a_parameter_comes_before_the_number(called: str, parameters: dict[str, str], language: str) -> None:
    """A language that the agent does not speak counts as none."""
    assert call_language(AGENT, CallData(called_number=called, parameters=parameters)) == language


def test_an_outbound_call_has_the_number_that_calls() -> None:
    """The agent's own number is the caller's then."""
    data = CallData(caller_number="+49301234567", called_number="+15550100000", direction="outbound")

    assert call_language(AGENT, data) == "de"
