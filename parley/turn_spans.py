"""A turn as spans: the whole, and each stage's part of it. No I/O, no clock.

Made of the call's log, so that they are the same whichever process died in between.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from parley import telemetry_names as names
from parley.envelope import CallClock
from parley.turn_timings import TurnTiming


@dataclass(frozen=True, slots=True)
class StageSpan:
    """What one stage did for one turn; wall clock, microseconds."""

    stage: str
    name: str
    start_us: int
    end_us: int


def turn_spans(timing: TurnTiming, clock: CallClock) -> tuple[StageSpan, ...]:
    """The turn's spans, the whole first; none before its answer is heard.

    A stage that worked ahead, on a guess, begins before the one in front of it has ended.
    """
    if timing.speech_end_ms is None or timing.playback_started_ms is None:
        return ()
    return tuple(_spans(timing, clock))


def _spans(timing: TurnTiming, clock: CallClock) -> Iterator[StageSpan]:
    parts = (
        ("turn", names.TURN_SPAN, timing.speech_end_ms, timing.playback_started_ms),
        ("stt", names.STT_SPAN, timing.speech_end_ms, timing.turn_ended_ms),
        ("brain", names.THINK_SPAN, timing.reply_started_ms, timing.first_text_ms),
        ("tts", names.TTS_SPAN, timing.first_text_ms, timing.voice_started_ms),
        ("edge", names.PLAY_SPAN, timing.voice_started_ms, timing.playback_started_ms),
    )
    for stage, name, start_ms, end_ms in parts:
        if start_ms is not None and end_ms is not None:
            yield StageSpan(stage, name, clock.us_at(start_ms), clock.us_at(max(start_ms, end_ms)))
