"""`make bench-speech`: speech detection on human voices and on noise; writes build/bench-speech.json."""

import argparse
import json
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from bench.run import run
from bench.speech import call_stats, packages, turn_ends
from bench.speech.detection import call, detect, encode
from bench.speech.human_calls import measure_calls
from bench.speech.labels import Wave, with_speech_level, words
from bench.speech.noises import at_level, babble, noises
from bench.speech.result import NoiseResult, Results, VoiceResult, as_json, false_starts, table
from bench.speech.scoring import Scores, score
from parley.audio.g711 import FRAME_BYTES, SAMPLE_RATE_HZ
from parley.errors import ConfigError
from services.stt.silero import VadPool
from services.stt.voice_activity import VoiceActivity

_OUT = Path("build/bench-speech.json")
_PROMPTS_PER_CALL = 10
_MAX_PROMPT_S, _MIN_PROMPT_S = 12, 0.1
_SPOKEN_DBFS = -22.0
_LATE_END_MS = 200


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-speech", description=__doc__)
    parser.add_argument("--languages", default="en,es,fr,it,ru", help="en,es,fr,it,ru")
    parser.add_argument("--levels", default="-20,-30,-40", help="mean levels of speech in dBFS (-20,-30,-40)")
    parser.add_argument("--every", type=int, default=1, help="use one prompt in this many (1)")
    parser.add_argument(
        "--calls", default="", help="whole calls instead: barge-in at this many at once, as in 1,20"
    )
    parser.add_argument("--turn-ends", action="store_true", help="end-of-turn quality instead")
    parser.add_argument("--barge-ins", type=int, default=120, help="barge-ins of each number of calls (120)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the whole calls (0)")
    parser.add_argument("--out", type=Path, default=_OUT, help=f"output file ({_OUT})")
    return parser.parse_args()


