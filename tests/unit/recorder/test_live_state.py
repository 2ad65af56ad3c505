"""The state that a recorder's next owner continues from."""

import pytest
from prometheus_client import CollectorRegistry

from bench.growth.synthetic_call import SyntheticCall
from parley.clock import CallClock
from parley.v1.event_pb2 import Event
from services.recorder.live_state import RECORDER, RecorderState
from services.recorder.metrics.call_observer import CallObserver
from services.recorder.metrics.observation import RecorderMetrics
from services.recorder.recent_replies import RecentReplies

CALL = SyntheticCall(seed=3)
EVENTS = list(CALL.events(60))
CLOCK = CallClock(CALL.started_at_us)


def folded(events: list[Event], state: RecorderState | None = None) -> RecorderState:
    """Fold events into a state."""
    state = state or RecorderState()
    for event in events:
        state = RECORDER.evolve(state, event, CLOCK.ms_at(event.sent_at_us))
    return state


@pytest.mark.parametrize("taken_over", [1, 250, 2000, 7000])
def test_a_state_that_was_stored_continues_as_the_one_that_was_not(taken_over: int) -> None:
    """Wherever the snapshot was taken."""
    assert RECORDER.codec is not None
    stored = RECORDER.codec.encode(folded(EVENTS[:taken_over]))

    continued = folded(EVENTS[taken_over:], RECORDER.codec.decode(stored))

    assert continued == folded(EVENTS)


def test_the_state_does_not_grow_with_the_call() -> None:
    """It contains the replies whose audio the bus still has."""
    assert RECORDER.codec is not None
    half = folded(EVENTS[: len(EVENTS) // 2])
    sizes = [len(RECORDER.codec.encode(state)) for state in (half, folded(EVENTS[len(EVENTS) // 2 :], half))]

    assert sizes[1] < sizes[0] * 1.2 < 40_000


def test_the_owners_of_a_long_call_observe_what_one_owner_would() -> None:
    """The metrics of a call do not depend on its takeovers."""
    registries = [CollectorRegistry(), CollectorRegistry()]
    for registry, taken_over in zip(registries, (len(EVENTS), 3000), strict=True):
        metrics = RecorderMetrics(registry)
        for part, before in ((EVENTS[:taken_over], []), (EVENTS[taken_over:], EVENTS[:taken_over])):
            observer = CallObserver(metrics, "CA1", "clinic", folded(before).measurements)
            for event in part:
                observer.apply(event, CLOCK.ms_at(event.sent_at_us))

    whole, divided = (
        {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in registry.collect()
            for sample in family.samples
            if not sample.name.endswith("_created")
        }
        for registry in registries
    )
    assert whole == divided
    assert whole


def test_all_replies_are_looked_at_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event costs the same in a call of an hour as in a call of a minute."""
    positions: list[int] = []
    monkeypatch.setattr(RecentReplies, "discard_before", lambda _self, position: positions.append(position))
    folded(EVENTS)

    assert 50 <= len(positions) <= 61
