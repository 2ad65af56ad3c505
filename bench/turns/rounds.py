"""The benchmark's rounds: which agent, which latencies, how many at once; each gives its figures."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import psutil

from bench.turns.barge_in_figures import BargeInFigures, NoiseFigures, barge_in_figures, noise_figures
from bench.turns.calls import Call, StandIns, place_calls
from bench.turns.scripts import interrupter, noisy, talker
from bench.turns.turn_figures import TurnFigures, turn_figures
from cli.system import System
from sandbox.caller.script import Script

STT_FINAL_MS, LLM_FIRST_TOKEN_MS, TTS_FIRST_BYTE_MS, TOKENS_PER_S = 250, 350, 130, 80
_TURNS_A_CALL = 20
_CUTS_A_CALL = 5
_NOISES_A_CALL = 4


@dataclass(slots=True)
class Round:
    """What one round gave."""

    name: str
    at_once: int
    stt_final_ms: int = STT_FINAL_MS
    turns: TurnFigures | None = None
    barge_ins: BargeInFigures | None = None
    noises: NoiseFigures | None = None
    problems: list[str] = field(default_factory=list)
    errors: int = 0
    cpu_share: float = 0.0
    """Of all cores, by whatever runs on the machine: near 1 the figures are the machine's."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A running system to measure."""

    system: System
    stand_ins: StandIns
    chance: random.Random

    async def talk(
        self, name: str, agent: str, turns: int, at_once: int, stt_final_ms: int = STT_FINAL_MS
    ) -> Round:
        """Callers who ask and listen."""
        made = Round(name, at_once, stt_final_ms)
        await self.stand_ins.turn("deepgram", stt_final_ms=stt_final_ms)
        scripts = self._shared(turns, at_once, _TURNS_A_CALL, talker)
        calls = await self._calls(made, agent, scripts)
        made.turns = turn_figures(calls, await self.stand_ins.news())
        return made

    async def interrupt(self, cuts: int, at_once: int) -> Round:
        """Callers who speak into long answers."""
        made = Round("barge-in", at_once)
        calls = await self._calls(made, "long", self._shared(cuts, at_once, _CUTS_A_CALL, interrupter))
        made.barge_ins = barge_in_figures(calls)
        return made

    async def disturb(self, noises: int, at_once: int) -> Round:
        """Callers who cough into long answers."""
        made = Round("false interruptions", at_once)
        calls = await self._calls(made, "long", self._shared(noises, at_once, _NOISES_A_CALL, noisy))
        made.noises = noise_figures(calls)
        return made

    def _shared(
        self, count: int, at_once: int, a_call: int, script: Callable[[int, random.Random], Script]
    ) -> list[Script]:
        """So many turns, shared by calls of a bearable length; as many calls as are to be held at once."""
        calls = max(at_once, -(-count // a_call))
        each = max(1, -(-count // calls))
        return [script(each, self.chance) for _ in range(calls)]

    async def _calls(self, made: Round, agent: str, scripts: Sequence[Script]) -> list[Call]:
        await self.stand_ins.news()
        psutil.cpu_percent()
        calls, problems = await place_calls(self.system, agent, scripts, made.at_once)
        made.cpu_share = psutil.cpu_percent() / 100
        made.problems += problems
        made.problems += [f"{call.call_sid}: {w}" for call in calls for w in call.report.warnings]
        return calls
