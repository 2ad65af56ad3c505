"""Builds a request of the Gemini API. No I/O.

https://ai.google.dev/api/generate-content and ai.google.dev/gemini-api/docs/thinking
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from parley.agent_config import LlmConfig
from services.brain.providers.gemini.contents import Signatures, convert
from services.brain.providers.gemini.models import Model, model_named, model_path
from services.brain.providers.gemini.schemas import json_schema, openapi_schema
from services.brain.providers.streams.http_api import HttpRequest
from services.brain.providers.streams.merge_patch import merge_patch
from services.brain.providers.streams.model_input import ModelInput
from services.brain.providers.streams.servers import Server

PROTECTED = frozenset({"contents"})
"""Fields that are never left out."""
_THINKING_TOKENS = {"minimal": 500, "low": 2000, "medium": 8000, "high": 24_000}
"""Added to the limit on the answer, which includes thinking."""
_BUDGETS = {"low": 1024, "medium": 8192, "high": 24_576}
"""Budgets of models without levels."""


def build_request(
    server: Server, config: LlmConfig, given: ModelInput, refused: frozenset[str]
) -> HttpRequest:
    """Return a streamed request without the settings in `refused`."""
    model = model_named(config.model)
    ignored: list[str] = []
    signatures = Signatures(model.signatures, own="signatures" not in refused)
    system, contents = convert(given.messages, signatures)
    thinking, reserve, sent = _thinking(model, config, refused, ignored)
    body: dict[str, Any] = {
        "contents": contents,
        "generationConfig": {
            "maxOutputTokens": config.max_tokens + reserve,
            **_temperature(model, config, refused),
            **({"thinkingConfig": thinking} if thinking else {}),
        },
    }
    if system and "systemInstruction" in refused:
        contents[0]["parts"] = [*system, *contents[0]["parts"]]
    elif system:
        body["systemInstruction"] = {"parts": system}
    if given.tools and "tools" not in refused:
        body["tools"] = [{"functionDeclarations": [_declaration(tool, refused) for tool in given.tools]}]
        if given.tool_choice == "none":
            body["toolConfig"] = {"functionCallingConfig": {"mode": "NONE"}}
    body = merge_patch(body, config.extra, PROTECTED)
    path = f"/{quote(model_path(config.model), safe='/-._~')}:streamGenerateContent?alt=sse"
    return HttpRequest(path, headers(server, given.call_sid), body, tuple(ignored), sent)


def headers(server: Server, call_sid: str = "") -> dict[str, str]:
    """The headers of every request; the API has no field for a user, so the call is named in a header."""
    found = {"x-goog-api-client": "parley"}
    if server.key:
        found["x-goog-api-key"] = server.key
    if call_sid:
        found["x-client-request-id"] = quote(call_sid, safe="")
    return found


def _thinking(
    model: Model, config: LlmConfig, refused: frozenset[str], ignored: list[str]
) -> tuple[dict[str, Any], int, str]:
    """`thinkingConfig`, the tokens for it, and its name in `refused`."""
    wanted = config.reasoning_effort
    accepted = model.levels or (tuple(_BUDGETS) if model.budget is not None else ())
    if wanted is not None and wanted != "none" and wanted not in accepted:
        ignored.append(f"llm.reasoning_effort: {wanted} (accepted: {', '.join(('none', *accepted))})")
        wanted = None
    if wanted == "none" and model.levels:
        # The lowest level is the nearest.
        wanted = None
    if model.levels:
        levels = [wanted] if wanted else list(model.levels)
        level = next((level for level in levels if f"thinking={level}" not in refused), None)
        if level is None:
            return {}, _THINKING_TOKENS["medium"], ""
        return {"thinkingLevel": level}, _THINKING_TOKENS[level], f"thinking={level}"
    if model.budget is not None and "thinking=budget" not in refused:
        budget = model.budget if wanted in (None, "none") else _BUDGETS[str(wanted)]
        return {"thinkingBudget": budget}, budget, "thinking=budget"
    return {}, 0, ""


def _temperature(model: Model, config: LlmConfig, refused: frozenset[str]) -> dict[str, float]:
    explicit = "temperature" in config.model_fields_set
    if (
        config.temperature is None
        or "temperature" in refused
        or (model.temperature == "explicit" and not explicit)
    ):
        return {}
    return {"temperature": config.temperature}


def _declaration(tool: Mapping[str, Any], refused: frozenset[str]) -> dict[str, Any]:
    function = tool["function"]
    # A description is required.
    declaration = {
        "name": function["name"],
        "description": str(function.get("description") or "").strip() or function["name"],
    }
    parameters = function.get("parameters")
    if "parametersJsonSchema" not in refused:
        schema = json_schema(parameters or {})
        return {**declaration, "parametersJsonSchema": schema} if schema.get("properties") else declaration
    openapi = openapi_schema(parameters or {})
    return {**declaration, "parameters": openapi} if openapi else declaration
