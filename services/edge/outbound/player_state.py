"""The state from which a media stream's player continues, folded from the call's log. No I/O, no clock."""

from dataclasses import dataclass, field

from parley.events.envelope import event_body
from parley.events.fold import Fold
from parley.events.state_codec import dataclass_codec
from parley.v1 import reply_pb2
from parley.v1.event_pb2 import Event
from services.edge.outbound.hang_up import PendingHangUp
from services.edge.outbound.restore import PlaybackState


@dataclass(slots=True)
class PlayerState:
    """The state of a media stream's player; does not grow with the call."""

    playback: PlaybackState = field(default_factory=PlaybackState)
    pending_hang_up: PendingHangUp = field(default_factory=PendingHangUp)
    fallback_requested: bool = False


def _evolve(state: PlayerState, event: Event, at_ms: int) -> PlayerState:
    """Apply an event that was sent at a call time (ms); returns the same state."""
    body = event_body(event)
    if body is not None:
        state.playback.apply(body, at_ms)
        state.pending_hang_up.apply(body, at_ms)
        state.fallback_requested |= isinstance(body, reply_pb2.FallbackRequested)
    return state


PLAYER = Fold("player", PlayerState, _evolve, dataclass_codec(PlayerState))
