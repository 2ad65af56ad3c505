"""Metrics of what providers charge for."""

from parley.telemetry.catalogue.metric import counter

LLM_TOKENS = counter(
    "parley_llm_tokens_total",
    "Tokens of model requests, as reported by the provider; of stopped requests an estimate",
    ("brain",),
    "agent",
    "provider",
    "model",
    "kind",
    kind="input, cached_input (part of input), output, reasoning (part of output); in mode `realtime` also"
    " input_audio, cached_input_audio and output_audio, each part of the kind without `_audio`",
)
LLM_COST = counter(
    "parley_llm_cost_total",
    "Cost of the tokens of models that have a price in the agent file",
    ("brain",),
    "agent",
    "provider",
    "model",
    "currency",
    currency="ISO 4217 code",
)
TTS_CHARACTERS = counter(
    "parley_tts_characters_total",
    "Characters sent to a provider for synthesis",
    ("tts",),
    "agent",
    "provider",
    "model",
)
TTS_CACHED_CHARACTERS = counter(
    "parley_tts_cached_characters_total",
    "Characters whose audio came from the phrase cache",
    ("tts",),
    "agent",
)
STT_AUDIO = counter(
    "parley_stt_audio_seconds_total",
    "Audio sent to a provider for recognition",
    ("stt",),
    "agent",
    "provider",
    "model",
)
SPECULATION_DISCARDED_CHARACTERS = counter(
    "parley_speculation_discarded_characters_total",
    "Characters of speculative replies that were discarded",
    ("recorder",),
    "agent",
)
