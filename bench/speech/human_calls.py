"""Callers who interrupt the agent with human voices, on whole calls through the real services."""

import random
import tempfile
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import yaml

from bench.speech import packages
from bench.speech.call_stats import CallsResult, calls_result
from bench.speech.detection import encode
from bench.speech.labels import Wave, with_speech_level, words
from bench.turns.calls import Emulators, place_calls
from bench.turns.scripts import agents
from cli.log_lines import LogWatch
from cli.system import environment, free_ports, running_system
from parley.audio.g711 import SAMPLE_RATE_HZ
from sandbox.caller.script import HangUp, Listen, Noise, NoiseKind, Pause, Play, Say, Script, Step
from sandbox.caller.utterance import make_utterance

_ENV = {"PARLEY_SANDBOX_STT": "oracle", "PARLEY_SANDBOX_TTS": "tone", "PARLEY_LOG_LEVEL": "warning"}
_SPOKEN_DBFS = -26.0
_MIN_PROMPT_S, _MAX_PROMPT_S = 0.6, 3.0
_LANGUAGES = ("en", "es", "fr", "it", "ru")
_PROMPTS_PER_LANGUAGE = 40
_BARGE_INS_PER_CALL = 6
_QUESTION = "what are your opening hours"
_NOISES = (NoiseKind.COUGH, NoiseKind.DOOR)


@dataclass(frozen=True, slots=True)
class _Voice:
    """A recording of a caller."""

    text: str
    mulaw_base64: str
    word_ends_ms: tuple[float, ...]
    lead_ms: float
    """From the first sample of its speech to its first audible frame, from which the report counts."""


async def measure_calls(root: Path, at_once: Sequence[int], barge_ins: int, seed: int) -> list[CallsResult]:
    """Run rounds with this many simultaneous calls, each with about `barge_ins` interruptions in total."""
    chance, results, watch = random.Random(seed), [], LogWatch()
    with tempfile.TemporaryDirectory(prefix="parley-speech-") as folder:
        home = Path(folder)
        voices = _voices(root, chance)
        leads_ms = {voice.text: voice.lead_ms for voice in voices}
        (home / "agents").mkdir()
        (home / "agents" / "long.yaml").write_text(yaml.safe_dump(agents()["long"]), encoding="utf-8")
        env = {**environment(), **_ENV, "PARLEY_AGENTS_DIR": str(home / "agents"), "PARLEY_AGENT": "long"}
        async with (
            running_system(env, free_ports(), home, on_line=watch) as system,
            httpx.AsyncClient(timeout=30) as client,
        ):
            await Emulators(system, client).configure("openai", first_token_ms=100)
            for count in at_once:
                number = max(count, -(-barge_ins // _BARGE_INS_PER_CALL))
                scripts = [_script(voices, chance) for _ in range(number)]
                calls, problems = await place_calls(system, "long", scripts, count)
                problems += [f"{call.call_sid}: {text}" for call in calls for text in call.report.warnings]
                results.append(calls_result(count, calls, problems, leads_ms))
    return results


def _script(voices: Sequence[_Voice], chance: random.Random) -> Script:
    """A caller who interrupts long answers with words, and coughs between."""
    steps: list[Step] = [Listen(silence_ms=300), Say(_QUESTION)]
    for _ in range(_BARGE_INS_PER_CALL):
        voice = chance.choice(voices)
        noise_ms, word_ms = float(chance.randint(700, 2500)), float(chance.randint(700, 2500))
        steps += [
            Pause(300),
            Noise(chance.choice(_NOISES), ms=300, after_agent_starts_ms=noise_ms),
            Pause(1500 + word_ms),
            Play(voice.mulaw_base64, voice.text, voice.word_ends_ms),
        ]
    return Script("rms", (*steps, Pause(2000), HangUp()))


def _voices(root: Path, chance: random.Random) -> list[_Voice]:
    """Prompts of all languages, each with a text that only has to count as words."""
    found = []
    for language in _LANGUAGES:
        paths = packages.prompts(root, language)
        chance.shuffle(paths)
        usable = [voice for voice in map(packages.read, paths) if _is_usable(voice)]
        for number, voice in enumerate(usable[:_PROMPTS_PER_LANGUAGE], 1):
            mulaw = encode(with_speech_level(voice, _SPOKEN_DBFS))
            text = f"please stop talking {language} {number}"
            spans = words(voice)
            lead_ms = make_utterance(text, mulaw).audible_start_ms - spans[0].start_ms
            ends_ms = np.linspace(spans[0].start_ms, spans[-1].end_ms, len(text.split()) + 1)[1:]
            found.append(_Voice(text, b64encode(mulaw).decode(), tuple(map(float, ends_ms)), lead_ms))
    return found


def _is_usable(voice: Wave) -> bool:
    return _MIN_PROMPT_S <= len(voice) / SAMPLE_RATE_HZ <= _MAX_PROMPT_S and bool(words(voice))
