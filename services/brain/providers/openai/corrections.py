"""Corrects a profile by the server's refusal of a request. No I/O."""

from collections.abc import Callable

from parley.agent_config import LlmConfig
from services.brain.providers.openai import api_corrections, message_corrections, parameter_corrections
from services.brain.providers.openai.profiles import Profile
from services.brain.providers.openai.refused_request import Case, Correction
from services.brain.providers.openai.request import Request
from services.brain.providers.streams.refusal import Refusal

_STATUSES = frozenset({400, 404, 405, 422, 500, 501})
"""Some servers report a refused message order as an internal error."""


def _all_parameters(case: Case) -> Correction | None:
    """One correction for all parameters that the refusal names."""
    rules = (
        parameter_corrections.effort,
        parameter_corrections.temperature,
        parameter_corrections.token_limit,
        parameter_corrections.parameters,
    )
    corrections = [correction for rule in rules if (correction := rule(case))]
    if not corrections:
        return None
    update = {name: value for correction in corrections for name, value in correction.update.items()}
    refused = [correction.update["refused"] for correction in corrections if "refused" in correction.update]
    if refused:
        update["refused"] = frozenset[str]().union(*refused)
    remedies = "; ".join(correction.remedy for correction in corrections)
    return Correction(update, ", ".join(correction.refused for correction in corrections), remedies)


_RULES: tuple[Callable[[Case], Correction | None], ...] = (
    api_corrections.other_api,
    message_corrections.signatures,
    message_corrections.reasoning_items,
    message_corrections.reasoning_texts,
    api_corrections.schemas,
    message_corrections.tool_ids,
    message_corrections.message_fields,
    message_corrections.null_contents,
    api_corrections.tool_roles,
    message_corrections.roles,
    message_corrections.system,
    _all_parameters,
    api_corrections.tools,
)
"""From the most particular to the most general; the first that changes the profile is used."""


def find_correction(
    refusal: Refusal, request: Request, profile: Profile, config: LlmConfig
) -> Correction | None:
    """The correction that the refusal suggests; None if it names nothing that can be changed.

    The corrected profile always differs from the given one, so corrections come to an end.
    """
    if (
        refusal.status not in _STATUSES
        or "context length" in refusal.text
        or "context_length" in refusal.text
    ):
        return None
    case = Case(refusal, request, profile, config)
    for rule in _RULES:
        correction = rule(case)
        if correction is not None and profile.model_copy(update=correction.update) != profile:
            return correction
    return None
