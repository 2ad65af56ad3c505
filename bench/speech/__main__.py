"""`make bench-speech`: speech detection on human voices and on noise; writes build/bench-speech.json."""

import argparse
import json
import sys
import time
import wave
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from bench.speech import packages
from bench.speech.detection import call, detect, encode
from bench.speech.labels import Wave, with_speech_level, words
from bench.speech.noises import at_level, babble, noises
from bench.speech.result import NoiseResult, Results, VoiceResult, as_json, false_starts, table
from bench.speech.scoring import Scores, score
from parley.audio.g711 import FRAME_BYTES, SAMPLE_RATE_HZ
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
            prompt = _read(path)
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
        spoken = with_speech_level(_read(packages.prompts(self._root, "en")[0]), _SPOKEN_DBFS)
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
            audio = _read(path)[20 * SAMPLE_RATE_HZ : 60 * SAMPLE_RATE_HZ]
            yield f"music {path.stem}", audio
            yield f"quiet music {path.stem}", at_level(audio, -38)
        voices = [_read(path) for path in packages.prompts(self._root, "it")[::9]]
        for dbfs in (-50, -40, -30):
            yield f"babble {dbfs}", babble([voice for voice in voices if len(voice) > SAMPLE_RATE_HZ], dbfs)


def _read(path: Path) -> Wave:
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16).astype(np.float64) / 32768


def _print(results: Results, console: Console) -> None:
    console.print(table(results), width=150)
    for name, text in false_starts(results).items():
        console.print(f"false starts, {name}: {text}")
    for kind, cpu_us in results.cpu_us_per_frame.items():
        console.print(f"CPU per frame of 20 ms, {kind}: {cpu_us:.0f} µs")


def main() -> int:
    """Run the benchmark, print and write the results; returns 1 if the audio cannot be fetched."""
    args, console = _arguments(), Console()
    try:
        with console.status("fetching prompts and music"):
            root = packages.fetch()
    except packages.AudioUnavailableError as error:
        console.print(f"[red]{error}", soft_wrap=True)
        return 1
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
    args.out.parent.mkdir(exist_ok=True)
    args.out.write_text(json.dumps(as_json(bench.results), indent=2) + "\n", encoding="utf-8")
    console.print(f"written: {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
