"""The latency of one turn, from the end of the caller's speech to the reply's first audio. No I/O."""

from dataclasses import dataclass
from itertools import accumulate, pairwise

PARTS = ("endpointing", "llm_ttft", "first_clause", "tts_ttfb", "playout")
"""The parts of a turn's latency in order, each between two of these moments: end of speech, end of turn, the
model's first token, the first clause, the first audio synthesized, the first audio sent."""


@dataclass(frozen=True, slots=True)
class ProviderModel:
    """A provider and its model; empty where none was waited for."""

    provider: str = ""
    model: str = ""


NO_PROVIDER = ProviderModel()


@dataclass(frozen=True, slots=True)
class TurnLatency:
    """One turn of the caller and the reply to it; times are call time, None if the moment did not occur.

    A reply that was started on an eager end of turn may start before the turn ended.
    """

    turn: int
    caller_text: str = ""
    agent_text: str = ""
    """The whole text of the replies that were played, in that order; without any, of the reply below."""
    decided_by: str = ""
    """Rule that ended the turn."""
    reply_id: str = ""
    """The reply whose times these are: the first one played, otherwise the last one not cancelled."""
    speech_end_ms: int | None = None
    turn_ended_ms: int | None = None
    reply_started_ms: int | None = None
    llm_requested_ms: int | None = None
    """When the model was requested; None for a reply without a request, for example an opener."""
    first_token_ms: int | None = None
    first_clause_ms: int | None = None
    tts_requested_ms: int | None = None
    """When the TTS provider was sent the first clause."""
    synthesis_started_ms: int | None = None
    playback_started_ms: int | None = None
    """When the first audio was sent."""
    first_played_ms: int | None = None
    """When the first audio was played, according to the first mark that returned; includes the time for the
    mark to return."""
    stt: ProviderModel = NO_PROVIDER
    llm: ProviderModel = NO_PROVIDER
    """Empty for a fixed text."""
    tts: ProviderModel = NO_PROVIDER
    """Empty for cached audio."""

    @property
    def latency_ms(self) -> int | None:
        """From the end of the caller's speech until the first audio of the reply was sent."""
        return _between(self.speech_end_ms, self.playback_started_ms)

    @property
    def playout_delay_ms(self) -> int | None:
        """From the first audio sent until its mark returned: network delay in both directions."""
        return _between(self.playback_started_ms, self.first_played_ms)

    @property
    def parts_ms(self) -> dict[str, int]:
        """How much each of `PARTS` contributed, up to the last moment reached; their sum is the latency.

        Work done before the end of the turn, or while another part was waited for, adds nothing.
        """
        if self.speech_end_ms is None or self.turn_ended_ms is None:
            return {}
        clause_ms = self.first_clause_ms
        token_ms = self.first_token_ms
        if token_ms is None or (clause_ms is not None and token_ms > clause_ms):
            # A fixed text or an opener: no token was waited for.
            token_ms = clause_ms
        moments = (
            self.turn_ended_ms,
            token_ms,
            clause_ms,
            self.synthesis_started_ms,
            self.playback_started_ms,
        )
        occurred = [moment for moment in moments if moment is not None]
        reached = [self.speech_end_ms, *accumulate(occurred, max)]
        took = (max(0, end - start) for start, end in pairwise(reached))
        return dict(zip(PARTS, took, strict=False))

    @property
    def waited_for(self) -> dict[str, ProviderModel]:
        """The provider that each of `PARTS` waited for; none where the first clause was a fixed text."""
        llm = self.llm
        if self.first_token_ms is None or self.first_token_ms > (self.first_clause_ms or 0):
            llm = NO_PROVIDER
        return dict(zip(PARTS, (self.stt, llm, llm, self.tts, NO_PROVIDER), strict=True))

    @property
    def overhead_ms(self) -> int | None:
        """Time spent in Parley: from a stage's event to the next provider request, and to sending the audio.

        None before the first audio, without a model request, or if the request was made before the end of the
        turn.
        """
        if (
            self.turn_ended_ms is None
            or self.first_clause_ms is None
            or self.synthesis_started_ms is None
            or self.playback_started_ms is None
            or self.llm_requested_ms is None
            or self.tts_requested_ms is None
            or self.llm_requested_ms < self.turn_ended_ms
        ):
            return None
        brain_ms = self.llm_requested_ms - self.turn_ended_ms
        tts_ms = self.tts_requested_ms - self.first_clause_ms
        return brain_ms + max(0, tts_ms) + max(0, self.playback_started_ms - self.synthesis_started_ms)


def _between(start_ms: int | None, end_ms: int | None) -> int | None:
    return None if start_ms is None or end_ms is None else max(0, end_ms - start_ms)
