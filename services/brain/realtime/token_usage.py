"""Counts the tokens of a response of a speech-to-speech model, and its cost."""

from decimal import Decimal

from parley.agent_config import RealtimePrice
from parley.providers.fallback_chain import Attempt
from parley.providers.realtime import RealtimeUsage
from parley.token_totals import decimal_text
from parley.v1.reply_pb2 import TokensUsed

_PER_MILLION = Decimal(1_000_000)


def tokens_used(
    usage: RealtimeUsage, reply_id: str, attempt: Attempt, price: RealtimePrice | None
) -> TokensUsed:
    """Count the tokens of a response in the metrics; return the event for the log."""
    counts = {
        "input": usage.input,
        "input_audio": usage.input_audio,
        "cached_input": usage.cached_input,
        "cached_input_audio": usage.cached_input_audio,
        "output": usage.output,
        "output_audio": usage.output_audio,
    }
    for kind, count in counts.items():
        attempt.usage.llm_tokens.labels(**attempt.labels, kind=kind).inc(count)
    used = TokensUsed(
        reply_id=reply_id,
        provider=attempt.route.provider,
        model=attempt.route.model,
        input=usage.input,
        cached_input=usage.cached_input,
        output=usage.output,
    )
    if price is not None:
        cost = cost_of(usage, price)
        used.cost, used.currency = decimal_text(cost), price.currency
        attempt.usage.llm_cost.labels(**attempt.labels, currency=price.currency).inc(float(cost))
    return used


def cost_of(usage: RealtimeUsage, price: RealtimePrice) -> Decimal:
    """Return what a response costs, in the currency of the price."""
    cached_audio = usage.cached_input_audio
    cached_text = max(0, usage.cached_input - cached_audio)
    input_text = max(0, usage.input - usage.input_audio - cached_text)
    total = (
        input_text * price.input
        + cached_text * (price.input if price.cached_input is None else price.cached_input)
        + max(0, usage.input_audio - cached_audio) * price.audio_input
        + cached_audio * (price.audio_input if price.cached_audio_input is None else price.cached_audio_input)
        + (usage.output - usage.output_audio) * price.output
        + usage.output_audio * price.audio_output
    )
    return total / _PER_MILLION
