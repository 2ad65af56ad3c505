"""The replies of a text-to-speech provider under test, as its checks synthesize them."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from parley.audio.conversion import converter
from parley.audio.formats import MULAW_8K
from parley.audio.g711 import bytes_to_ms
from parley.providers.conformance.check import require
from parley.providers.conformance.subject import TtsSubject
from parley.providers.tts import AudioChunk, CharTiming, SynthesisStream, TtsConnection

_MIN_MS_PER_LETTER, _MAX_MS_PER_LETTER = 20, 400
"""Speech outside of these bounds has another sample rate than declared."""


@dataclass(frozen=True, slots=True)
class TtsCase:
    """A text-to-speech provider under test."""

    subject: TtsSubject
    part_bytes: int = 3000
    """Bytes from the server after which an answer is not complete."""
    wrong_voice: str = ""
    """Id of a missing voice; empty for a provider that takes any id."""
    has_timings: bool = True
    """Whether the section's transport has the timings that the facts declare."""

    @property
    def timed(self) -> bool:
        """Whether characters must have times."""
        return self.has_timings and bool(self.subject.facts.word_timings)


@dataclass(frozen=True, slots=True)
class Spoken:
    """The output for one reply, converted to mu-law at 8 kHz."""

    mulaw: bytes
    timings: tuple[CharTiming, ...]
    """Relative to the beginning of the reply."""

    @property
    def duration_ms(self) -> float:
        """Length of the audio."""
        return bytes_to_ms(len(self.mulaw))

    @property
    def letters(self) -> str:
        """The letters and digits that have times."""
        return letters("".join(timing.text for timing in self.timings))


def letters(text: str) -> str:
    """Return the letters and digits of a text, in lower case."""
    return "".join(filter(str.isalnum, text.lower()))


async def speak(connection: TtsConnection, reply_id: str, *clauses: str, case: TtsCase) -> Spoken:
    """Synthesize one reply."""
    async with connection.open_stream(reply_id) as stream:
        for clause in clauses:
            await stream.send_text(clause)
        await stream.end_input()
        return joined(await read_audio(stream), case)


async def read_audio(stream: SynthesisStream) -> list[AudioChunk]:
    """Return all chunks of a reply."""
    async with aclosing(stream.audio()) as chunks:
        return [chunk async for chunk in chunks]


def joined(chunks: Sequence[AudioChunk], case: TtsCase) -> Spoken:
    """Return the audio and the timings of a reply's chunks."""
    declared = case.subject.audio_format
    audio, timings, position_ms = b"", [], 0.0
    for chunk in chunks:
        timings += [
            CharTiming(t.text, t.start_ms + position_ms, t.end_ms + position_ms) for t in chunk.char_timings
        ]
        audio += chunk.audio
        position_ms = declared.bytes_to_ms(len(audio))
    conversion = converter(declared, MULAW_8K)
    mulaw = audio if conversion is None else conversion.convert(audio) + conversion.flush()
    return Spoken(mulaw, tuple(timings))


def check_length(spoken: Spoken, text: str) -> None:
    """Require audio of a length that is plausible for a text."""
    require(spoken.mulaw, "no audio")
    per_letter_ms = spoken.duration_ms / max(1, len(letters(text)))
    require(
        _MIN_MS_PER_LETTER <= per_letter_ms <= _MAX_MS_PER_LETTER,
        f"{per_letter_ms:.0f} ms of audio per letter: incomplete, or not in the declared format",
    )
