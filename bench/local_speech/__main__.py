"""Measures Whisper as the stt service runs it: `make bench-local-speech`.

Each call speaks human prompts with pauses of the same length between them, in real time. With `--texts`, a
listing of the prompts' words (a file of Asterisk's), the word error rate is measured as well.
"""

import argparse
import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from bench.local_speech.words import read_texts, word_errors
from bench.measure import percentile
from bench.speech import packages
from bench.speech.detection import encode
from bench.speech.labels import Wave, with_speech_level, words
from parley.audio.g711 import FRAME_BYTES, FRAME_MS, make_silence
from parley.providers.stt import FinalTranscript, InterimTranscript, SttEvent
from parley.whisper.recognizer import Recognizer, open_recognizer
from parley.whisper.weights import PACKAGED_MODEL, find_weights
from services.stt.providers.whisper.connection import WhisperConnection
from services.stt.silero import SileroVad

_OUTPUT = Path("build/bench-local-speech.json")
_LEVEL_DBFS = -26.0
_MIN_S, _MAX_S = 0.6, 12.0
_TAIL_MS = 1500


@dataclass(frozen=True, slots=True)
class _Prompt:
    name: str
    mulaw: bytes
    speech_end_ms: float
    text: str


@dataclass(slots=True)
class _Result:
    calls: int
    prompts: int
    final_p50_ms: float
    final_p95_ms: float
    first_interim_p50_ms: float
    cpu_share_per_call: float
    """Processor time per second of call, of one core."""
    memory_mb: float
    word_error_rate: float | None


class _Call:
    """One call that speaks prompts, one after another."""

    def __init__(self, connection: WhisperConnection) -> None:
        self._connection = connection
        self._events: list[tuple[float, SttEvent]] = []
        self.final_ms: list[float] = []
        self.interim_ms: list[float] = []
        self.errors = self.words = 0
        self._at_ms = 0

    async def run(self, prompts: Sequence[_Prompt]) -> None:
        """Speak all prompts in real time."""
        running = asyncio.ensure_future(self._connection.run(self._on_event))
        try:
            for prompt in prompts:
                await self._speak(prompt)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def _on_event(self, event: SttEvent) -> None:
        self._events.append((time.perf_counter() * 1000, event))

    async def _speak(self, prompt: _Prompt) -> None:
        self._events.clear()
        pause_ms = max(_TAIL_MS, len(prompt.mulaw) / 8)
        audio = prompt.mulaw + make_silence(pause_ms)
        began_ms = time.perf_counter() * 1000
        for begin in range(0, len(audio), FRAME_BYTES):
            due_ms = began_ms + begin / 8 + FRAME_MS
            await asyncio.sleep(max(0.0, due_ms - time.perf_counter() * 1000) / 1000)
            await self._connection.send(audio[begin : begin + FRAME_BYTES], self._at_ms)
            self._at_ms += FRAME_MS
        finals = [(at, event) for at, event in self._events if isinstance(event, FinalTranscript)]
        spoken = [(at, event) for at, event in finals if event.text]
        interims = [at for at, event in self._events if isinstance(event, InterimTranscript) and event.text]
        if spoken:
            self.final_ms.append(spoken[-1][0] - began_ms - prompt.speech_end_ms)
        if interims:
            self.interim_ms.append(interims[0] - began_ms)
        if prompt.text:
            errors, count = word_errors(prompt.text, " ".join(event.text for _, event in spoken))
            self.errors += errors
            self.words += count


async def _measure(recognizer: Recognizer, prompts: Sequence[_Prompt], calls: int) -> _Result:
    process = psutil.Process()
    active = [_Call(_connection(recognizer)) for _ in range(calls)]
    before, began_s = process.cpu_times(), time.perf_counter()
    await asyncio.gather(*(call.run(prompts[n::calls]) for n, call in enumerate(active)))
    after, call_s = process.cpu_times(), (time.perf_counter() - began_s) * calls
    cpu_s = after.user + after.system - before.user - before.system
    finals = sorted(ms for call in active for ms in call.final_ms)
    interims = sorted(ms for call in active for ms in call.interim_ms)
    count = sum(call.words for call in active)
    return _Result(
        calls,
        len(finals),
        percentile(finals, 0.5),
        percentile(finals, 0.95),
        percentile(interims, 0.5),
        cpu_s / call_s,
        process.memory_info().rss / 1024**2,
        sum(call.errors for call in active) / count if count else None,
    )


def _connection(recognizer: Recognizer) -> WhisperConnection:
    return WhisperConnection(recognizer, SileroVad(), "en", endpointing_ms=100, utterance_end_ms=1000)


def _prompts(texts: Path | None, count: int, seed: int) -> list[_Prompt]:
    root = packages.fetch()
    texts_by_name = read_texts(texts.read_text("utf-8", errors="replace")) if texts else {}
    paths = packages.prompts(root, "en")
    folder = root / "sounds" / packages.LANGUAGES["en"]
    random.Random(seed).shuffle(paths)
    found: list[_Prompt] = []
    for path in paths:
        name = str(path.relative_to(folder).with_suffix(""))
        wave: Wave = packages.read(path)
        spans = words(wave)
        if spans and _MIN_S <= len(wave) / 8000 <= _MAX_S and (not texts_by_name or name in texts_by_name):
            mulaw = encode(with_speech_level(wave, _LEVEL_DBFS))
            found.append(_Prompt(name, mulaw, spans[-1].end_ms, texts_by_name.get(name, "")))
    return found[:count]


def _print(results: Sequence[_Result], console: Console) -> None:
    table = Table(title="Whisper tiny.en on human prompts, in real time", title_justify="left")
    for name in (
        *("calls", "prompts", "final p50", "final p95", "first words p50", "core per call", "memory", "WER"),
    ):
        table.add_column(name, justify="right")
    for result in results:
        rate = result.word_error_rate
        table.add_row(
            str(result.calls),
            str(result.prompts),
            f"{result.final_p50_ms:.0f} ms",
            f"{result.final_p95_ms:.0f} ms",
            f"{result.first_interim_p50_ms:.0f} ms",
            f"{result.cpu_share_per_call:.1%}",
            f"{result.memory_mb:.0f} MB",
            "-" if rate is None else f"{rate:.1%}",
        )
    console.print(table)


async def _run(args: argparse.Namespace, console: Console) -> list[dict[str, Any]]:
    prompts = _prompts(args.texts, args.prompts, args.seed)
    results = []
    async with open_recognizer(find_weights(PACKAGED_MODEL), args.threads) as recognizer:
        for calls in args.calls:
            with console.status(f"{calls} calls, {len(prompts)} prompts"):
                results.append(await _measure(recognizer, prompts, calls))
    _print(results, console)
    return [asdict(result) for result in results]


def main() -> None:
    """Measure and write build/bench-local-speech.json."""
    parser = argparse.ArgumentParser(prog="bench.local_speech")
    parser.add_argument("--texts", type=Path, help="listing of the prompts' words, `NAME: WORDS` per line")
    parser.add_argument("--prompts", type=int, default=60, help="number of prompts")
    parser.add_argument("--calls", type=lambda text: [int(n) for n in text.split(",")], default=[1, 4, 8])
    parser.add_argument("--threads", type=int, default=1, help="PARLEY_WHISPER_THREADS")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    console = Console()
    results = asyncio.run(_run(args, console))
    _OUTPUT.parent.mkdir(exist_ok=True)
    _OUTPUT.write_text(json.dumps(results, indent=2), "utf-8")
    console.print(f"written to {_OUTPUT}")


if __name__ == "__main__":
    main()
