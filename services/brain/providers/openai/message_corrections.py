"""Corrections for refused messages: roles, system messages, ids and fields of tool calls. No I/O."""

import re
from collections.abc import Iterator
from typing import Any

from services.brain.providers.openai.refused_request import NEGATIVE, Case, Correction

_STANDARD_FIELDS = frozenset(
    {"role", "content", "tool_call_id", "id", "arguments", "name", "function", "messages"}
)
_STRICT_ROLES = {"roles": "alternate", "one_system_message": True, "last_role_user": True}
_SYSTEM_REFUSED = (
    r"role\W.{0,40}(?:support|allow|accept)\w* \W?system|only user and assistant roles"
    r"|system\W? (?:role )?(?:is )?not (?:supported|allowed|accepted)"
)
_SIGNATURE = {"extra_content": {"google": {"thought_signature": "skip_thought_signature_validator"}}}


def signatures(case: Case) -> Correction | None:
    """A signature for tool calls that the server's model did not make."""
    if "thought_signature" not in case.text and "thought signature" not in case.text:
        return None
    update = {"tool_call_fields": True, "placeholder_fields": _SIGNATURE}
    return Correction(update, "tool calls need the signature of the model's thoughts", "llm.profile: gemini")


def reasoning_items(case: Case) -> Correction | None:
    """No encrypted reasoning, where the model or the server cannot read it."""
    if case.request.api != "responses" or not re.search(
        r"encrypted|reasoning' item|\brs_|reasoning item", case.text
    ):
        return None
    return Correction(
        {"encrypted_reasoning": False},
        "encrypted reasoning is not accepted",
        "llm.extra: {include: null}",
    )


def reasoning_texts(case: Case) -> Correction | None:
    """An empty reasoning beside tool calls, where the model wants its reasoning back."""
    wanted = re.search(
        r"reasoning_content.{0,60}(?:pass|must|missing|required)|missing.{0,30}reasoning_content", case.text
    )
    if not wanted:
        return None
    return Correction(
        {"empty_reasoning": True}, "tool calls without reasoning_content", "llm.profile: deepseek"
    )


def tool_ids(case: Case) -> Correction | None:
    """Short ids of tool calls."""
    if not re.search(r"tool.?call.?id.{0,80}(?:length|characters|a-z)|length of 9\b", case.text):
        return None
    # Only servers of Mistral's models need such ids, and those need alternating roles.
    update = {**_STRICT_ROLES, "tool_call_id": "alphanumeric_9"}
    refused = "ids of tool calls that are not 9 letters or digits"
    return Correction(update, refused, "llm.profile: mistral-template")


def message_fields(case: Case) -> Correction | None:
    """No unknown fields within messages, or no content that is null."""
    for path in _message_paths(case):
        name = path[-1]
        if name == "content" and re.search(r"null|none|string|required|missing|empty", case.text):
            refused = "a content of messages that is null"
            return Correction({"null_content": False}, refused, "llm.profile: a profile for this server")
        if name not in _STANDARD_FIELDS and NEGATIVE.search(case.text):
            update = {"tool_call_fields": False, "placeholder_fields": dict[str, Any]()}
            return Correction(
                update, f"the field {name} in messages", "llm.profile: a profile for this server"
            )
    return None


def null_contents(case: Case) -> Correction | None:
    """No content that is null, where the refusal does not say in which message it was."""
    messages = case.request.body.get("messages") or ()
    has_null = any(message.get("content") is None for message in messages)
    if not has_null or not re.search(
        r"content\b.{0,60}(?:null|\bnil\b|none|string|missing|empty|required)|(?:null|missing)\b.{0,30}\bcontent\b",
        case.text,
    ):
        return None
    refused = "a content of messages that is null"
    return Correction({"null_content": False}, refused, "llm.profile: a profile for this server")


def _message_paths(case: Case) -> Iterator[list[str]]:
    for place in case.refusal.locations:
        parts = [part for part in place if part != "body"]
        if len(parts) > 2 and parts[0] in ("messages", "input"):
            yield parts
    for match in re.finditer(r"'messages\.\d+' : property '([a-z_]+)'", case.text):
        yield ["messages", match[1]]
    for match in re.finditer(
        r"(?:messages|input)\W{0,2}\d+\W?(?:\.[a-z_]+\W?\d*\W?|\[\W?[a-z_]+\W?\])+", case.text
    ):
        parts = re.findall(r"[a-z_]+", match.group())
        if len(parts) > 1:
            yield parts


def roles(case: Case) -> Correction | None:
    """Alternating roles."""
    text = case.text
    if not re.search(
        r"alternat|unexpected role|after role|consecutive|message.?order|expected last role|last message"
        r"|(?:end|start|begin)s? with (?:an? )?.?user|first message|immediately after"
        r"|roles? must|no user (?:query|message)"
        r"|contents is not specified",
        text,
    ):
        return None
    # Most such servers serve Mistral's models, whose short ids all other servers accept as well.
    update = {**_STRICT_ROLES, "tool_call_id": "alphanumeric_9"}
    return Correction(update, "roles must alternate", "llm.profile: mistral-template")


def system(case: Case) -> Correction | None:
    """One system message, or another role for it."""
    text = case.text
    if "developer" in text and case.profile.system_role != "developer" and "'system'" in text:
        return Correction(
            {"system_role": "developer"}, "instructions need the role developer", "another llm.profile"
        )
    if case.profile.system_role == "developer" and "developer" in text:
        return Correction(
            {"system_role": "system"}, "the role developer is not accepted", "another llm.profile"
        )
    if re.search(_SYSTEM_REFUSED, text) or (
        re.search(r"role\W.{0,40}(?:one of|expected)", text) and "system" not in text
    ):
        return _no_system_role()
    if not re.search(
        r"\bsystem\b.{0,60}(?:message|role|prompt|begin|first|support)|role\W{1,3}system|system messages?",
        text,
    ):
        return None
    if not case.profile.one_system_message:
        update: dict[str, Any] = {"one_system_message": True}
        return Correction(update, "only one system message, at the beginning", "llm.profile: qwen-template")
    return _no_system_role()


def _no_system_role() -> Correction:
    update = {**_STRICT_ROLES, "system_role": "user"}
    return Correction(update, "the role system", "llm.profile: gemma-template")
