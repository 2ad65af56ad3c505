"""The rounds of the benchmark: agent, emulator latencies and number of simultaneous calls."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import psutil

from bench.turns.barge_in_stats import BargeInStats, NoiseStats, barge_in_stats, noise_stats
from bench.turns.calls import Call, Emulators, place_calls
from bench.turns.scripts import interrupter, noisy, talker
from bench.turns.turn_stats import TurnStats, turn_stats
from cli.system import System
from sandbox.caller.script import Script

STT_FINAL_MS, LLM_FIRST_TOKEN_MS, TTS_FIRST_BYTE_MS, TOKENS_PER_S = 250, 350, 130, 80
_TURNS_PER_CALL = 20
_BARGE_INS_PER_CALL = 5
_NOISES_PER_CALL = 4


@dataclass(slots=True)
class Round:
    """Results of one round."""

    name: str
    at_once: int
    stt_final_ms: int = STT_FINAL_MS
    turns: TurnStats | None = None
    barge_ins: BargeInStats | None = None
    noises: NoiseStats | None = None
    problems: list[str] = field(default_factory=list)
    errors: int = 0
    cpu_share: float = 0.0
    """CPU usage of the whole machine; near 1 the machine limits the results."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A running system to measure."""

    system: System
    emulators: Emulators
    chance: random.Random

    async def run_turns(
        self, name: str, agent: str, turns: int, at_once: int, stt_final_ms: int = STT_FINAL_MS
    ) -> Round:
        """Run calls with callers who ask and listen."""
        result = Round(name, at_once, stt_final_ms)
        await self.emulators.configure("deepgram", stt_final_ms=stt_final_ms)
        scripts = self._scripts(turns, at_once, _TURNS_PER_CALL, talker)
        calls = await self._calls(result, agent, scripts)
        result.turns = turn_stats(calls, await self.emulators.new_entries())
        return result

    async def run_barge_ins(self, cuts: int, at_once: int) -> Round:
        """Run calls with callers who interrupt long answers."""
        result = Round("barge-in", at_once)
        calls = await self._calls(
            result, "long", self._scripts(cuts, at_once, _BARGE_INS_PER_CALL, interrupter)
        )
        result.barge_ins = barge_in_stats(calls)
        return result

    async def run_noise(self, noises: int, at_once: int) -> Round:
        """Run calls with callers who make noises during long answers."""
        result = Round("false interruptions", at_once)
        calls = await self._calls(result, "long", self._scripts(noises, at_once, _NOISES_PER_CALL, noisy))
        result.noises = noise_stats(calls)
        return result

    def _scripts(
        self, count: int, at_once: int, per_call: int, script: Callable[[int, random.Random], Script]
    ) -> list[Script]:
        """Scripts with `count` turns in total, in at least `at_once` calls of limited length."""
        calls = max(at_once, -(-count // per_call))
        each = max(1, -(-count // calls))
        return [script(each, self.chance) for _ in range(calls)]

    async def _calls(self, result: Round, agent: str, scripts: Sequence[Script]) -> list[Call]:
        await self.emulators.new_entries()
        psutil.cpu_percent()
        calls, problems = await place_calls(self.system, agent, scripts, result.at_once)
        result.cpu_share = psutil.cpu_percent() / 100
        result.problems += problems
        result.problems += [f"{call.call_sid}: {w}" for call in calls for w in call.report.warnings]
        return calls
