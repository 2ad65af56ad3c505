"""Chunks of one owner are returned in order, in whatever order they arrive."""

from hypothesis import given
from hypothesis import strategies as st

from parley.audio.reorder_buffer import AudioReorderBuffer
from parley.telemetry.counts import MessageCounts
from parley.v1.audio_pb2 import CallerAudio


def chunk(epoch: int, sequence: int) -> CallerAudio:
    return CallerAudio(epoch=epoch, sequence=sequence)


def numbers(chunks: list[CallerAudio]) -> list[tuple[int, int]]:
    return [(chunk.epoch, chunk.sequence) for chunk in chunks]


def test_chunks_after_a_gap_wait_until_it_is_filled() -> None:
    """The missing chunk is returned together with them."""
    buffer: AudioReorderBuffer[CallerAudio] = AudioReorderBuffer()

    assert numbers(buffer.push(chunk(1, 7))) == [(1, 7)]
    assert buffer.push(chunk(1, 9)) == []
    assert buffer.gap == (1, 8)
    assert numbers(buffer.push(chunk(1, 8))) == [(1, 8), (1, 9)]
    assert buffer.gap is None


def test_the_start_can_be_set() -> None:
    """Without a given start, the first chunk that arrives is the start."""
    buffer: AudioReorderBuffer[CallerAudio] = AudioReorderBuffer()
    buffer.start_after(1, 7)

    assert buffer.push(chunk(1, 9)) == []
    assert buffer.gap == (1, 8)
    assert numbers(buffer.push(chunk(1, 8))) == [(1, 8), (1, 9)]


def test_the_start_can_be_before_all_chunks() -> None:
    """A first arrival that is not the owner's first chunk leaves a gap before it."""
    buffer: AudioReorderBuffer[CallerAudio] = AudioReorderBuffer()
    buffer.start_after(0, 0)

    assert buffer.push(chunk(3, 2)) == []
    assert numbers(buffer.push(chunk(3, 1))) == [(3, 1), (3, 2)]


def test_a_gap_can_be_skipped() -> None:
    """A chunk that arrives after its gap was skipped is dropped."""
    buffer: AudioReorderBuffer[CallerAudio] = AudioReorderBuffer()
    buffer.push(chunk(1, 1))
    buffer.push(chunk(1, 3))

    assert numbers(buffer.skip_gap()) == [(1, 3)]
    assert buffer.push(chunk(1, 2)) == []
    assert numbers(buffer.push(chunk(1, 4))) == [(1, 4)]


def test_chunks_of_a_stale_epoch_are_dropped() -> None:
    """Its buffered chunks are returned before those of the next owner, which start at sequence 1."""
    buffer: AudioReorderBuffer[CallerAudio] = AudioReorderBuffer()
    buffer.push(chunk(1, 1))
    buffer.push(chunk(1, 3))

    assert numbers(buffer.push(chunk(2, 2))) == [(1, 3)]
    assert buffer.push(chunk(1, 2)) == []
    assert numbers(buffer.push(chunk(2, 1))) == [(2, 1), (2, 2)]


@given(st.permutations(range(2, 30)), st.lists(st.integers(1, 29)))
def test_every_chunk_is_returned_once_and_in_order(arriving: list[int], duplicates: list[int]) -> None:
    """This holds for any order of arrival and any number of repetitions."""
    buffer: AudioReorderBuffer[CallerAudio] = AudioReorderBuffer()
    returned = [
        due.sequence for number in [1, *arriving, *duplicates] for due in buffer.push(chunk(1, number))
    ]

    assert returned == list(range(1, 30))


def test_gaps_and_stale_chunks_are_counted() -> None:
    """Repeated chunks, also those of a previous owner, are not stale."""
    counts = MessageCounts()
    buffer: AudioReorderBuffer[CallerAudio] = AudioReorderBuffer(counts)
    for sequence in (1, 2, 5, 3, 4, 4):  # one gap of two chunks, filled
        buffer.push(chunk(1, sequence))
    assert (counts.gaps_filled, counts.gaps_skipped) == (1, 0)

    for sequence in (7, 8, 10):  # two gaps, skipped
        buffer.push(chunk(1, sequence))
    buffer.skip_gap()
    assert (counts.gaps_filled, counts.gaps_skipped) == (1, 2)

    buffer.push(chunk(1, 12))  # one gap, skipped because another owner follows
    buffer.push(chunk(2, 1))
    assert (counts.gaps_filled, counts.gaps_skipped) == (1, 3)
    for sequence in (3, 12, 13, 14):
        buffer.push(chunk(1, sequence))
    assert counts.stale_audio == 2