class _Bench:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._models = VadPool()
        self._cpu: dict[str, tuple[float, int]] = {}
        self.results = Results()

    def measure_voice(self, language: str, dbfs: int, every: int) -> None:
        """Each half of the prompts, in calls of ten."""
        halves: dict[bool, list[Wave]] = {False: [], True: []}
        for path in packages.prompts(self._root, language)[::every]:
            prompt = packages.read(path)
            if _MIN_PROMPT_S <= len(prompt) / SAMPLE_RATE_HZ <= _MAX_PROMPT_S and words(prompt):
                halves[bool(zlib.crc32(path.name.encode()) & 1)].append(prompt)
        for is_holdout, prompts in halves.items():
            scores = Scores()
            for at in range(0, len(prompts), _PROMPTS_PER_CALL):
                audio, spans = call(prompts[at : at + _PROMPTS_PER_CALL], dbfs, at)
                with self._models.acquire() as model:
                    started_s = time.process_time()
                    detections = detect(VoiceActivity(model), audio)
                    self._count("speech", time.process_time() - started_s, audio)
                scores.add(score(spans, detections))
            self.results.voices.append(VoiceResult(language, is_holdout, dbfs, scores))

    def measure_noise(self) -> None:
        """Each noise after a caller's words, as in a call."""
        spoken = with_speech_level(packages.read(packages.prompts(self._root, "en")[0]), _SPOKEN_DBFS)
        lead = np.concatenate([spoken, np.zeros(SAMPLE_RATE_HZ)])
        for name, noise in self._noises():
            audio = encode(np.concatenate([lead, noise, np.zeros(SAMPLE_RATE_HZ)]))
            with self._models.acquire() as model:
                started_s = time.process_time()
                found = detect(VoiceActivity(model), audio)
                self._count("noise", time.process_time() - started_s, audio)
            from_ms = len(lead) / SAMPLE_RATE_HZ * 1000 - _LATE_END_MS
            after = [d for d in found if d.detected_ms > from_ms]
            max_s = max((d.ended_ms - d.detected_ms for d in after), default=0.0) / 1000
            self.results.noises.append(NoiseResult(name, len(noise) / SAMPLE_RATE_HZ, len(after), max_s))

    def measure_silence(self) -> None:
        """The cost of a line without speech."""
        audio = encode(np.zeros(SAMPLE_RATE_HZ * 60))
        with self._models.acquire() as model:
            started_s = time.process_time()
            detect(VoiceActivity(model), audio)
            self._count("silence", time.process_time() - started_s, audio)

    def _count(self, kind: str, cpu_s: float, audio: bytes) -> None:
        before_s, frames = self._cpu.get(kind, (0.0, 0))
        self._cpu[kind] = (before_s + cpu_s, frames + len(audio) // FRAME_BYTES)
        total_s, count = self._cpu[kind]
        self.results.cpu_us_per_frame[kind] = total_s / count * 1e6

    def _noises(self) -> Iterator[tuple[str, Wave]]:
        yield from noises()
        for path in packages.music(self._root):
            audio = packages.read(path)[20 * SAMPLE_RATE_HZ : 60 * SAMPLE_RATE_HZ]
            yield f"music {path.stem}", audio
            yield f"quiet music {path.stem}", at_level(audio, -38)
        voices = [packages.read(path) for path in packages.prompts(self._root, "it")[::9]]
        for dbfs in (-50, -40, -30):
            yield f"babble {dbfs}", babble([voice for voice in voices if len(voice) > SAMPLE_RATE_HZ], dbfs)


def _print(results: Results, console: Console) -> None:
    console.print(table(results), width=150)
    for name, text in false_starts(results).items():
        console.print(f"false starts, {name}: {text}")
    for kind, cpu_us in results.cpu_us_per_frame.items():
        console.print(f"CPU per frame of 20 ms, {kind}: {cpu_us:.0f} µs")


def _detection(args: argparse.Namespace, root: Path, console: Console) -> dict[str, Any]:
    """Measure the detector alone; returns what is written."""
    bench = _Bench(root)
    plan: Sequence[tuple[str, int]] = [
        (language, int(dbfs)) for language in args.languages.split(",") for dbfs in args.levels.split(",")
    ]
    for language, dbfs in track(plan, "voices", console=console):
        bench.measure_voice(language, dbfs, args.every)
    with console.status("noise, tones and music"):
        bench.measure_noise()
        bench.measure_silence()
    _print(bench.results, console)
    return as_json(bench.results)


def _calls(args: argparse.Namespace, root: Path, console: Console) -> dict[str, Any]:
    """Measure whole calls; returns what is written."""
    at_once = [int(text) for text in args.calls.split(",")]
    with console.status("whole calls"):
        results = run(measure_calls(root, at_once, args.barge_ins, args.seed))
    console.print(call_stats.table(results), width=150)
    for problem in (problem for result in results for problem in result.problems):
        console.print(f"[red]{problem}", soft_wrap=True)
    return {"calls": [call_stats.as_json(result) for result in results]}


def _found(args: argparse.Namespace, root: Path, console: Console) -> dict[str, Any]:
    if args.turn_ends:
        return turn_ends.measure(root, args.every, console)
    return _calls(args, root, console) if args.calls else _detection(args, root, console)


def main() -> int:
    """Run the benchmark, print and write the results; returns 1 if audio or a model is missing."""
    args, console = _arguments(), Console()
    try:
        with console.status("fetching prompts and music"):
            root = packages.fetch()
    except packages.AudioUnavailableError as error:
        console.print(f"[red]{error}", soft_wrap=True)
        return 1
    try:
        found = _found(args, root, console)
    except ConfigError as error:
        console.print(f"[red]{error}", soft_wrap=True)
        return 1
    written = json.loads(args.out.read_text(encoding="utf-8")) if args.out.exists() else {}
    args.out.parent.mkdir(exist_ok=True)
    args.out.write_text(json.dumps({**written, **found}, indent=2) + "\n", encoding="utf-8")
    console.print(f"written: {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
