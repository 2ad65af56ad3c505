"""Frames become chunks of the provider's size, whose call times are contiguous."""

from services.stt.audio_chunks import AudioChunk, AudioChunks

FRAME = b"a" * 160


def test_frames_are_joined() -> None:
    """A chunk is returned as soon as it is complete; the rest waits."""
    chunks = AudioChunks(50)

    assert [list(chunks.add(FRAME, at)) for at in (0, 20)] == [[], []]
    [chunk] = chunks.add(FRAME, 40)
    assert (len(chunk.audio), chunk.at_ms, chunks.waiting_ms) == (400, 0, 10)
    [chunk] = chunks.add(FRAME * 2, 60)
    assert (len(chunk.audio), chunk.at_ms) == (400, 50)


def test_a_gap_in_call_time_begins_a_new_chunk() -> None:
    """The waiting audio is returned first, padded to the shortest chunk that the provider accepts."""
    chunks = AudioChunks(50, min_ms=50)
    assert not list(chunks.add(FRAME, 0))

    assert list(chunks.add(FRAME, 500)) == [AudioChunk(FRAME, 0, b"\xff" * 240)]
    assert list(chunks.flush()) == [AudioChunk(FRAME, 500, b"\xff" * 240)]
    assert not list(chunks.flush())


def test_a_backlog_is_cut_into_chunks_of_the_maximum_size() -> None:
    """Much audio at once needs few messages."""
    chunks = AudioChunks(50, max_ms=1000)
    found = list(chunks.add(b"a" * 8 * 2130, 100))

    assert [len(chunk.audio) // 8 for chunk in found] == [1000, 1000, 100]
    assert [chunk.at_ms for chunk in found] == [100, 1100, 2100]
    assert chunks.waiting_ms == 30
