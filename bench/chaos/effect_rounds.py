"""The rounds of `make chaos` in which a process is killed while agents act outside of their calls."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import yaml
from rich.console import Console
from rich.table import Table

from bench.chaos.booking_service import BookingService
from bench.chaos.effect_calls import EffectCalls, EffectRound
from bench.chaos.effects import AGENT, agents, model_rules, moments_of
from bench.chaos.targets import kind_of
from cli.ports import Size
from cli.system import environment, free_ports, running_system

STAGES = ("edge", "brain")
_LOAD = {"PARLEY_SANDBOX_STT": "oracle", "PARLEY_SANDBOX_TTS": "tone"}
_RECOVERY_TIMEOUT_S = 60.0
_READY = '"event": "ready"'


async def effect_rounds(stages: Sequence[str], repetitions: int, console: Console) -> list[EffectRound]:
    """Run one round per stage; each of its moments occurs in `repetitions` calls."""
    rounds, service, ready = [], BookingService(), _ReadyLines()
    with tempfile.TemporaryDirectory(prefix="parley-effects-") as folder:
        home = Path(folder)
        (home / "agents").mkdir()
        env = {**environment(), **_LOAD, "PARLEY_AGENTS_DIR": str(home / "agents"), "PARLEY_AGENT": AGENT}
        async with service.served() as service_url:
            _write_agents(home, service_url)
            size = Size(copies=2)
            async with running_system(env, free_ports(size), home, size=size, on_line=ready) as system:
                sandbox_url = system.topology.sandbox_urls["twilio"]
                nats_url = system.topology.env["PARLEY_NATS_URL"]
                calls = EffectCalls(nats_url, sandbox_url, system.edge_url, service.effects)
                for stage in stages:
                    moments = moments_of(stage) * repetitions
                    with console.status(f"{stage} kill, effects"):
                        rounds.append(await calls.run(stage, moments, partial(ready.next_of, stage)))
    return rounds


def effects_table(rounds: Sequence[EffectRound]) -> Table:
    """A table with one row per round."""
    table = Table("target", "calls", "kills", "effects -", "effects +", title="Effects outside of the calls")
    for round_ in rounds:
        figures = round_.figures
        keys = ("calls", "kills", "effects_missing", "effects_doubled")
        table.add_row(f"{round_.stage} kill", *(str(figures[key]) for key in keys))
    return table


def figures_of(rounds: Sequence[EffectRound]) -> Mapping[str, object]:
    """The results as values for JSON, by target."""
    return {f"{round_.stage} kill, effects": round_.figures for round_ in rounds}


class _ReadyLines:
    """Counts how often the processes of each stage have become ready, by their log lines."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def __call__(self, process: str, line: str) -> None:
        """Read a line of a process's log."""
        self._counts[kind_of(process)] += _READY in line

    async def next_of(self, stage: str, _pid: int) -> None:
        """Wait until another process of a stage is ready."""
        count = self._counts[stage]
        async with asyncio.timeout(_RECOVERY_TIMEOUT_S):
            while self._counts[stage] == count:  # noqa: ASYNC110 - the state of another process
                await asyncio.sleep(0.1)


def _write_agents(home: Path, service_url: str) -> None:
    model = home / "model.yaml"
    model.write_text(yaml.safe_dump({"rules": model_rules()}), encoding="utf-8")
    for name, agent in agents(str(model), service_url).items():
        (home / "agents" / f"{name}.yaml").write_text(yaml.safe_dump(agent), encoding="utf-8")
