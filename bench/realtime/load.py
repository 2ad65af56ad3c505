"""CPU and memory of calls of one agent: of the services and NATS, without the emulators."""

import asyncio
import random
from dataclasses import dataclass

from rich.table import Table

from bench.measure import ProcessUsage, watching
from bench.turns.calls import place_calls
from bench.turns.scripts import talker
from cli.system import System

_TURNS = 6
_WARM_UP_CALLS = 2
_IDLE_S = 3.0


@dataclass(frozen=True, slots=True)
class Load:
    """The CPU time and memory of simultaneous calls, by process."""

    calls: int
    call_s: float
    cpu_s_per_call_s: dict[str, float]
    mb_per_call: dict[str, float]
    problems: tuple[str, ...]

    @property
    def figures(self) -> dict[str, object]:
        """The results as values for JSON."""
        return {
            "calls": self.calls,
            "call_s": round(self.call_s, 1),
            "cpu_s_per_call_s": {name: round(value, 4) for name, value in self.cpu_s_per_call_s.items()},
            "mb_per_call": {name: round(value, 2) for name, value in self.mb_per_call.items()},
            "problems": list(self.problems),
        }


async def load_of(system: System, agent: str, calls: int, chance: random.Random) -> Load:
    """Place simultaneous calls of six turns each, after two that open pools and fill caches."""
    await place_calls(system, agent, [talker(1, chance) for _ in range(_WARM_UP_CALLS)], _WARM_UP_CALLS)
    await asyncio.sleep(_IDLE_S)
    usage = ProcessUsage.of(system)
    before = usage.current_cpu_s()
    async with watching(usage):
        done, problems = await place_calls(
            system, agent, [talker(_TURNS, chance) for _ in range(calls)], calls
        )
    after = usage.current_cpu_s()
    call_s = sum(call.report.duration_ms for call in done) / 1000
    return Load(
        calls,
        call_s,
        {name: (after[name] - before[name]) / max(call_s, 1e-9) for name in before},
        {name: grown / calls for name, grown in usage.grown_mb().items()},
        tuple(problems),
    )


def load_table(loads: dict[str, Load]) -> Table:
    """A table with one row for each process."""
    table = Table("process", *(f"{agent}: CPU-s per call-s, MB per call" for agent in loads))
    for name in next(iter(loads.values())).cpu_s_per_call_s:
        cells = (
            f"{each.cpu_s_per_call_s[name]:.4f}, {each.mb_per_call[name]:.2f}" for each in loads.values()
        )
        table.add_row(name, *cells)
    return table
