"""The models: which exist, when they end, and what their families refuse. No clock.

Besides OpenAI's models there are the sandbox's own: `sandbox-NAME` answers from the scenario NAME, or from
the configured one if that does not exist, and the path of a YAML file from that file. They never reason and
take every documented parameter.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from sandbox.openai.errors import ApiError
from sandbox.openai.scenario import has_scenario, scenario_names
from sandbox.openai.validation.fields import listed

PREFIX = "sandbox-"
_FILE = Path(__file__).with_name("models.yaml")
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_DEFAULTS: Mapping[str, float] = {"temperature": 1, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0}
"""Sampling parameters with the only value that is accepted while a model reasons."""
_NOT_WHILE_REASONING = ("logprobs", "top_logprobs", "logit_bias", "stop")


@dataclass(frozen=True, slots=True)
class Family:
    """The models of one generation, and the values that they accept."""

    models: tuple[str, ...]
    shutdown_date: date | None = None
    efforts: tuple[str, ...] = ()
    """Efforts of Chat Completions; empty for models that do not reason."""
    responses_efforts: tuple[str, ...] = ()
    """Further efforts of the Responses API."""
    default_effort: str = ""
    tools_with_reasoning: bool = True
    refuses: tuple[str, ...] = ()
    max_output_tokens: int = 128_000
    own: bool = False
    """Whether the models are the sandbox's own."""

    def reasons(self, effort: str | None) -> bool:
        """Whether a request with this effort, or with none, is answered with reasoning."""
        return bool(self.efforts) and (effort or self.default_effort) != "none"


SANDBOX = Family((), own=True)


@lru_cache(maxsize=1)
def families() -> tuple[Family, ...]:
    """The families of OpenAI's models."""
    data = yaml.safe_load(_FILE.read_text("utf-8"))
    lists = ("models", "efforts", "responses_efforts", "refuses")
    entries: list[dict[str, Any]] = [
        {name: tuple(value) if name in lists else value for name, value in entry.items()}
        for entry in data["families"]
    ]
    return tuple(Family(**entry) for entry in entries)


def find_family(model: str) -> Family | None:
    """The family of a model, whether it has ended or not; None for an unknown model."""
    if model.startswith(PREFIX) or scenario_of(model):
        return SANDBOX
    # A snapshot may have an end of its own.
    names = (model, _SNAPSHOT.sub("", model))
    return next((family for name in names for family in families() if name in family.models), None)


def scenario_of(model: str) -> str:
    """The scenario that a model of the sandbox names; empty for the configured one."""
    name = model.removeprefix(PREFIX)
    named = name != model or model.endswith(".yaml")
    return name if named and has_scenario(name) else ""


def listed_models(today: date) -> list[dict[str, Any]]:
    """The models as `GET /v1/models` lists them, without those that have ended."""
    found = [
        model_object(name, family)
        for family in families()
        for name in family.models
        if not has_ended(family, today)
    ]
    return found + [model_object(f"{PREFIX}{name}", SANDBOX) for name in scenario_names()]


def model_object(name: str, family: Family) -> dict[str, Any]:
    """A model as the API describes it; only a model with an announced end has a `shutdown_date`."""
    model: dict[str, Any] = {"id": name, "object": "model", "created": 1_700_000_000}
    model["owned_by"] = "sandbox" if family.own else "system"
    if family.shutdown_date:
        model["shutdown_date"] = family.shutdown_date.isoformat()
    return model


def has_ended(family: Family, today: date) -> bool:
    """Whether the models of a family were shut down."""
    return family.shutdown_date is not None and family.shutdown_date <= today


def chat_model_errors(body: Mapping[str, Any], family: Family) -> Iterator[ApiError]:
    """Errors of a valid request to Chat Completions that depend on the model's family."""
    if family.own:
        return
    model, effort = body["model"], body.get("reasoning_effort")
    yield from _effort_errors(model, family, effort)
    for name in family.refuses:
        if body.get(name) is not None:
            yield _unsupported(name)
    yield from _limit_errors(body, family)
    if not family.efforts and body.get("verbosity") not in (None, "medium"):
        yield _one_value("verbosity", f"'{body['verbosity']}'", "Supported values are: 'medium'.")
    if family.reasons(effort):
        if body.get("tools") and not family.tools_with_reasoning:
            yield _tools_need_responses(model)
        yield from _sampling_errors(body)
    if body.get("metadata") is not None and not body.get("store"):
        yield ApiError("The 'metadata' parameter is only allowed when 'store' is enabled.", "metadata")


