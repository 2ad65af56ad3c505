"""Counts the tokens of model requests."""

from parley.providers.fallback_chain import Attempt
from parley.providers.llm import TokenUsage


def count_tokens(usage: TokenUsage, attempt: Attempt) -> None:
    """Count the tokens that a provider reports for a request."""
    counts = {
        "input": usage.input,
        "cached_input": usage.cached_input,
        "output": usage.output,
        "reasoning": usage.reasoning,
    }
    for kind, count in counts.items():
        attempt.usage.llm_tokens.labels(**attempt.labels, kind=kind).inc(count)
