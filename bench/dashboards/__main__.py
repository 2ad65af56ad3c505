"""`make dashboard-data`: run every panel's query on a real Prometheus after calls and faults.

Writes build/dashboards.md, a table of panels, queries and rows, and build/dashboards.json, the results, from
which `make dashboard-pictures` draws. Fails if a panel has no data.
"""

import argparse
import asyncio
import dataclasses
import json
import math
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import httpx
import yaml
from rich.console import Console

from bench.chaos.booking_service import BookingService
from bench.chaos.dialogue import SCENARIO
from bench.dashboards.evaluation import Answer, problems, table
from bench.dashboards.load import Caller, agents, archive_caller, callers, lost_caller, refused_caller
from bench.dashboards.prometheus_server import Prometheus, running_prometheus
from bench.dashboards.timeline import Timeline
from bench.run import run as run_bench
from bench.turns.calls import Emulators
from cli.free_port import free_port
from cli.ports import Size
from cli.system import System, environment, free_ports, running_system
from sandbox.caller.client import SandboxError, Telephone, open_telephone
from scripts.dashboards.read import targets, variables
from scripts.deploy_tools import TOOLS, unavailable_reason

_TABLE, _DATA = Path("build/dashboards.md"), Path("build/dashboards.json")
_LOAD = {"PARLEY_SANDBOX_STT": "oracle", "PARLEY_SANDBOX_TTS": "tone", "PARLEY_LOG_LEVEL": "warning"}
_STEP_S, _RATE_WINDOW = 5.0, "30s"
_MAX_CALL_S = 240.0
_SPACING_S = 0.7
_SCANS = 8


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make dashboard-data", description=__doc__)
    parser.add_argument("--calls", type=int, default=48, help="calls (48)")
    parser.add_argument("--at-once", type=int, default=8, help="simultaneous calls (8)")
    parser.add_argument("--pause", type=float, default=12.0, help="seconds between faults (12)")
    parser.add_argument("--scrape", type=float, default=5.0, help="seconds between scrapes (5)")
    parser.add_argument("--copies", type=int, default=2, help="processes of each service (2)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the callers (1)")
    return parser.parse_args()


async def _measure(args: argparse.Namespace) -> tuple[list[Answer], float, float]:
    chance, service = random.Random(args.seed), BookingService()
    with tempfile.TemporaryDirectory(prefix="parley-dashboards-") as folder:
        home = Path(folder)
        env = {**environment(), **_LOAD, "PARLEY_AGENTS_DIR": str(home / "agents")}
        env |= {"PARLEY_DRAIN_TIMEOUT_S": "8", "PARLEY_STREAM_RESUME_TIMEOUT_S": "10"}
        size = Size(copies=args.copies)
        async with (
            service.served() as service_url,
            running_system(env, free_ports(size), home, size=size) as system,
            httpx.AsyncClient(timeout=30) as client,
            running_prometheus(
                TOOLS / "bin" / "prometheus", system, free_port(), home / "prometheus", args.scrape
            ) as prometheus,
        ):
            _write_agents(home, service_url)
            emulators = Emulators(system, client)
            await emulators.configure("openai", scenario=SCENARIO)
            start = time.time()
            people = [*callers(args.calls, chance), lost_caller(chance), refused_caller(chance)]
            people[4:4] = [archive_caller(chance) for _ in range(2)]
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_place(system, people, args.at_once))
                tasks.create_task(Timeline(system, emulators, args.pause).run())
                tasks.create_task(_unsigned_requests(client, system, args.pause))
            # The last scrape must see the records of the last calls.
            await asyncio.sleep(4 * args.scrape)
            end = time.time()
            return await _answers(prometheus, start, end), start, end


def _write_agents(home: Path, service_url: str) -> None:
    folder = home / "agents"
    folder.mkdir()
    for name, content in agents(service_url).items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


async def _place(system: System, people: Sequence[Caller], at_once: int) -> None:
    slots = asyncio.Semaphore(at_once)
    async with (
        open_telephone(system.topology.sandbox_urls["twilio"]) as telephone,
        asyncio.TaskGroup() as tasks,
    ):

        async def call(number: int, caller: Caller) -> None:
            async with slots:
                await asyncio.sleep(min(number, at_once) * _SPACING_S)
                await _call(telephone, system, caller)

        for number, caller in enumerate(people):
            tasks.create_task(call(number, caller))


async def _call(telephone: Telephone, system: System, caller: Caller) -> None:
    url = f"{system.edge_url}/voice?agent={caller.agent}"
    # Faults may end a call, or prevent it: the panels show that, and it is no failure here.
    with suppress(SandboxError, TimeoutError):
        async with asyncio.timeout(_MAX_CALL_S):
            sid = await telephone.call(caller.script, voice_url=url, faults=caller.faults)
            async for _ in telephone.events(sid):
                pass


async def _unsigned_requests(client: httpx.AsyncClient, system: System, pause_s: float) -> None:
    """Requests that Twilio did not sign, as from a scanner of the Internet."""
    for _ in range(_SCANS):
        await asyncio.sleep(pause_s)
        with suppress(httpx.HTTPError):
            await client.post(f"{system.edge_url}/voice", data={"CallSid": "CA" + "0" * 32})


async def _answers(prometheus: Prometheus, start: float, end: float) -> list[Answer]:
    values = dict.fromkeys(variables(), ".*")
    values |= {"__rate_interval": _RATE_WINDOW, "__range": f"{math.ceil(end - start)}s"}
    found = []
    for target in targets():
        query = target.with_values(values)
        if target.instant:
            found.append(Answer(target, query, await prometheus.instant(query, end)))
            continue
        series = await prometheus.range(query, start, end, _STEP_S)
        exemplars = await prometheus.exemplars(query, start, end) if target.exemplars else []
        found.append(Answer(target, query, series, sum(len(group["exemplars"]) for group in exemplars)))
    return found


def _write(answers: Sequence[Answer], start: float, end: float) -> None:
    _TABLE.parent.mkdir(exist_ok=True)
    _TABLE.write_text(table(answers), encoding="utf-8")
    results = [
        {**dataclasses.asdict(answer.target), "query": answer.query, "series": answer.series}
        for answer in answers
    ]
    _DATA.write_text(
        json.dumps({"start": start, "end": end, "step": _STEP_S, "results": results}), encoding="utf-8"
    )


def main() -> int:
    """Run the system, write the files, and report panels without data."""
    args, console = _arguments(), Console()
    if reason := unavailable_reason("prometheus"):
        console.print(f"dashboard-data: {reason}")
        return 2
    answers, start, end = run_bench(_measure(args))
    _write(answers, start, end)
    found = problems(answers)
    for problem in found:
        console.print(problem, soft_wrap=True, markup=False)
    rows = sum(answer.rows for answer in answers)
    console.print(f"{len(answers)} queries, {rows} series, {len(found)} problems: {_TABLE}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
