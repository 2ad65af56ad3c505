"""Corrections for refused parameters: effort, temperature, token limit and all others. No I/O."""

import re
from typing import Any

from services.brain.providers.openai.api_corrections import effort_none
from services.brain.providers.openai.refused_request import Case, Correction
from services.brain.providers.openai.request import PROTECTED

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""Reasoning efforts, from the fastest to the slowest."""
_LIST_BEGINS = re.compile(r"supported values|should be|must be|one of|expected|(?:allowed|valid) values")
_PARAMETER_STATUSES = frozenset({400, 422})
_OTHER_RULES = frozenset(
    {"tools", "temperature", "reasoning_effort", "reasoning", "max_tokens", "max_completion_tokens"}
)
"""Fields with a rule of their own."""
_LIMITS = ("max_completion_tokens", "max_tokens")


def effort(case: Case) -> Correction | None:
    """An effort that the refusal offers, or none at all."""
    names = {"reasoning_effort", "reasoning.effort", "reasoning", "effort"}
    if case.effort is None:
        return _missing_effort(case)
    if not (
        case.refusal.param in names
        or re.search(r"reasoning[_. ]?effort|\breasoning\b|\bthinking\b", case.text)
    ):
        return None
    if correction := effort_none(case):
        return correction
    accepted = _accepted_efforts(case)
    if accepted:
        update: dict[str, Any] = {
            "efforts": accepted,
            "effort": accepted[0],
            "effort_with_tools": accepted[0],
        }
        return Correction(
            update, f"efforts other than {', '.join(accepted)}", f"llm.reasoning_effort: {accepted[0]}"
        )
    # A server without efforts is not OpenAI, whatever its model is called.
    update = {"efforts": (), "effort": None, "effort_with_tools": None, "tools_in_chat": "always"}
    update["refused"] = case.profile.refused | {"reasoning_effort", "reasoning"}
    return Correction(update, "a reasoning effort", "llm.extra: {reasoning_effort: null}")


def _missing_effort(case: Case) -> Correction | None:
    """The server needs an effort that was not sent."""
    if "reasoning_effort" not in case.text and "reasoning.effort" not in case.text:
        return None
    return effort_none(case)


def _accepted_efforts(case: Case) -> tuple[str, ...]:
    """The efforts that the refusal lists, the fastest first; guessed where it only demands to reason."""
    listed = _LIST_BEGINS.split(case.text, maxsplit=1)[1:]
    words = set(re.findall(r"[a-z]+", listed[0])) if listed else set()
    accepted = tuple(effort for effort in EFFORTS if effort in words and effort != case.effort)
    if not accepted and re.search(r"mandatory|(?:cannot|can't) be disabled|is required", case.text):
        return tuple(effort for effort in EFFORTS if effort not in ("none", "minimal", case.effort))
    return accepted


def temperature(case: Case) -> Correction | None:
    """A lower temperature, or none at all."""
    sent = case.request.body.get("temperature")
    if sent is None or not case.mentions("temperature"):
        return None
    limits = [float(number) for number in re.findall(r"(?<![\w.])\d(?:\.\d+)?(?![\w.])", case.text)]
    upper = [limit for limit in limits if 0 < limit < float(sent)]
    if upper and re.search(r"less than|at most|between|range|maximum|<=|\[0", case.text):
        update: dict[str, Any] = {"max_temperature": max(upper)}
        return Correction(update, f"a temperature above {max(upper):g}", f"llm.temperature: {max(upper):g}")
    return Correction({"temperature": "never"}, "a temperature", "llm.temperature: null")


def token_limit(case: Case) -> Correction | None:
    """The other name of the token limit, or no limit."""
    sent = [name for name in _LIMITS if name in case.request.body]
    if not sent or not any(case.mentions(name) for name in sent):
        return None
    refused = case.profile.refused | {sent[0]}
    other = next(name for name in _LIMITS if name != sent[0])
    limit = other if other not in refused else "none"
    return Correction(
        {"refused": refused, "limit_field": limit},
        sent[0],
        f"llm.extra: {{{sent[0]}: null, {other}: {case.config.max_tokens}}}",
    )


def parameters(case: Case) -> Correction | None:
    """A request without the fields that the refusal names."""
    if case.refusal.status not in _PARAMETER_STATUSES:
        return None
    own = _OTHER_RULES - case.config.extra.keys()
    names = {name for name in case.request.body.keys() - PROTECTED - own if case.mentions(name)}
    if not names:
        return None
    nulls = ", ".join(f"{name}: null" for name in sorted(names))
    update: dict[str, Any] = {"refused": case.profile.refused | names}
    if "extra_forbidden" in case.text:
        # A validator that refuses unknown fields refuses them in messages too.
        update |= {"tool_call_fields": False, "placeholder_fields": {}}
    return Correction(update, ", ".join(sorted(names)), f"llm.extra: {{{nulls}}}")
