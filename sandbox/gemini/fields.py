"""Checks of a body beside its contents. Only the first error is used, so later checks rely on it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.gemini.errors import ApiError, unknown_name
from sandbox.gemini.models import LEVELS, Model

_BODY = frozenset(
    {
        "cachedContent",
        "contents",
        "generationConfig",
        "model",
        "safetySettings",
        "serviceTier",
        "store",
        "systemInstruction",
        "toolConfig",
        "tools",
    }
)
_CONFIG = frozenset(
    {
        "candidateCount",
        "enableEnhancedCivicAnswers",
        "frequencyPenalty",
        "logprobs",
        "maxOutputTokens",
        "mediaResolution",
        "presencePenalty",
        "responseFormat",
        "responseJsonSchema",
        "responseLogprobs",
        "responseMimeType",
        "responseModalities",
        "responseSchema",
        "seed",
        "speechConfig",
        "stopSequences",
        "temperature",
        "thinkingConfig",
        "topK",
        "topP",
    }
)
_TOOL = frozenset(
    {"functionDeclarations", "googleSearch", "codeExecution", "urlContext", "googleMaps", "fileSearch"}
)
_DECLARATION = frozenset(
    {
        "name",
        "description",
        "parameters",
        "parametersJsonSchema",
        "response",
        "responseJsonSchema",
        "behavior",
    }
)
_SCHEMA = frozenset(
    {
        "anyOf",
        "default",
        "description",
        "enum",
        "example",
        "format",
        "items",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "nullable",
        "pattern",
        "properties",
        "propertyOrdering",
        "required",
        "title",
        "type",
    }
)
_TYPES = ("STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL")
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}")
_MODES = ("AUTO", "ANY", "NONE", "VALIDATED", "MODE_UNSPECIFIED")


def body_errors(body: Any, model: Model) -> Iterator[ApiError]:
    """Errors of all fields but the contents."""
    if not isinstance(body, dict):
        yield ApiError("Invalid JSON payload received. Expected an object.")
    yield from _unknown(body, _BODY, "")
    config = body.get("generationConfig") or {}
    yield from _unknown(config, _CONFIG, "generation_config")
    yield from _config_errors(config, model)
    yield from _thinking_errors(config.get("thinkingConfig") or {}, model)
    system = body.get("systemInstruction")
    if system is not None:
        yield from _unknown(system, frozenset({"role", "parts"}), "system_instruction")
        if not any(str(part.get("text") or "").strip() for part in system.get("parts") or ()):
            yield ApiError("* GenerateContentRequest.system_instruction.parts: must not be empty.")
    yield from _tools_errors(body)


def _unknown(value: Any, names: frozenset[str], where: str) -> Iterator[ApiError]:
    if not isinstance(value, dict):
        yield ApiError(f"Invalid value at '{where}' (type.googleapis.com), expected an object")
    for name in value:
        if name not in names:
            yield unknown_name(name, where)


def _config_errors(config: Mapping[str, Any], model: Model) -> Iterator[ApiError]:
    limit = config.get("maxOutputTokens")
    if limit is not None and not _is_integer(limit):
        yield ApiError("Invalid value at 'generation_config.max_output_tokens' (TYPE_INT32)")
    if limit is not None and not 1 <= limit <= model.max_output_tokens:
        text = f"The value for maxOutputTokens must be from 1 to {model.max_output_tokens}, but was {limit}."
        yield ApiError(text)
    temperature = config.get("temperature")
    if temperature is not None and not (isinstance(temperature, int | float) and 0 <= temperature <= 2):
        yield ApiError(
            f"* GenerateContentRequest.generation_config.temperature: {temperature} is not in [0, 2]."
        )
    if config.get("candidateCount") not in (None, 1):
        yield ApiError("Multiple candidates is not enabled for this model")


def _thinking_errors(thinking: Any, model: Model) -> Iterator[ApiError]:
    names = frozenset({"includeThoughts", "thinkingBudget", "thinkingLevel"})
    yield from _unknown(thinking, names, "generation_config.thinking_config")
    level, budget = thinking.get("thinkingLevel"), thinking.get("thinkingBudget")
    if level is not None and budget is not None:
        yield ApiError("You can only set only one of thinking budget and thinking level.")
    if level is not None and str(level).lower() not in LEVELS:
        yield ApiError(f"Invalid value at 'generation_config.thinking_config.thinking_level': \"{level}\"")
    if level is not None and not model.levels:
        yield ApiError("Thinking level is not supported for this model.")
    if level is not None and str(level).lower() not in model.levels:
        text = f"Thinking level {str(level).upper()} is not supported for this model. Please retry with"
        yield ApiError(f"{text} other thinking level.")
    if budget is None:
        return
    if not _is_integer(budget):
        yield ApiError("Invalid value at 'generation_config.thinking_config.thinking_budget' (TYPE_INT32)")
    if model.budget is None and not model.levels:
        yield ApiError("Thinking is not enabled for this model.")
    if budget == 0 and model.budget:
        yield ApiError("Budget 0 is invalid. This model only works in thinking mode.")
    if budget != -1 and budget < (model.budget or 0):
        yield ApiError(f"The thinking budget {budget} is invalid. Please choose a larger value.")


def _tools_errors(body: Mapping[str, Any]) -> Iterator[ApiError]:
    names: list[str] = []
    for number, tool in enumerate(body.get("tools") or ()):
        yield from _unknown(tool, _TOOL, f"tools[{number}]")
        for at, declaration in enumerate(tool.get("functionDeclarations") or ()):
            yield from _declaration_errors(declaration, f"tools[{number}].function_declarations[{at}]")
            names.append(declaration["name"])
    if repeated := next((name for name in names if names.count(name) > 1), None):
        yield ApiError(f"Duplicate function declaration found: {repeated}")
    config = body.get("toolConfig")
    if config is None:
        return
    yield from _unknown(config, frozenset({"functionCallingConfig", "retrievalConfig"}), "tool_config")
    calling = config.get("functionCallingConfig") or {}
    if calling.get("mode", "AUTO") not in _MODES:
        yield ApiError("Invalid value at 'tool_config.function_calling_config.mode'")
    if not names:
        yield ApiError("Function calling config is set without function_declarations.")


def _declaration_errors(declaration: Any, where: str) -> Iterator[ApiError]:
    yield from _unknown(declaration, _DECLARATION, where)
    name = declaration.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        text = (
            "Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z"
        )
        yield ApiError(
            f"* GenerateContentRequest.{where}.name: {text}, 0-9), underscores (_), dots or dashes."
        )
    if not isinstance(declaration.get("description"), str) or not declaration["description"]:
        yield ApiError(f"* GenerateContentRequest.{where}.description: must not be empty.")
    if "parameters" in declaration and "parametersJsonSchema" in declaration:
        yield ApiError(
            f"* GenerateContentRequest.{where}: set parameters or parameters_json_schema, not both"
        )
    if "parameters" in declaration:
        yield from _schema_errors(declaration["parameters"], f"{where}.parameters", root=True)
    schema = declaration.get("parametersJsonSchema")
    if schema is not None and (not isinstance(schema, dict) or schema.get("type") != "object"):
        yield ApiError(
            f"* GenerateContentRequest.{where}.parameters_json_schema: schema must be of type object"
        )


def _schema_errors(schema: Any, where: str, *, root: bool = False) -> Iterator[ApiError]:
    """Errors of a schema of the field `parameters`, which takes a subset of OpenAPI 3.0."""
    yield from _unknown(schema, _SCHEMA, where)
    kind = schema.get("type")
    if not isinstance(kind, str) or kind.upper() not in _TYPES:
        if "anyOf" not in schema:
            yield ApiError(f"Invalid value at '{where}.type' (type.googleapis.com), \"{kind}\"")
        kind = ""
    if root and not schema.get("properties"):
        text = "should be non-empty for OBJECT type"
        yield ApiError(f"* GenerateContentRequest.{where}.properties: {text}")
    if kind.upper() == "ARRAY" and "items" not in schema:
        yield ApiError(f"* GenerateContentRequest.{where}.items: missing field.")
    if schema.get("enum") is not None and kind.upper() != "STRING":
        yield ApiError(f"* GenerateContentRequest.{where}.enum: only allowed for STRING type")
    for name, inner in (schema.get("properties") or {}).items():
        yield from _schema_errors(inner, f"{where}.properties[{name}]")
    if "items" in schema:
        yield from _schema_errors(schema["items"], f"{where}.items")
    for at, inner in enumerate(schema.get("anyOf") or ()):
        yield from _schema_errors(inner, f"{where}.any_of[{at}]")


def _invalid(where: str, text: str) -> ApiError:
    return ApiError(f"* GenerateContentRequest.{where}: {text}")


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
