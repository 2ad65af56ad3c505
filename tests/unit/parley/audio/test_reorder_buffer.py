"""One speaker's sound in its order, whatever order it comes in."""

from hypothesis import given
from hypothesis import strategies as st

from parley.audio.reorder_buffer import AudioReorderBuffer
from parley.v1.audio_pb2 import CallerAudio


def said(epoch: int, sequence: int) -> CallerAudio:
    return CallerAudio(epoch=epoch, sequence=sequence)


def numbers(chunks: list[CallerAudio]) -> list[tuple[int, int]]:
    return [(chunk.epoch, chunk.sequence) for chunk in chunks]


def test_what_comes_behind_a_hole_waits_for_what_was_said_before_it() -> None:
    """And is heard with it."""
    order: AudioReorderBuffer[CallerAudio] = AudioReorderBuffer()

    assert numbers(order.push(said(1, 7))) == [(1, 7)]
    assert order.push(said(1, 9)) == []
    assert order.gap == (1, 8)
    assert numbers(order.push(said(1, 8))) == [(1, 8), (1, 9)]
    assert order.gap is None


def test_where_it_begins_may_be_told() -> None:
    """Else the first chunk that comes is the first."""
    order: AudioReorderBuffer[CallerAudio] = AudioReorderBuffer()
    order.start_after(1, 7)

    assert order.push(said(1, 9)) == []
    assert order.gap == (1, 8)
    assert numbers(order.push(said(1, 8))) == [(1, 8), (1, 9)]


def test_nothing_was_said_before() -> None:
    """A first chunk that is not the speaker's first has others before it."""
    order: AudioReorderBuffer[CallerAudio] = AudioReorderBuffer()
    order.start_after(0, 0)

    assert order.push(said(3, 2)) == []
    assert numbers(order.push(said(3, 1))) == [(3, 1), (3, 2)]


def test_a_hole_may_be_given_up() -> None:
    """What comes too late for it is dropped."""
    order: AudioReorderBuffer[CallerAudio] = AudioReorderBuffer()
    order.push(said(1, 1))
    order.push(said(1, 3))

    assert numbers(order.skip_gap()) == [(1, 3)]
    assert order.push(said(1, 2)) == []
    assert numbers(order.push(said(1, 4))) == [(1, 4)]


def test_a_past_owner_is_not_heard_any_more() -> None:
    """What waited of it is heard before the next one, who begins with its first."""
    order: AudioReorderBuffer[CallerAudio] = AudioReorderBuffer()
    order.push(said(1, 1))
    order.push(said(1, 3))

    assert numbers(order.push(said(2, 2))) == [(1, 3)]
    assert order.push(said(1, 2)) == []
    assert numbers(order.push(said(2, 1))) == [(2, 1), (2, 2)]


@given(st.permutations(range(2, 30)), st.lists(st.integers(1, 29)))
def test_all_is_heard_once_and_in_order(coming: list[int], again: list[int]) -> None:
    """In whatever order it comes, and however often."""
    order: AudioReorderBuffer[CallerAudio] = AudioReorderBuffer()
    heard = [chunk.sequence for number in [1, *coming, *again] for chunk in order.push(said(1, number))]

    assert heard == list(range(1, 30))
