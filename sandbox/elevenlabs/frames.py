"""Variants of the sockets' frames that ElevenLabs sends at times. No I/O."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from sandbox.elevenlabs.synthesis import Character, Chunk

_SNAKE_CASE = {
    "isFinal": "is_final",
    "contextId": "context_id",
    "normalizedAlignment": "normalized_alignment",
    "charStartTimesMs": "char_start_times_ms",
    "charDurationsMs": "char_durations_ms",
}


def with_null_alignments(chunks: Sequence[Chunk], share: float, random: Random) -> list[Chunk]:
    """Report the characters of some chunks with the following one; the last chunk keeps its own."""
    found: list[Chunk] = []
    delayed: tuple[Character, ...] = ()
    for number, chunk in enumerate(chunks):
        characters = (*delayed, *chunk.characters)
        delayed = ()
        if number < len(chunks) - 1 and random.random() < share:
            # The times count from the start of the chunk that reports them.
            delayed = tuple(Character(c.text, 0.0, 0.0) for c in characters)
            characters = ()
        found.append(replace(chunk, characters=characters))
    return found


def without_late_timings(chunks: Sequence[Chunk], first: int) -> list[Chunk]:
    """Report no characters from the chunk with this index on."""
    return [chunk if number < first else replace(chunk, characters=()) for number, chunk in enumerate(chunks)]


def in_snake_case(frame: dict[str, Any]) -> dict[str, Any]:
    """The same frame with snake_case names."""
    return {
        _SNAKE_CASE.get(name, name): in_snake_case(value) if isinstance(value, dict) else value
        for name, value in frame.items()
    }
