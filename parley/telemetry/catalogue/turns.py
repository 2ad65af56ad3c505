"""Metrics of turn latency, from the end of the caller's speech to the first audio of the reply."""

from parley.telemetry.catalogue.metric import PROVIDER_STAGES, histogram

_RECORDER = ("recorder",)
# Fine around the budget's totals, 0.4 and 0.9 s, which the alerts compare with.
TURN_BUCKETS_S = (0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 8.0)
PART_BUCKETS_S = (
    *(0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2),
    *(0.26, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.0, 4.0, 8.0),
)

TURN_LATENCY = histogram(
    "parley_turn_latency_seconds",
    "From the end of the caller's speech until the first audio of the reply was sent",
    _RECORDER,
    TURN_BUCKETS_S,
    "agent",
)
TURN_PART = histogram(
    "parley_turn_part_seconds",
    "A part of a turn's latency; the parts of a turn add up to it",
    _RECORDER,
    PART_BUCKETS_S,
    "agent",
    "part",
    "provider",
    "model",
    part="endpointing, llm_ttft, first_clause, tts_ttfb, playout",
    provider="the provider that the part waited for; empty for playout",
)
TURN_OVERHEAD = histogram(
    "parley_turn_overhead_seconds",
    "Parley's own share of a turn's latency, without the time spent waiting for providers",
    _RECORDER,
    PART_BUCKETS_S,
    "agent",
)
TURN_PLAYOUT_DELAY = histogram(
    "parley_turn_playout_delay_seconds",
    "From sending a reply's first audio until Twilio's mark for it returned",
    _RECORDER,
    PART_BUCKETS_S,
    "agent",
)
PROVIDER_FIRST_OUTPUT = histogram(
    "parley_provider_first_output_seconds",
    "From a request to the provider's first output",
    PROVIDER_STAGES,
    PART_BUCKETS_S,
    "agent",
    "provider",
    "model",
    "output",
    output="connected and first_response (stt; from the beginning of speech), first_token, first_audio",
)
