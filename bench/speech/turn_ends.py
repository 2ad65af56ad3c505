"""End-of-turn quality on recorded speech: the words alone, the model of turns alone, and both.

Each English prompt is one utterance. Its pauses of 250 ms or more must not end it, and its end must. Whisper
transcribes the audio up to each, as a caller's turn is transcribed, so that the words are as good as in a
call.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.speech import packages
from bench.speech.detection import encode
from bench.speech.labels import Wave, with_speech_level, words
from parley.agent_config import SttConfig
from parley.audio.g711 import SAMPLE_RATE_HZ, ms_to_bytes
from parley.whisper.model import WhisperModel, load_model
from parley.whisper.weights import find_weights
from services.stt.completion.assessment import TurnCompletion, TurnWords
from services.stt.completion.rules import WordRules
from services.stt.end_of_turn.judgement import PENDING_SILENCE_MS, combine
from services.stt.end_of_turn.smart_turn import SmartTurn
from services.stt.end_of_turn.turn_model import SETTLE_S

MODEL = Path("build/models/smart-turn-v3.2-cpu.onnx")
_MIN_PAUSE_MS, _MIN_PROMPT_S, _MAX_PROMPT_S = 250.0, 0.5, 20.0
_DBFS = -22.0
_SOON_MS = 700
"""An utterance that ends after this much silence or less is answered without a noticeable wait."""

Rule = Literal["words", "model", "both"]
RULES: tuple[Rule, ...] = ("words", "model", "both")


@dataclass(frozen=True, slots=True)
class Point:
    """A silence after speech: the end of an utterance, or a pause in it."""

    silence_ms: float
    """Duration of the pause; infinite at the end."""
    text: str
    """The words up to it, as Whisper transcribes them."""
    required_ms: dict[Rule, float]
    """Silence after which each rule ends the turn."""

    @property
    def is_end(self) -> bool:
        """Whether it is the end of the utterance."""
        return self.silence_ms == float("inf")


def measure(root: Path, every: int, console: Console) -> dict[str, Any]:
    """Measure all prompts, print a table, and return what is written.

    Raises:
        ConfigError: Whisper's weights are not installed.
    """
    whisper = load_model(find_weights("tiny.en"), threads=1)
    judge = SmartTurn(MODEL) if MODEL.is_file() else None
    if judge is None:
        console.print("[yellow]without the model of turns: run `make turn-model`")
    points: list[Point] = []
    for path in track(packages.prompts(root, "en")[::every], "utterances", console=console):
        points += _points(packages.read(path), whisper, judge)
    rules = RULES if judge is not None else ("words",)
    console.print(_table(points, rules))
    return {"turn_ends": {rule: _shares(points, rule) for rule in rules}}


def _points(prompt: Wave, whisper: WhisperModel, judge: SmartTurn | None) -> Iterator[Point]:
    spans = words(prompt)
    if not spans or not _MIN_PROMPT_S <= len(prompt) / SAMPLE_RATE_HZ <= _MAX_PROMPT_S:
        return
    silence = np.zeros(SAMPLE_RATE_HZ // 2)
    audio = encode(np.concatenate([with_speech_level(prompt, _DBFS), silence]))
    settle_ms = SETTLE_S * 1000
    ends = [span.end_ms for span in spans]
    starts = [*(span.start_ms for span in spans[1:]), float("inf")]
    for end_ms, next_ms in zip(ends, starts, strict=True):
        if next_ms - end_ms < _MIN_PAUSE_MS:
            continue
        received = audio[: ms_to_bytes(end_ms + settle_ms)]
        text = whisper.recognize(received, word_times=False).text
        probability = judge.probability(received) if judge is not None else 1.0
        yield Point(next_ms - end_ms, text, _required(text, probability))


def _required(text: str, probability: float) -> dict[Rule, float]:
    config = SttConfig()
    completion = WordRules(config).assess(TurnWords(text))
    found: dict[Rule, TurnCompletion] = {
        "words": completion,
        "model": combine(TurnCompletion(), probability, config),
        "both": combine(completion, probability, config),
    }
    return {rule: max(one.min_silence_ms, PENDING_SILENCE_MS) for rule, one in found.items()}


def _shares(points: Sequence[Point], rule: Rule) -> dict[str, Any]:
    ends = [point for point in points if point.is_end]
    pauses = [point for point in points if not point.is_end]
    soon = sum(point.required_ms[rule] <= _SOON_MS for point in ends)
    return {
        "finished": len(ends),
        "ended_within_700_ms": soon,
        "pauses": len(pauses),
        "pauses_not_cut": sum(point.required_ms[rule] > point.silence_ms for point in pauses),
    }


def _table(points: Sequence[Point], rules: Sequence[Rule]) -> Table:
    table = Table("rule", "finished, ended within 700 ms", "pauses, not cut")
    for rule in rules:
        found = _shares(points, rule)
        pairs = (
            ("ended_within_700_ms", "finished"),
            ("pauses_not_cut", "pauses"),
        )
        table.add_row(rule, *(_share(found[part], found[whole]) for part, whole in pairs))
    return table


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / max(1, whole):.1f} %)"
