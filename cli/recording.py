"""Transcribe a finished recording and compare both channels with its transcript."""

import asyncio
import json
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np

from cli.wer import Match, SpokenWord, match_words, normalize
from parley.audio.g711 import ENCODE
from sandbox.recognition.language_model import telephone_sentences
from sandbox.recognition.sphinx import decode_recording

_MIN_CALLER, _MIN_AGENT = 0.8, 0.6
"""Fractions of words found; a recogniser of human speech finds fewer in the synthetic voice of the agent."""
_MAX_OFFSET_MS = 400
_ENCODE = np.frombuffer(ENCODE, dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the transcript."""

    speaker: str
    text: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class RecordingCheck:
    """The result of transcribing both channels."""

    caller: Match
    agent: Match
    lines_on_time: int
    lines: int

    @property
    def problems(self) -> list[str]:
        """Differences between recording and transcript."""
        found = []
        for side, match, minimum in (
            ("caller", self.caller, _MIN_CALLER),
            ("agent", self.agent, _MIN_AGENT),
        ):
            if match.fraction < minimum:
                found.append(f"only {match.fraction:.0%} of the {side}'s words are in the recording")
        if self.lines_on_time < self.lines:
            found.append(
                f"{self.lines - self.lines_on_time} lines are not at the times that the transcript gives"
            )
        return found

    def __str__(self) -> str:
        sides = (("caller", self.caller), ("agent", self.agent))
        shares = "; ".join(f"{side} {m.found} of {m.expected} words" for side, m in sides)
        return f"{shares}; {self.lines_on_time} of {self.lines} lines on time"


def path_of(url: str) -> str:
    """The path of a file URL; any other URL unchanged."""
    return unquote(urlsplit(url).path) if url.startswith("file:") else url


async def check_recording(url: str) -> RecordingCheck:
    """Recognise both channels of a local recording and compare them with its transcript."""
    return await asyncio.to_thread(_check, Path(path_of(url)))


def _check(path: Path) -> RecordingCheck:
    caller_audio, agent_audio = read_channels(path)
    entries = json.loads(path.with_suffix(".json").read_text("utf-8"))["lines"]
    lines = [Line(line["speaker"], line["text"], line["start_ms"], line["end_ms"]) for line in entries]
    sentences = telephone_sentences()
    caller = _recognize(caller_audio, sentences)
    # The language model must contain the agent's sentences, among many others.
    spoken = [part for line in lines if line.speaker == "agent" for part in _sentences(line.text)]
    agent = _recognize(agent_audio, [*sentences, *spoken])
    on_time = sum(_is_on_time(line, caller if line.speaker == "caller" else agent) for line in lines)
    return RecordingCheck(
        match_words(_words(lines, "caller"), caller),
        match_words(_words(lines, "agent"), agent),
        on_time,
        len(lines),
    )


def read_channels(path: Path) -> tuple[bytes, bytes]:
    """Both channels of a recording as mu-law."""
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16).reshape(-1, 2)
    left, right = (bytes(_ENCODE[np.ascontiguousarray(samples[:, n]).view(np.uint16)]) for n in (0, 1))
    return left, right


def _recognize(mulaw: bytes, sentences: Sequence[str]) -> list[SpokenWord]:
    return [
        SpokenWord(word.text, word.start_ms, word.end_ms)
        for word in decode_recording(mulaw, tuple(sentences))
    ]


def _sentences(text: str) -> list[str]:
    parts = text.replace("!", ".").replace("?", ".").split(".")
    return [" ".join(normalize(part)) for part in parts if normalize(part)]


def _words(lines: Sequence[Line], speaker: str) -> list[SpokenWord]:
    return [
        SpokenWord(word, line.start_ms, line.end_ms)
        for line in lines
        if line.speaker == speaker
        for word in normalize(line.text)
    ]


def _is_on_time(line: Line, recognized: Sequence[SpokenWord]) -> bool:
    """Whether at least a third of the line's words were recognized between its start and end."""
    wanted = set(normalize(line.text))
    inside = [
        word
        for word in recognized
        if line.start_ms - _MAX_OFFSET_MS <= word.start_ms <= line.end_ms + _MAX_OFFSET_MS
        and "".join(normalize(word.text)) in wanted
    ]
    return len(inside) >= max(1, len(wanted) // 3)
