"""The families of models: which exist, when they end, and what they refuse."""

from datetime import date
from typing import Any

import pytest
from openai.types import Model

from sandbox.openai.models import (
    SANDBOX,
    chat_model_errors,
    find_family,
    has_ended,
    listed_models,
    scenario_of,
)
from tests.strict import assert_fits
from tests.unit.sandbox.openai.bodies import TOOL, USER

TODAY = date(2026, 11, 28)


def refusal(model: str, **more: Any) -> tuple[str | None, str | None] | None:
    """Parameter and code of the first error of a request for a model."""
    family = find_family(model)
    assert family is not None
    error = next(chat_model_errors({"model": model, "messages": [USER], **more}, family), None)
    return (error.param, error.code) if error else None


@pytest.mark.parametrize(
    ("model", "more"),
    [
        ("gpt-4.1-mini", {"temperature": 0.3, "tools": [TOOL], "max_completion_tokens": 300, "stop": "x"}),
        ("gpt-4o-2024-08-06", {"max_tokens": 100}),
        ("gpt-5", {"tools": [TOOL], "reasoning_effort": "minimal", "temperature": 1}),
        ("gpt-5.1", {"temperature": 0.3, "tools": [TOOL]}),
        ("gpt-6-luna", {"tools": [TOOL], "reasoning_effort": "none", "temperature": 0.3}),
        ("gpt-6-luna", {"reasoning_effort": "max"}),
        ("gpt-6-astra", {"reasoning_effort": "low"}),
        ("sandbox-echo", {"reasoning_effort": "low", "temperature": 0.2, "tools": [TOOL], "metadata": {}}),
    ],
)
def test_what_a_family_accepts(model: str, more: dict[str, Any]) -> None:
    """The sandbox's own models take everything."""
    assert refusal(model, **more) is None


@pytest.mark.parametrize(
    ("model", "more", "expected"),
    [
        ("gpt-4.1", {"reasoning_effort": "none"}, (None, None)),
        ("gpt-4o", {"verbosity": "low"}, ("verbosity", "unsupported_value")),
        ("gpt-4o", {"max_completion_tokens": 20_000}, ("max_completion_tokens", "invalid_value")),
        ("o3", {"parallel_tool_calls": False}, ("parallel_tool_calls", "unsupported_parameter")),
        ("gpt-5-mini", {"temperature": 0.3}, ("temperature", "unsupported_value")),
        ("gpt-5-mini", {"reasoning_effort": "none"}, ("reasoning_effort", "unsupported_value")),
        ("gpt-5-mini", {"max_tokens": 300}, ("max_tokens", "unsupported_parameter")),
        ("gpt-5-mini", {"stop": ["x"]}, ("stop", "unsupported_parameter")),
        ("gpt-5.4", {"tools": [TOOL], "reasoning_effort": "low"}, ("reasoning_effort", None)),
        ("gpt-5.6-luna", {"reasoning_effort": "minimal"}, ("reasoning_effort", "unsupported_value")),
        ("gpt-6-luna", {"tools": [TOOL]}, ("reasoning_effort", None)),
        ("gpt-6-luna", {"temperature": 0.3}, ("temperature", "unsupported_value")),
        ("gpt-6-luna", {"top_p": 0.5}, ("top_p", "unsupported_value")),
        ("gpt-6-astra", {"tools": [TOOL], "reasoning_effort": "low"}, ("reasoning_effort", None)),
        (
            "gpt-6-astra",
            {"tools": [TOOL], "reasoning_effort": "none"},
            ("reasoning_effort", "unsupported_value"),
        ),
        ("gpt-6.1-sol", {"reasoning_effort": "none"}, ("reasoning_effort", "unsupported_value")),
        ("gpt-6.1-sol", {"reasoning_effort": "max"}, ("reasoning_effort", "unsupported_value")),
        ("gpt-4.1", {"metadata": {"a": "b"}}, ("metadata", None)),
    ],
)
def test_what_a_family_refuses(
    model: str, more: dict[str, Any], expected: tuple[str | None, str | None]
) -> None:
    """Newer models take tools only without reasoning, and reason by default."""
    assert refusal(model, **more) == expected


def test_models_end_on_their_day() -> None:
    """From that day on they are not listed."""
    family = find_family("gpt-4.1-mini")
    assert family is not None
    assert not has_ended(family, date(2027, 1, 13))
    assert has_ended(family, date(2027, 1, 14))

    now, later = ({m["id"] for m in listed_models(day)} for day in (TODAY, date(2027, 1, 14)))
    assert {"gpt-4.1-mini", "gpt-6-luna", "sandbox-clinic"} <= now
    assert not {"gpt-3.5-turbo", "gpt-4o-2024-05-13"} & now
    snapshots = [find_family(f"gpt-4o-{day}") for day in ("2024-05-13", "2024-11-20")]
    assert [family and has_ended(family, TODAY) for family in snapshots] == [True, False]
    assert now - later >= {"gpt-4.1", "gpt-4o-mini", "gpt-5", "o3"}


def test_listed_models_fit_the_sdks_type() -> None:
    """Only models that end have a date."""
    models = {model["id"]: model for model in listed_models(TODAY)}

    for model in models.values():
        assert_fits(Model, model)
    assert models["gpt-4.1"]["shutdown_date"] == "2027-01-14"
    assert "shutdown_date" not in models["gpt-6-luna"]


def test_the_sandboxs_own_models_name_a_scenario() -> None:
    """A name without a scenario answers from the configured one; other names are unknown."""
    assert (scenario_of("sandbox-echo"), scenario_of("sandbox-x"), scenario_of("echo")) == ("echo", "", "")
    assert find_family("sandbox-x") is SANDBOX
    assert find_family("echo") is None
    assert find_family("nowhere.yaml") is None
