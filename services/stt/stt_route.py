"""A route of a chain that transcribes, and the learned time limits on its answers."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from parley.agent_config import SttConfig
from parley.audio.formats import MULAW_8K, AudioFormat
from parley.providers.latency_limits import LatencyKey, LatencyLimit, LatencyLimits, LimitRange
from parley.providers.stt import FinalizesOnRequest, ReportsSilence, SttConnection, SttProvider
from services.stt.guarded_connection import guarded_connection

FIRST_RESPONSE = LimitRange(floor_s=2.5, initial_s=3.0, ceiling_s=8.0)
"""From speech, or the last event in it, to an event of any kind, while the caller speaks.
Deepgram's nova responds once a second, and a healthy connection may need 2 s."""
FINAL_TRANSCRIPT = LimitRange(floor_s=0.5, initial_s=0.6, ceiling_s=4.0, factor=1.5)
"""From the end of speech to the next event, while words have no final transcript. Short, because a provider
that is only slow loses nothing: another one is tried beside it, and the first that answers is used."""
FINALIZE = LimitRange(floor_s=0.5, initial_s=0.8, ceiling_s=4.0, factor=1.5)
"""From a request for a final transcript to the transcript."""


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """The time limits on one model's answers."""

    response: LatencyLimit = field(default_factory=lambda: LatencyLimit(FIRST_RESPONSE))
    final: LatencyLimit = field(default_factory=lambda: LatencyLimit(FINAL_TRANSCRIPT))
    finalize: LatencyLimit = field(default_factory=lambda: LatencyLimit(FINALIZE))


def answer_limits(limits: LatencyLimits, config: SttConfig) -> AnswerLimits:
    """The limits on a model's answers that all calls of the process share."""

    def limit(output: str, bounds: LimitRange) -> LatencyLimit:
        # A process has one address per provider, so the region is the same for all its calls.
        return limits.get(LatencyKey(config.provider, config.model, "", output), bounds)

    return AnswerLimits(
        limit("first_response", FIRST_RESPONSE),
        limit("final_transcript", FINAL_TRANSCRIPT),
        limit("finalize", FINALIZE),
    )


@dataclass(frozen=True, slots=True)
class SttRoute:
    """A provider and the section of the agent file that configures it."""

    provider: SttProvider
    config: SttConfig
    limits: AnswerLimits = field(default_factory=AnswerLimits)
    audio_format: AudioFormat = MULAW_8K
    """The format of audio that the provider takes."""

    @property
    def finalize_after_ms(self) -> int | None:
        """Silence after which final transcripts must be requested; None if the provider sends them itself."""
        provider = self.provider
        return provider.finalize_after_ms(self.config) if isinstance(provider, FinalizesOnRequest) else None

    @property
    def detects_turns(self) -> bool:
        """Whether the provider decides when a turn ends."""
        return self.provider.detects_turns(self.config)

    @property
    def reports_silence(self) -> bool:
        """Whether the provider sends events for audio without words too."""
        provider = self.provider
        return isinstance(provider, ReportsSilence) and provider.reports_silence(self.config)

    def connect(self, call_sid: str) -> AbstractAsyncContextManager[SttConnection]:
        """Open a connection for one call; entering raises ProviderError."""
        return guarded_connection(self.provider, self.config, call_sid, self.audio_format)
