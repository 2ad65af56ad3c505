"""`make bench`: 1, 10 and 20 simultaneous calls on this machine; prints a table, writes build/bench.json."""

import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.measure import Round, measure, percentile, summary
from bench.run import run
from cli.log_lines import LogWatch
from cli.ports import SERVICES
from cli.system import environment, free_ports, running_system
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.openai.settings import OpenAISandboxSettings

_CALLS = (1, 10, 20)
_LOAD = {"PARLEY_SANDBOX_STT": "oracle", "PARLEY_SANDBOX_TTS": "tone", "PARLEY_LOG_LEVEL": "warning"}
_OUT = Path("build/bench.json")


def _set_latencies() -> dict[str, float]:
    """Configured latencies of the emulators, in ms."""
    return {
        "stt_final": DeepgramSandboxSettings().stt_final_ms,
        "llm_first_token": OpenAISandboxSettings().first_token_ms,
        "tts_first_byte": ElevenLabsSandboxSettings().first_byte_ms,
    }


async def _bench(console: Console) -> list[Round]:
    watch = LogWatch()
    rounds = []
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        async with running_system(
            {**environment(), **_LOAD}, free_ports(), Path(folder), on_line=watch
        ) as system:
            for calls in _CALLS:
                with console.status(f"{calls} call{'s' if calls > 1 else ''} at once"):
                    rounds.append(await measure(system, calls, watch))
    for line in watch.errors:
        console.print(f"[red]{line.process}: {line.text}")
    return rounds


def _table(rounds: list[Round], providers_ms: float) -> Table:
    heads = (f"{r.calls} calls" if r.calls > 1 else "1 call" for r in rounds)
    table = Table("", *heads, title="Latency and resource usage")

    def row(name: str, *cells: str) -> None:
        table.add_row(name, *cells)

    row("turns answered", *(f"{len(r.gaps_ms)} of {sum(x.turns for x in r.results)}" for r in rounds))
    for q in (0.5, 0.95):
        row(f"turn latency p{q * 100:.0f}, ms", *(f"{percentile(r.gaps_ms, q):.0f}" for r in rounds))
    row("sum of configured provider latencies, ms", *(f"{providers_ms:.0f}" for _ in rounds))
    row("bus delay p50 / p99, ms", *(f"{r.bus_delay_p50_ms:.2f} / {r.bus_delay_p99_ms:.2f}" for r in rounds))
    for name in (*SERVICES, "nats"):
        row(f"{name}: CPU-s per call-s", *(f"{r.cpu_s_per_call_s[name]:.4f}" for r in rounds))
    for name in (*SERVICES, "nats"):
        cells = (f"{r.mb_per_call[name]:.2f} ({r.rss_idle_mb[name]:.0f})" for r in rounds)
        row(f"{name}: MB per call (idle)", *cells)
    row("problems", *(str(sum(len(x.problems) for x in r.results)) for r in rounds))
    return table


def main() -> int:
    """Run the benchmark, print the table, write the file."""
    console = Console()
    latencies = _set_latencies()
    rounds = run(_bench(console))
    console.print(_table(rounds, sum(latencies.values())))
    _OUT.parent.mkdir(exist_ok=True)
    figures = {"set_latencies_ms": latencies, "rounds": [summary(round_) for round_ in rounds]}
    _OUT.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    console.print(f"written: {_OUT}")
    return int(any(result.problems for round_ in rounds for result in round_.results))


if __name__ == "__main__":
    sys.exit(main())
