"""A turn as spans: the whole, and each stage's part of it. No I/O, no clock.

Made of the call's log, so that they are the same whichever process died in between.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from parley.clock import CallClock
from parley.latency.turn import TurnLatency
from parley.telemetry import names


@dataclass(frozen=True, slots=True)
class StageSpan:
    """What one stage did for one turn; wall clock, microseconds."""

    stage: str
    name: str
    start_us: int
    end_us: int
    parent: str = names.TURN_SPAN
    """Name of the span that it is part of."""


def turn_spans(timing: TurnLatency, clock: CallClock) -> tuple[StageSpan, ...]:
    """The turn's spans, the whole first; none before its answer is heard.

    A stage that worked ahead, on a guess, begins before the one in front of it has ended.
    """
    if timing.speech_end_ms is None or timing.playback_started_ms is None:
        return ()
    return tuple(_spans(timing, clock))


def _spans(timing: TurnLatency, clock: CallClock) -> Iterator[StageSpan]:
    turn = names.TURN_SPAN
    # The model is asked before it is said that an answer begins.
    begun = [ms for ms in (timing.reply_started_ms, timing.llm_requested_ms) if ms is not None]
    parts = (
        ("turn", turn, "", timing.speech_end_ms, timing.playback_started_ms),
        ("stt", names.ENDPOINTING_SPAN, turn, timing.speech_end_ms, timing.turn_ended_ms),
        ("brain", names.BRAIN_TURN_SPAN, turn, min(begun, default=None), timing.first_clause_ms),
        ("brain", names.LLM_SPAN, names.BRAIN_TURN_SPAN, timing.llm_requested_ms, timing.first_token_ms),
        ("tts", names.FIRST_CLAUSE_SPAN, turn, timing.first_clause_ms, timing.synthesis_started_ms),
        (
            "tts",
            names.TTS_PROVIDER_SPAN,
            names.FIRST_CLAUSE_SPAN,
            timing.tts_requested_ms,
            timing.synthesis_started_ms,
        ),
        ("edge", names.PLAYOUT_SPAN, turn, timing.synthesis_started_ms, timing.playback_started_ms),
        ("edge", names.NETWORK_SPAN, turn, timing.playback_started_ms, timing.first_played_ms),
    )
    for stage, name, parent, start_ms, end_ms in parts:
        if start_ms is not None and end_ms is not None:
            yield StageSpan(stage, name, clock.us_at(start_ms), clock.us_at(max(start_ms, end_ms)), parent)
