"""Corrections for a request of the wrong API, and for refused tools. No I/O."""

import re
from typing import Any

from services.brain.providers.openai.refused_request import Case, Correction


def other_api(case: Case) -> Correction | None:
    """The other API, where the refusal names it or this one is missing."""
    text, automatic = case.text, case.config.api == "auto"
    if case.request.api == "chat" and re.search(r"/responses\b|responses api", text):
        return effort_none(case) or (_use_responses(case) if automatic else None)
    if case.request.api == "responses" and automatic:
        missing = case.refusal.status in (404, 405, 501) and "model" not in text
        if missing or "chat/completions" in text:
            update = {"api": "chat", "tools_in_chat": "always"}
            return Correction(update, "the server has no Responses API for this model", "llm.api: chat")
    return None


def effort_none(case: Case) -> Correction | None:
    """Reasoning off, where the refusal offers it."""
    offered = re.search(r"reasoning[_.]effort\W+(?:to|is|=|must be|as)?\W*none", case.text)
    if not offered or case.effort == "none" or not case.has_tools:
        return None
    update: dict[str, Any] = {"effort_with_tools": "none", "tools_in_chat": "without_reasoning"}
    if case.profile.efforts is not None and "none" not in case.profile.efforts:
        update["efforts"] = ("none", *case.profile.efforts)
    return Correction(
        update,
        "tools are accepted in Chat Completions only without reasoning",
        "llm.reasoning_effort: none, or llm.api: responses",
    )


def _use_responses(case: Case) -> Correction:
    update: dict[str, Any] = {"tools_in_chat": "never"}
    if not case.has_tools or "only supported in v1/responses" in case.text:
        update["api"] = "responses"
    return Correction(update, "the model needs the Responses API", "llm.api: responses")


def tools(case: Case) -> Correction | None:
    """No tools, where the server or model takes none."""
    if not case.has_tools:
        return None
    refused = re.search(
        r"(?:not|n't) support(?:ed)? (?:for )?(?:tools?\b|function call|functions\b)|support tool use"
        r"|tool (?:use|calling|calls) (?:is|are) not|enable-auto-tool-choice"
        r"|['\"`]tools['\"`] (?:is|are) not|param(?:eter)?s?\W{1,3}tools\b|tools? param\w* requires?",
        case.text,
    )
    if not refused and case.refusal.param != "tools":
        return None
    return Correction(
        {"tools": False},
        "tools are not accepted: the agent can call none, not even end_call",
        "another llm.model, or start the server with tools enabled",
    )


def tool_roles(case: Case) -> Correction | None:
    """No tool calls and results in the history, where the chat template has no role for them."""
    has_results = any(message.get("role") == "tool" for message in case.request.body.get("messages") or ())
    if not has_results or not re.search(
        r"only user\W{1,2}(?:and )?assistant\b|role\W{1,4}tool\b|\btool\W role", case.text
    ):
        return None
    return Correction(
        {"tools": False}, "messages of the role tool", "another llm.model, or a chat template with tools"
    )


def schemas(case: Case) -> Correction | None:
    """Tool schemas without the keywords that the server does not know."""
    names = set(
        re.findall(r"unknown name \W*([a-z$_]+)\W* at \W*(?:tools|.*function_declarations)", case.text)
    )
    if "invalid schema for function" in case.text and case.profile.strict_tools is None:
        return Correction({"strict_tools": False}, "schemas that are not strict", "tools.parameters")
    keys = {key for key in ("additionalProperties", "$schema", "$defs", "$ref") if key.lower() in names}
    keys |= names - {key.lower() for key in keys}
    if not keys or not case.has_tools:
        return None
    update = {"refused_schema_keys": case.profile.refused_schema_keys | keys}
    return Correction(
        update, f"keywords in tool schemas: {', '.join(sorted(keys))}", "leave them out of tools.parameters"
    )
