"""The state that the next stream of a call continues from."""

import pytest

from bench.growth.synthetic_call import SyntheticCall
from parley.clock import CallClock
from parley.v1.call_pb2 import StreamResuming, StreamStarted
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import FallbackRequested, HangUpRequested
from services.edge.outbound.player_state import PLAYER, PlayerState

CALL = SyntheticCall(seed=5)
CLOCK = CallClock(CALL.started_at_us)


def _long_call() -> list[Event]:
    """Half an hour of a call that loses its stream in the middle of a reply, and ends with a hang-up."""
    events = list(CALL.events(30))
    playing = max(n for n, one in enumerate(events) if one.HasField("playback_started"))
    reply_id = events[playing].playback_started.reply_id
    now_ms = CALL.now_ms
    lost = StreamResuming(epoch=1, method="rest", last_audio_ms=now_ms, last_reply_id=reply_id)
    started = StreamStarted(stream_sid="MZ2", at_ms=now_ms + 900)
    end = (HangUpRequested(after_reply_id=reply_id), FallbackRequested(reason="llm_unavailable"))
    return [*events[: playing + 1], *(CALL.own_event(body) for body in (lost, started, *end))]


EVENTS = _long_call()


def folded(events: list[Event], state: PlayerState | None = None) -> PlayerState:
    """Fold events into a state."""
    state = state or PlayerState()
    for event in events:
        state = PLAYER.evolve(state, event, CLOCK.ms_at(event.sent_at_us))
    return state


@pytest.mark.parametrize("before_end", [0, 1, 2, 3, 4, 5, 12, 60, 1500])
def test_a_state_that_was_stored_continues_as_the_one_that_was_not(before_end: int) -> None:
    """Wherever the snapshot was taken: in a reply, at the loss of the stream, before the hang-up."""
    assert PLAYER.codec is not None
    cut = len(EVENTS) - before_end
    stored = PLAYER.codec.encode(folded(EVENTS[:cut]))

    continued, expected = folded(EVENTS[cut:], PLAYER.codec.decode(stored)), folded(EVENTS)
    assert continued == expected

    for state in (continued, expected):
        state.playback.complete()
    assert continued == expected
    assert continued.pending_hang_up.after_reply_id
    assert continued.fallback_requested


def test_the_state_does_not_grow_with_the_call() -> None:
    """It contains the replies that may still be played, and the ids of the last ones that were."""
    assert PLAYER.codec is not None
    call = SyntheticCall(seed=6)
    sizes = []
    state = PlayerState()
    for minutes in (60, 120, 180):
        events = list(call.exchanges(minutes * 60_000))
        state = folded(events, state)
        sizes.append(len(PLAYER.codec.encode(state)))

    assert sizes[2] < sizes[0] * 1.2 < 20_000
