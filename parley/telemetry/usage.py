"""The metrics of what calls use of their providers: tokens, characters, seconds of audio."""

from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter

from parley.telemetry.catalogue import cost, quality
from parley.telemetry.catalogue.metric import Metric


@dataclass(frozen=True, slots=True)
class UsageMetrics:
    """Counters of what providers charge for."""

    llm_tokens: Counter
    llm_cost: Counter
    empty_answers: Counter
    tts_characters: Counter
    tts_cached_characters: Counter
    stt_audio: Counter

    @classmethod
    def create(cls, exporting: Callable[[Metric], CollectorRegistry | None]) -> "UsageMetrics":
        """Create the counters, each in the registry that `exporting` returns for it."""
        return cls(
            llm_tokens=cost.LLM_TOKENS.counter(exporting(cost.LLM_TOKENS)),
            llm_cost=cost.LLM_COST.counter(exporting(cost.LLM_COST)),
            empty_answers=quality.EMPTY_ANSWERS.counter(exporting(quality.EMPTY_ANSWERS)),
            tts_characters=cost.TTS_CHARACTERS.counter(exporting(cost.TTS_CHARACTERS)),
            tts_cached_characters=cost.TTS_CACHED_CHARACTERS.counter(exporting(cost.TTS_CACHED_CHARACTERS)),
            stt_audio=cost.STT_AUDIO.counter(exporting(cost.STT_AUDIO)),
        )
