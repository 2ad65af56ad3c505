"""Where one turn's milliseconds went, from the caller's last sound to the agent's first. No I/O, no clock."""

from dataclasses import dataclass
from itertools import accumulate, pairwise

PARTS = ("endpointing", "llm_ttft", "first_clause", "tts_ttfb", "playout")
"""A turn's parts in their order, each between two of these moments: the end of the voice, the turn's end, the
model's first token, the first clause, the first sound made, the first sound sent."""


@dataclass(frozen=True, slots=True)
class TurnLatency:
    """One turn of the caller and the answer to it; all times are call time, None for what did not happen.

    A reply that was begun on an eager end of turn may start before the turn ended.
    """

    turn: int
    caller_text: str = ""
    agent_text: str = ""
    """The reply's whole text, heard or not."""
    decided_by: str = ""
    """What ended the turn."""
    reply_id: str = ""
    """The reply whose times these are: the first that was heard, else the last that was not dropped."""
    speech_end_ms: int | None = None
    turn_ended_ms: int | None = None
    reply_started_ms: int | None = None
    llm_requested_ms: int | None = None
    """The model was asked; None where nothing was asked for it."""
    first_token_ms: int | None = None
    first_clause_ms: int | None = None
    tts_requested_ms: int | None = None
    """The voice was given the first clause."""
    synthesis_started_ms: int | None = None
    playback_started_ms: int | None = None
    """The first sound was sent."""
    first_played_ms: int | None = None
    """The first sound was heard: by the first mark that came back, so that the way of the mark counts too."""

    @property
    def latency_ms(self) -> int | None:
        """From the end of the caller's voice to the first sound of the answer, as sent."""
        return _between(self.speech_end_ms, self.playback_started_ms)

    @property
    def playout_delay_ms(self) -> int | None:
        """From the first sound sent to its being heard: the line there, and the mark's way back."""
        return _between(self.playback_started_ms, self.first_played_ms)

    @property
    def parts_ms(self) -> dict[str, int]:
        """How long each of `PARTS` held the turn up, as far as the turn has come; all together the latency.

        What was done before the turn was over, or while something else was waited for, held nothing up.
        """
        if self.speech_end_ms is None or self.turn_ended_ms is None:
            return {}
        clause_ms = self.first_clause_ms
        token_ms = self.first_token_ms
        if token_ms is None or (clause_ms is not None and token_ms > clause_ms):
            # A text that was known beforehand, or an opener: no token was waited for.
            token_ms = clause_ms
        moments = (
            self.turn_ended_ms,
            token_ms,
            clause_ms,
            self.synthesis_started_ms,
            self.playback_started_ms,
        )
        known = [moment for moment in moments if moment is not None]
        reached = [self.speech_end_ms, *accumulate(known, max)]
        took = (max(0, end - start) for start, end in pairwise(reached))
        return dict(zip(PARTS, took, strict=False))

    @property
    def overhead_ms(self) -> int | None:
        """What of it was Parley's: from one stage's word to the next one's request, and to the sending.

        None before the first sound, and where the model was not asked for it or was asked on a guess.
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
        thinking_ms = self.llm_requested_ms - self.turn_ended_ms
        speaking_ms = self.tts_requested_ms - self.first_clause_ms
        return (
            thinking_ms + max(0, speaking_ms) + max(0, self.playback_started_ms - self.synthesis_started_ms)
        )


def _between(start_ms: int | None, end_ms: int | None) -> int | None:
    return None if start_ms is None or end_ms is None else max(0, end_ms - start_ms)
