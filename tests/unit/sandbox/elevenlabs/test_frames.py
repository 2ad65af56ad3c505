"""Variants of the sockets' frames."""

from random import Random

from sandbox.elevenlabs.frames import in_snake_case, with_null_alignments
from sandbox.elevenlabs.synthesis import Character, Chunk

CHUNKS = [Chunk(b"x", 100, (Character(letter, 10, 20),)) for letter in "abc"]


def test_no_character_is_lost_by_null_alignments() -> None:
    """The next chunk reports them, at its own start."""
    found = with_null_alignments(CHUNKS, 1, Random(1))

    assert [chunk.frame()["alignment"] is None for chunk in found] == [True, True, False]
    assert [c.text for c in found[-1].characters] == ["a", "b", "c"]
    assert [c.start_ms for c in found[-1].characters] == [0, 0, 10]
    assert with_null_alignments(CHUNKS, 0, Random(1)) == CHUNKS


def test_names_may_be_in_snake_case() -> None:
    """The alignment is renamed too."""
    frame = in_snake_case(CHUNKS[0].frame() | {"contextId": "a"})

    assert set(frame) == {"audio", "is_final", "alignment", "normalized_alignment", "context_id"}
    assert set(frame["alignment"]) == {"chars", "char_start_times_ms", "char_durations_ms"}
