"""A turn as spans: the whole, and each stage's part of it. No I/O, no clock.

Made of the call's log, so that they are the same whichever process died in between.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from parley import telemetry_names as names
from parley.envelope import CallClock
from parley.turn_timing import TurnTiming


@dataclass(frozen=True, slots=True)
class StageSpan:
    """What one stage did for one turn; wall clock, microseconds."""

    stage: str
    name: str
    start_us: int
    end_us: int
    parent: str = names.TURN_SPAN
    """Name of the span that it is part of."""


def turn_spans(timing: TurnTiming, clock: CallClock) -> tuple[StageSpan, ...]:
    """The turn's spans, the whole first; none before its answer is heard.

    A stage that worked ahead, on a guess, begins before the one in front of it has ended.
    """
    if timing.speech_end_ms is None or timing.playback_started_ms is None:
        return ()
    return tuple(_spans(timing, clock))


def _spans(timing: TurnTiming, clock: CallClock) -> Iterator[StageSpan]:
    turn = names.TURN_SPAN
    # The model is asked before it is said that an answer begins.
    begun = [ms for ms in (timing.reply_started_ms, timing.asked_ms) if ms is not None]
    parts = (
        ("turn", turn, "", timing.speech_end_ms, timing.playback_started_ms),
        ("stt", names.STT_SPAN, turn, timing.speech_end_ms, timing.turn_ended_ms),
        ("brain", names.THINK_SPAN, turn, min(begun, default=None), timing.first_text_ms),
        ("brain", names.MODEL_SPAN, names.THINK_SPAN, timing.asked_ms, timing.first_token_ms),
        ("tts", names.TTS_SPAN, turn, timing.first_text_ms, timing.voice_started_ms),
        ("tts", names.VOICE_SPAN, names.TTS_SPAN, timing.voice_asked_ms, timing.voice_started_ms),
        ("edge", names.PLAY_SPAN, turn, timing.voice_started_ms, timing.playback_started_ms),
        ("edge", names.LINE_SPAN, turn, timing.playback_started_ms, timing.heard_ms),
    )
    for stage, name, parent, start_ms, end_ms in parts:
        if start_ms is not None and end_ms is not None:
            yield StageSpan(stage, name, clock.us_at(start_ms), clock.us_at(max(start_ms, end_ms)), parent)
