"""Decides what a request contains, for either API: which API, effort, temperature, token limit. No I/O."""

from dataclasses import dataclass
from typing import Any

from parley.agent_config import LlmConfig
from services.brain.providers.openai.profiles import Api, Profile
from services.brain.providers.streams.merge_patch import merge_patch

PROTECTED = frozenset({"model", "messages", "input", "instructions", "stream"})
"""Fields that are never left out."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request in the wire format."""

    api: Api
    body: dict[str, Any]
    ignored: tuple[str, ...]
    """Settings of the agent file that are not sent, each as a sentence for the log."""

    @property
    def path(self) -> str:
        """The path after the base URL."""
        return "/chat/completions" if self.api == "chat" else "/responses"


@dataclass(frozen=True, slots=True)
class Plan:
    """The decisions about a request."""

    api: Api
    effort: str | None
    reasons: bool
    """Whether the model will probably reason."""
    temperature: float | None
    ignored: tuple[str, ...]


def plan_request(profile: Profile, config: LlmConfig, *, with_tools: bool) -> Plan:
    """Decide about API, effort and temperature.

    The agent file's choices win where the profile allows them; `ignored` names the others.
    """
    ignored: list[str] = []
    with_tools = with_tools and profile.tools
    effort = profile.effort_with_tools if with_tools else profile.effort
    wanted = config.reasoning_effort
    if wanted is not None:
        if profile.efforts is None or wanted in profile.efforts:
            effort = wanted
        else:
            accepted = ", ".join(profile.efforts) or "no effort"
            ignored.append(f"llm.reasoning_effort: {wanted} (the model accepts: {accepted})")
    if {"reasoning_effort", "reasoning"} & profile.refused:
        effort = None
    reasons = _reasons(profile, effort)
    needs_responses = with_tools and (
        profile.tools_in_chat == "never" or (profile.tools_in_chat == "without_reasoning" and reasons)
    )
    api: Api
    if config.api != "auto":
        api = config.api
        if api == "chat" and needs_responses and profile.tools_in_chat == "without_reasoning":
            if wanted is not None:
                ignored.append(f"llm.reasoning_effort: {wanted} (with tools it needs llm.api: responses)")
            effort, reasons = "none", False
    else:
        api = "responses" if needs_responses else profile.api
    return Plan(api, effort, reasons, _temperature(profile, config, reasons, ignored), tuple(ignored))


def _reasons(profile: Profile, effort: str | None) -> bool:
    if effort is not None:
        return effort != "none"
    if profile.efforts is None:
        return profile.temperature != "always"
    return bool(profile.efforts)


def _temperature(profile: Profile, config: LlmConfig, reasons: bool, ignored: list[str]) -> float | None:
    wanted = config.temperature
    if wanted is None:
        return None
    if profile.temperature == "never" or (profile.temperature == "without_reasoning" and reasons):
        if "temperature" in config.model_fields_set:
            ignored.append(f"llm.temperature: {wanted:g} (the model accepts none while it reasons)")
        return None
    if wanted > profile.max_temperature:
        ignored.append(f"llm.temperature: {wanted:g} (at most {profile.max_temperature:g} is accepted)")
        return profile.max_temperature
    return wanted


def token_limit(profile: Profile, config: LlmConfig, plan: Plan) -> int:
    """The limit to send: the agent's, and tokens for the reasoning that servers count as output."""
    return config.max_tokens + (profile.reasoning_tokens if plan.reasons else 0)


def finish(body: dict[str, Any], profile: Profile, config: LlmConfig) -> tuple[dict[str, Any], list[str]]:
    """Merge the agent's `extra` into the body and leave out what the server has refused.

    Returns the body and the agent's own fields that were left out.
    """
    ignored = []
    merged = merge_patch(body, config.extra, PROTECTED)
    for name in sorted(profile.refused - PROTECTED):
        if name in merged:
            del merged[name]
            if name in config.extra:
                ignored.append(f"llm.extra.{name} (refused by the server)")
    return merged, ignored