def responses_model_errors(body: Mapping[str, Any], family: Family) -> Iterator[ApiError]:
    """Errors of a valid request to the Responses API that depend on the model's family."""
    if family.own:
        return
    effort = (body.get("reasoning") or {}).get("effort")
    efforts = family.efforts + family.responses_efforts
    if effort is not None and not efforts:
        yield _unsupported("reasoning.effort")
    if effort is not None and effort not in efforts:
        yield _unsupported_effort(effort, body["model"], efforts, "reasoning.effort")
    limit = family.max_output_tokens
    if (body.get("max_output_tokens") or 0) > limit:
        text = f"Invalid 'max_output_tokens': integer above maximum value. Expected a value <= {limit}"
        text = f"{text}, but got {body['max_output_tokens']} instead."
        yield ApiError(text, "max_output_tokens", "integer_above_max_value")
    if family.reasons(effort):
        for name in ("temperature", "top_p", "top_logprobs"):
            if body.get(name) is not None and body[name] != _DEFAULTS.get(name, 0):
                # Unlike Chat Completions, this API sends no code.
                yield ApiError(f"Unsupported parameter: '{name}' is not supported with this model.", name)
    if not family.efforts and "reasoning.encrypted_content" in (body.get("include") or ()):
        yield ApiError("Encrypted content is not supported with this model.", "include")


def _effort_errors(model: str, family: Family, effort: str | None) -> Iterator[ApiError]:
    if effort is None or effort in family.efforts:
        return
    if not family.efforts:
        yield ApiError("Unrecognized request argument supplied: reasoning_effort")
    yield _unsupported_effort(effort, model, family.efforts, "reasoning_effort")


def _unsupported_effort(effort: str, model: str, efforts: tuple[str, ...], where: str) -> ApiError:
    text = f"Unsupported value: '{effort}' is not supported with the '{model}' model."
    return ApiError(f"{text} Supported values are: {listed(efforts)}.", where, "unsupported_value")


def _limit_errors(body: Mapping[str, Any], family: Family) -> Iterator[ApiError]:
    if family.efforts and body.get("max_tokens") is not None:
        text = "Unsupported parameter: 'max_tokens' is not supported with this model."
        yield ApiError(f"{text} Use 'max_completion_tokens' instead.", "max_tokens", "unsupported_parameter")
    for name in ("max_tokens", "max_completion_tokens"):
        value, limit = body.get(name), family.max_output_tokens
        if value is not None and value > limit:
            text = f"{name} is too large: {value}. This model supports at most {limit} completion tokens,"
            yield ApiError(f"{text} whereas you provided {value}.", name, "invalid_value")


def _sampling_errors(body: Mapping[str, Any]) -> Iterator[ApiError]:
    for name, default in _DEFAULTS.items():
        value = body.get(name)
        if value is not None and value != default:
            yield _one_value(name, str(value), f"Only the default ({default:g}) value is supported.")
    for name in _NOT_WHILE_REASONING:
        if body.get(name):
            yield _unsupported(name)


def _unsupported(name: str) -> ApiError:
    text = f"Unsupported parameter: '{name}' is not supported with this model."
    return ApiError(text, name, "unsupported_parameter")


def _one_value(name: str, value: str, rest: str) -> ApiError:
    text = f"Unsupported value: '{name}' does not support {value} with this model."
    return ApiError(f"{text} {rest}", name, "unsupported_value")


def _tools_need_responses(model: str) -> ApiError:
    text = f"Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions."
    advice = "To use function tools, use /v1/responses or set reasoning_effort to 'none'."
    return ApiError(f"{text} {advice}", "reasoning_effort")
