"""The state from which a call's next recorder continues, folded from the log. No I/O, no clock."""

from dataclasses import dataclass, field

from parley.audio.g711 import BYTES_PER_MS
from parley.events.envelope import event_body
from parley.events.fold import Fold
from parley.events.state_codec import dataclass_codec
from parley.v1.event_pb2 import Event
from services.recorder.metrics.call_observer import CallMeasurements
from services.recorder.recent_replies import AUDIO_RETENTION_MS, RecentReplies

_DISCARD_INTERVAL_MS = 60_000
"""Each time, all replies of the last 15 minutes or more are looked at."""


@dataclass(slots=True)
class RecorderState:
    """The state of one recorder of a call; does not grow with the call."""

    replies: RecentReplies = field(default_factory=RecentReplies)
    measurements: CallMeasurements = field(default_factory=CallMeasurements)


def _evolve(state: RecorderState, event: Event, at_ms: int) -> RecorderState:
    """Apply an event that was sent at a call time (ms); returns the same state."""
    state.measurements.apply(event, at_ms)
    body = event_body(event)
    if body is not None:
        last_ms = state.replies.last_event_ms
        state.replies.apply(body, at_ms)
        if last_ms // _DISCARD_INTERVAL_MS < at_ms // _DISCARD_INTERVAL_MS:
            # How much is stored, the log does not show; older audio has expired in any case.
            state.replies.discard_before((at_ms - AUDIO_RETENTION_MS) * BYTES_PER_MS)
    return state


RECORDER = Fold("recorder", RecorderState, _evolve, dataclass_codec(RecorderState, fold_number=2))
