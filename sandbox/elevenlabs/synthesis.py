"""Text to audio chunks with character times, split as ElevenLabs splits them. No clock."""

import base64
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from parley.audio.g711 import SILENCE, bytes_to_ms, ms_to_bytes
from sandbox.elevenlabs.encoder import encode
from sandbox.elevenlabs.output_format import OutputFormat
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.elevenlabs.ssml import join_speech, split_breaks
from sandbox.speech import Speech
from sandbox.synthesis import SynthesisThread, synthesise


@dataclass(frozen=True, slots=True)
class Character:
    """A character and its time in the audio."""

    text: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the audio; the times of its characters count from its own start."""

    audio: bytes
    """In the requested output format; empty if the codec has not completed a frame."""
    duration_ms: float
    characters: tuple[Character, ...]

    def frame(self) -> dict[str, Any]:
        """Format the chunk as a WebSocket message."""
        alignment = None
        if self.characters:
            alignment = {
                "chars": [c.text for c in self.characters],
                "charStartTimesMs": [round(c.start_ms) for c in self.characters],
                "charDurationsMs": [round(c.end_ms) - round(c.start_ms) for c in self.characters],
            }
        audio = base64.b64encode(self.audio).decode()
        return {"audio": audio, "isFinal": None, "alignment": alignment, "normalizedAlignment": alignment}


@dataclass(frozen=True, slots=True)
class Job:
    """A text to synthesise."""

    text: str
    voice_id: str
    output_format: OutputFormat
    ssml: bool = False
    """Whether `<break>` is a pause; it is spoken otherwise."""
    silent: bool = False
    """Whether the audio is silence."""


class Synthesiser:
    """Synthesises beside the event loop."""

    def __init__(self) -> None:
        self._thread = SynthesisThread()

    async def synthesise(self, job: Job, settings: ElevenLabsSandboxSettings) -> list[Chunk]:
        """Synthesise and encode a text; requests are served in order."""
        return await self._thread.run(_make_chunks, job, settings)


def _make_chunks(job: Job, settings: ElevenLabsSandboxSettings) -> list[Chunk]:
    parts = split_breaks(job.text) if job.ssml else [(job.text, 0.0)]
    if len(parts) == 1:
        text, speech = job.text, synthesise(job.text, job.voice_id, settings)
    else:
        text = "".join(part for part, _ in parts)
        speech = join_speech([(synthesise(part, job.voice_id, settings), ms) for part, ms in parts])
    if job.silent:
        speech = Speech(SILENCE * len(speech.mulaw), speech.words)
    return split_and_encode(text, speech, job.output_format, settings.tts_chunk_ms)


def split_and_encode(text: str, speech: Speech, output_format: OutputFormat, chunk_ms: float) -> list[Chunk]:
    """Split the audio and encode it; each character belongs to the chunk in which it begins."""
    characters = _characters(text, speech)
    length, size = len(speech.mulaw), ms_to_bytes(chunk_ms)
    bounds = [*range(0, length, size), length]
    chunks = []
    for (begin, end), audio in zip(
        pairwise(bounds), encode(speech.mulaw, bounds, output_format), strict=True
    ):
        start_ms, end_ms = bytes_to_ms(begin), bytes_to_ms(end)
        inside = tuple(
            Character(c.text, c.start_ms - start_ms, c.end_ms - start_ms)
            for c in characters
            if start_ms <= c.start_ms and (c.start_ms < end_ms or end == length)
        )
        chunks.append(Chunk(audio, end_ms - start_ms, inside))
    return chunks


def _characters(text: str, speech: Speech) -> list[Character]:
    """Divide each word's time evenly among its letters; a space fills the time up to the next word."""
    found: list[Character] = []
    position, at_ms = 0, 0.0
    for word in speech.words:
        begin = text.index(word.text, position)
        for space in text[position:begin]:
            found.append(Character(space, at_ms, word.start_ms))
        letter_ms = (word.end_ms - word.start_ms) / len(word.text)
        for index, letter in enumerate(word.text):
            start_ms = word.start_ms + index * letter_ms
            found.append(Character(letter, start_ms, start_ms + letter_ms))
        position, at_ms = begin + len(word.text), word.end_ms
    found += [Character(space, at_ms, at_ms) for space in text[position:]]
    return found
