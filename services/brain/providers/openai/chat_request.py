"""Builds a Chat Completions request. No I/O."""

from collections.abc import Mapping
from typing import Any

from parley.agent_config import LlmConfig
from services.brain.providers.openai.profiles import Profile
from services.brain.providers.openai.request import Plan, Request, finish, token_limit
from services.brain.providers.openai.schemas import accepted_schema
from services.brain.providers.streams.history import conform
from services.brain.providers.streams.model_input import ModelInput


def build_chat_request(
    profile: Profile,
    config: LlmConfig,
    plan: Plan,
    given: ModelInput,
) -> Request:
    """Return a streamed request that the profile's server accepts."""
    body: dict[str, Any] = {
        "model": config.model,
        "messages": conform(given.messages, profile),
        "stream": True,
    }
    if plan.temperature is not None:
        body["temperature"] = plan.temperature
    if (name := _limit_name(profile)) is not None:
        body[name] = token_limit(profile, config, plan)
    if plan.effort is not None:
        body["reasoning_effort"] = plan.effort
    if profile.end_user != "none":
        body[profile.end_user] = given.call_sid
    if profile.stream_usage:
        body["stream_options"] = {"include_usage": True}
    if given.tools and profile.tools and (profile.tool_choice or given.tool_choice != "none"):
        body["tools"] = [_definition(tool, profile) for tool in given.tools]
        if given.tool_choice != "auto":
            body["tool_choice"] = given.tool_choice
        if profile.parallel_tool_calls is not None:
            body["parallel_tool_calls"] = profile.parallel_tool_calls
    body, left_out = finish(body, profile, config)
    return Request("chat", body, (*plan.ignored, *left_out))


def _limit_name(profile: Profile) -> str | None:
    """The name of the limit that the server has not refused; None if it refused both names."""
    names = [name for name in ("max_completion_tokens", "max_tokens") if name not in profile.refused]
    if profile.limit_field == "none" or not names:
        return None
    return profile.limit_field if profile.limit_field in names else names[0]


def _definition(tool: Mapping[str, Any], profile: Profile) -> dict[str, Any]:
    function = dict(tool["function"])
    if "parameters" in function:
        function["parameters"] = accepted_schema(function["parameters"], profile)
    if profile.strict_tools is not None:
        function["strict"] = profile.strict_tools
    return {**tool, "function": function}
