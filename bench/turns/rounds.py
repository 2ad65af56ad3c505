"""The benchmark's rounds: which agent, which latencies, how many at once; each gives its figures."""

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
    """What one round gave."""

    name: str
    at_once: int
    stt_final_ms: int = STT_FINAL_MS
    turns: TurnStats | None = None
    barge_ins: BargeInStats | None = None
    noises: NoiseStats | None = None
    problems: list[str] = field(default_factory=list)
    errors: int = 0
    cpu_share: float = 0.0
    """Of all cores, by whatever runs on the machine: near 1 the figures are the machine's."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A running system to measure."""

    system: System
    emulators: Emulators
    chance: random.Random

    async def run_turns(
        self, name: str, agent: str, turns: int, at_once: int, stt_final_ms: int = STT_FINAL_MS
    ) -> Round:
        """Callers who ask and listen."""
        made = Round(name, at_once, stt_final_ms)
        await self.emulators.configure("deepgram", stt_final_ms=stt_final_ms)
        scripts = self._scripts(turns, at_once, _TURNS_PER_CALL, talker)
        calls = await self._calls(made, agent, scripts)
        made.turns = turn_stats(calls, await self.emulators.new_entries())
        return made

    async def run_barge_ins(self, cuts: int, at_once: int) -> Round:
        """Callers who speak into long answers."""
        made = Round("barge-in", at_once)
        calls = await self._calls(
            made, "long", self._scripts(cuts, at_once, _BARGE_INS_PER_CALL, interrupter)
        )
        made.barge_ins = barge_in_stats(calls)
        return made

    async def run_noise(self, noises: int, at_once: int) -> Round:
        """Callers who cough into long answers."""
        made = Round("false interruptions", at_once)
        calls = await self._calls(made, "long", self._scripts(noises, at_once, _NOISES_PER_CALL, noisy))
        made.noises = noise_stats(calls)
        return made

    def _scripts(
        self, count: int, at_once: int, a_call: int, script: Callable[[int, random.Random], Script]
    ) -> list[Script]:
        """So many turns, shared by calls of a bearable length; as many calls as are to be held at once."""
        calls = max(at_once, -(-count // a_call))
        each = max(1, -(-count // calls))
        return [script(each, self.chance) for _ in range(calls)]

    async def _calls(self, made: Round, agent: str, scripts: Sequence[Script]) -> list[Call]:
        await self.emulators.new_entries()
        psutil.cpu_percent()
        calls, problems = await place_calls(self.system, agent, scripts, made.at_once)
        made.cpu_share = psutil.cpu_percent() / 100
        made.problems += problems
        made.problems += [f"{call.call_sid}: {w}" for call in calls for w in call.report.warnings]
        return calls
