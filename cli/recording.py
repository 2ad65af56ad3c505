"""Listen to a finished recording again: does each channel hold its side's words, at the right times?"""

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
from sandbox.deepgram.language import telephone_sentences
from sandbox.deepgram.sphinx import decode_recording

_LEAST_CALLER, _LEAST_AGENT = 0.8, 0.6
"""The agent's synthetic voice is hard on a recogniser of human speech."""
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
    """Both channels, heard again."""

    caller: Match
    agent: Match
    lines_on_time: int
    lines: int

    @property
    def problems(self) -> list[str]:
        """What is not as it should be."""
        found = []
        for side, match, least in (
            ("caller", self.caller, _LEAST_CALLER),
            ("agent", self.agent, _LEAST_AGENT),
        ):
            if match.fraction < least:
                found.append(f"only {match.fraction:.0%} of the {side}'s words are in the recording")
        if self.lines_on_time < self.lines:
            found.append(f"{self.lines - self.lines_on_time} lines are not where the transcript says")
        return found

    def __str__(self) -> str:
        sides = (("caller", self.caller), ("agent", self.agent))
        shares = "; ".join(f"{side} {m.found} of {m.expected} words" for side, m in sides)
        return f"{shares}; {self.lines_on_time} of {self.lines} lines at their times"


def path_of(url: str) -> str:
    """A file's path; other addresses stay as they are."""
    return unquote(urlsplit(url).path) if url.startswith("file:") else url


async def check_recording(url: str) -> RecordingCheck:
    """Recognise both channels of a local recording and compare them with its transcript."""
    return await asyncio.to_thread(_check, Path(path_of(url)))


def _check(path: Path) -> RecordingCheck:
    caller_sound, agent_sound = read_channels(path)
    told = json.loads(path.with_suffix(".json").read_text("utf-8"))["lines"]
    lines = [Line(line["who"], line["text"], line["start_ms"], line["end_ms"]) for line in told]
    sentences = telephone_sentences()
    caller = _recognize(caller_sound, sentences)
    # The model must hold the agent's sentences, among many that nobody said.
    spoken = [part for line in lines if line.speaker == "agent" for part in _sentences(line.text)]
    agent = _recognize(agent_sound, [*sentences, *spoken])
    in_time = sum(_is_on_time(line, caller if line.speaker == "caller" else agent) for line in lines)
    return RecordingCheck(
        match_words(_words(lines, "caller"), caller),
        match_words(_words(lines, "agent"), agent),
        in_time,
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


def _words(lines: Sequence[Line], who: str) -> list[SpokenWord]:
    return [
        SpokenWord(word, line.start_ms, line.end_ms)
        for line in lines
        if line.speaker == who
        for word in normalize(line.text)
    ]


def _is_on_time(line: Line, heard: Sequence[SpokenWord]) -> bool:
    """Whether some of its words were heard within it, and it begins about where the first was heard."""
    wanted = set(normalize(line.text))
    inside = [
        word
        for word in heard
        if line.start_ms - _MAX_OFFSET_MS <= word.start_ms <= line.end_ms + _MAX_OFFSET_MS
        and "".join(normalize(word.text)) in wanted
    ]
    return len(inside) >= max(1, len(wanted) // 3)
