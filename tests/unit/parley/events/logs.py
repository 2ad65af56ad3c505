"""Generated logs of a call: what several stages appended, as a stream may have stored it."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from parley.bus import Message
from parley.events.fold import Fold
from parley.events.state_codec import dataclass_codec
from parley.v1.event_pb2 import Event
from parley.v1.speech_pb2 import TurnEnded
from tests.event_factories import event

STAGES = ("stt", "brain", "edge")


@dataclass(frozen=True, slots=True)
class Ids:
    """A state that shows exactly which events were folded, and in which order."""

    ids: tuple[str, ...] = ()
    last_ms: int = 0


def evolve(state: Ids, one: Event, at_ms: int) -> Ids:
    """The state after an event."""
    return Ids((*state.ids, one.id), at_ms)


IDS = Fold("ids", Ids, evolve, dataclass_codec(Ids))


def messages_of(events: Sequence[Event], *, first: int = 1) -> list[Message]:
    """The events as a stream stores them; with gaps for those of other calls."""
    return [Message("call.CA1.x", one.SerializeToString(), first + 3 * n) for n, one in enumerate(events)]


@st.composite
def stored_logs(draw: st.DrawFn, max_events: int = 60) -> list[Event]:
    """The events of several stages in the order in which they are stored.

    An owner's events are delayed by up to a second, repeated, or sent by an owner that was replaced.
    """
    epochs = dict.fromkeys(STAGES, 1)
    sequences: dict[tuple[str, int], int] = {}
    timed: list[tuple[int, int, Event]] = []
    sent_ms = 0
    steps = draw(
        st.lists(
            st.tuples(
                st.sampled_from(STAGES),
                st.sampled_from(("next", "next", "next", "next", "takeover", "stale", "repeat")),
                st.integers(0, 4000),
                st.sampled_from((0, 0, 0, 300, 900)),
            ),
            max_size=max_events,
        )
    )
    for stage, step, wait_ms, delay_ms in steps:
        sent_ms += wait_ms
        if step == "takeover":
            epochs[stage] += 1
        epoch = max(1, epochs[stage] - (step == "stale"))
        if step == "repeat" and timed:
            timed.append((sent_ms + delay_ms, len(timed), timed[-1][2]))
            continue
        sequence = sequences[stage, epoch] = sequences.get((stage, epoch), 0) + 1
        sent = event(TurnEnded(turn=sequence), at_ms=sent_ms, stage=stage, epoch=epoch, sequence=sequence)
        timed.append((sent_ms + delay_ms, len(timed), sent))
    return [sent for _stored_ms, _number, sent in sorted(timed, key=lambda one: one[:2])]
