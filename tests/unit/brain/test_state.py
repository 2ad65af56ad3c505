"""Tests that a brain's state is the same from a snapshot and the rest of the log as from the whole log."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.growth.synthetic_call import SyntheticCall
from parley.clock import CallClock
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import ConversationSummarized
from services.brain.session_log import BRAIN
from services.brain.state import BrainState


def stored(state: BrainState) -> BrainState:
    """The state as the next owner reads it from a snapshot."""
    assert BRAIN.codec is not None
    return BRAIN.codec.decode(BRAIN.codec.encode(state))


def log_of(seed: int, minutes: float, summary_after: int) -> list[Event]:
    """A call whose turns up to a reply are summarized."""
    call = SyntheticCall(seed)
    events = list(call.events(minutes))
    notes = ConversationSummarized(
        through_reply_id=f"r{summary_after}", text="Ann.", incomplete=seed % 2 == 0
    )
    return [*events, call.own_event(notes), *call.next_minute()]


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12))
def test_a_snapshot_at_any_event_leads_to_the_same_state(seed: int, summary_after: int) -> None:
    """Every cut: the state is equal after it is stored, and so are all later states."""
    events = log_of(seed, 2, summary_after)
    clock = CallClock(events[0].sent_at_us)
    whole, restored = BrainState(), BrainState()
    for event in events:
        at_ms = clock.ms_at(event.sent_at_us)
        whole = whole.evolve(event, at_ms)
        # Each state is read from a snapshot of the state before: one that differed would stay different.
        restored = stored(restored.evolve(event, at_ms))
        assert restored == whole
    assert len(whole.conversation.items) > 2
