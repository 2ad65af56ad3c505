"""Events of a stale owner and duplicate events are discarded, in bounded memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.events import fencing
from parley.events.fencing import EventFence, SequenceSet
from parley.v1.event_pb2 import Event
from parley.v1.speech_pb2 import SpeechStarted
from tests.event_factories import event


def speech(stage: str, epoch: int, sequence: int) -> Event:
    return event(SpeechStarted(), stage=stage, epoch=epoch, sequence=sequence)


def test_an_event_is_admitted_once() -> None:
    """The live copy and the stored copy of an event count as one."""
    fence = EventFence()

    assert fence.would_admit(speech("stt", 1, 1))
    assert fence.admit(speech("stt", 1, 1))
    assert not fence.would_admit(speech("stt", 1, 1))
    assert not fence.admit(speech("stt", 1, 1))


def test_events_of_a_stale_owner_are_discarded() -> None:
    """A frozen owner that resumes cannot interfere with the next owner."""
    fence = EventFence()
    fence.admit(speech("stt", 2, 1))

    assert not fence.would_admit(speech("stt", 1, 7))
    assert not fence.admit(speech("stt", 1, 7))
    assert fence.admit(speech("brain", 1, 1)), "each stage has its own epochs"
    assert (fence.epoch_of("stt"), fence.epoch_of("brain"), fence.epoch_of("tts")) == (2, 1, 0)


def test_stale_events_are_counted_once() -> None:
    """An event that is read live and again from the stream counts once; a repetition is not stale."""
    fence = EventFence()
    first = speech("stt", 1, 1)
    fence.admit(first)
    fence.admit(speech("stt", 2, 1))
    for _ in range(2):
        fence.admit(first)
        fence.admit(speech("stt", 1, 2))

    assert fence.counts.stale_events == 1


class UnboundedFence:
    """The same decisions, with the ids of all events in memory."""

    def __init__(self) -> None:
        self._epochs: dict[str, int] = {}
        self._seen: set[str] = set()

    def admit(self, one: Event) -> bool:
        """Decide about an event."""
        if one.id in self._seen:
            return False
        self._seen.add(one.id)
        if one.epoch < self._epochs.get(one.stage, 0):
            return False
        self._epochs[one.stage] = one.epoch
        return True


ANY_EVENT = st.builds(
    speech,
    st.sampled_from(("webhook", "stt", "edge")),
    st.integers(0, 3),
    # The stage `webhook` counts from 1, 10 and 2 ** 40, with large gaps.
    st.one_of(st.integers(0, 40), st.integers(1 << 40, (1 << 40) + 3), st.integers(0, 1 << 50)),
)


@given(events=st.lists(ANY_EVENT, max_size=200))
def test_the_decisions_are_those_of_an_unbounded_memory(events: list[Event]) -> None:
    """In any order, with any gaps, for a fence, its copy, and a fence stored and loaded at any time."""
    fence, unbounded = EventFence(), UnboundedFence()
    for one in events:
        expected = unbounded.admit(one)
        loaded = EventFence.load(fence.dump())
        assert fence.would_admit(one) == expected
        assert [each.admit(one) for each in (fence.copy(), loaded, fence)] == [expected] * 3


@given(sequences=st.lists(st.integers(0, 60)))
def test_a_set_of_sequences_contains_what_was_added(sequences: list[int]) -> None:
    """Its ranges are ascending, separate and as few as possible."""
    found = SequenceSet()
    added: set[int] = set()
    for sequence in sequences:
        assert found.add(sequence) == (sequence not in added)
        added.add(sequence)
        starts, ends = found.ranges
        assert {n for start, end in zip(starts, ends, strict=True) for n in range(start, end + 1)} == added
        assert all(end + 1 < start for end, start in zip(ends, starts[1:], strict=False))
        assert [n in found for n in range(61)] == [n in added for n in range(61)]


def test_the_memory_of_a_long_call_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Contiguous events take one range; of gaps, the newest are kept."""
    monkeypatch.setattr(fencing, "_MAX_RANGES", 10)
    fence = EventFence()
    for sequence in range(1, 5001):
        assert fence.admit(speech("edge", 1, sequence))
    for sequence in range(1, 5001, 2):
        assert fence.admit(speech("stt", 1, sequence))
    edge, stt = fence.dump()

    assert (list(edge.starts), list(edge.ends)) == ([1], [5000])
    assert len(stt.starts) == 10
    assert fence.admit(speech("stt", 1, 4998)), "it was sent a moment ago"
    assert not fence.admit(speech("stt", 1, 4)), "so old a gap counts as seen"


def test_a_fence_may_have_admitted_less_than_another() -> None:
    """Stale events need not be admitted, and a stage may be left out."""
    stored, received = EventFence(), EventFence()
    for sequence in (1, 2, 4):
        received.admit(speech("stt", 1, sequence))
    for sequence in (1, 2):
        stored.admit(speech("stt", 1, sequence))
    assert not stored.has_admitted_all_of(received)
    assert stored.has_admitted_all_of(received, except_stage="stt")

    stored.admit(speech("stt", 1, 4))
    assert stored.has_admitted_all_of(received)

    received.admit(speech("stt", 2, 1))
    assert not stored.has_admitted_all_of(received)
    stored.admit(speech("stt", 3, 1))
    assert stored.has_admitted_all_of(received)
