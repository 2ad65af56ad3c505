"""Reads the tokens that an answer used, from whatever a server sends as its usage. No I/O."""

from typing import Any

from parley.providers.llm import TokenUsage
from services.brain.providers.streams.json_values import as_index, as_object


def read_usage(value: object) -> TokenUsage | None:
    """Return the usage of either API, with plausible counts; None without any."""
    usage = as_object(value)
    read = TokenUsage(
        input=_count(usage, "prompt_tokens", "input_tokens"),
        cached_input=_count(_details(usage, "prompt", "input"), "cached_tokens")
        or _count(usage, "prompt_cache_hit_tokens"),
        output=_count(usage, "completion_tokens", "output_tokens"),
        reasoning=_count(_details(usage, "completion", "output"), "reasoning_tokens"),
    )
    return read.plausible() if read.input or read.output else None


def _details(usage: dict[str, Any], *kinds: str) -> dict[str, Any]:
    found = (as_object(usage.get(f"{kind}_tokens_details")) for kind in kinds)
    return next((details for details in found if details), {})


def _count(usage: dict[str, Any], *names: str) -> int:
    return next((count for name in names if (count := as_index(usage.get(name)))), 0)
