"""`parley test --against`: plays recorded calls against an agent file and shows what differs."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cli.calls import SystemNotRunning
from cli.testing.against.compare import compare
from cli.testing.against.report import Comparison, html_report, json_report, terminal_report
from cli.testing.case import Case, CaseError, read_case
from cli.testing.collect import NoTests, collect
from cli.testing.from_call.command import ConversionOptions, write_test
from cli.testing.from_call.recorded_call import last_calls, load_call
from cli.testing.play import Result
from cli.testing.run import RunOptions, run_cases, run_stoppable
from cli.testing.system import temporary_home
from cli.testing.turns import summarize
from parley.errors import BusError

_FAILED = 2


@dataclass(frozen=True, slots=True)
class AgainstOptions:
    """The options of `parley test --against`."""

    agent: Path
    home: Path
    """Home of the system that has the recorded calls."""
    run: RunOptions
    """Its targets are tests that `--from-call` wrote."""
    calls: tuple[str, ...] = ()
    """CallSids."""
    last: int = 0


def run_comparison(options: AgainstOptions) -> int:
    """Compare the calls; return 0 if nothing differs, 1 if something does, 2 if no call could be played."""
    console = Console(stderr=options.run.as_json, highlight=False)
    try:
        return run_stoppable(_run(options, console))
    except (SystemNotRunning, BusError, NoTests, CaseError, OSError) as error:
        console.print(Text(str(error), style="red"), soft_wrap=True)
        return _FAILED
    except KeyboardInterrupt:
        console.print("stopped")
        return 130


async def _run(options: AgainstOptions, console: Console) -> int:
    if not options.agent.is_file():
        raise NoTests(f"there is no agent file {options.agent}")
    async with temporary_home() as folder:
        # The expectations are those of the former agent: here, differences are shown instead.
        cases = [
            replace(case, agent_file=options.agent, expect=(), judged=())
            for case in await _cases(options, folder)
        ]
        if not cases:
            raise NoTests(
                "no recorded call: name CallSids with --calls, --last N, or tests made by --from-call"
            )
        started_s = time.monotonic()
        recordings: dict[str, bytes] = {}
        results = await run_cases(cases, options.run, console, recordings, own_models=True)
    if results is None:
        return _FAILED
    found = [_comparison(result) for result in results]
    for one in found:
        console.print(terminal_report(one))
    different = sum(one.differs for one in found)
    console.print(f"\n{different} of {len(found)} calls differ ({time.monotonic() - started_s:.0f} s)")
    if not options.run.live:
        console.print(
            "The model was emulated and repeated the recorded answers: only the agent file's texts, tools and"
            " turn-taking can differ. With --live, its own model answers.",
            style="yellow",
        )
    if options.run.html is not None:
        text = html_report(found, str(options.agent), recordings, datetime.now().astimezone())
        options.run.html.parent.mkdir(parents=True, exist_ok=True)
        options.run.html.write_text(text, encoding="utf-8")
        console.print(f"HTML report: {options.run.html}", soft_wrap=True)
    if options.run.as_json:
        print(json_report(found))
    return int(different > 0)


async def _cases(options: AgainstOptions, folder: Path) -> Sequence[Case]:
    """The calls as tests: converted ones, and those in the files that were named."""
    call_sids = list(options.calls)
    if options.last:
        call_sids += await last_calls(options.home, options.last)
    cases: list[Case] = []
    for call_sid in dict.fromkeys(call_sids):
        call = await load_call(options.home, call_sid)
        conversion = ConversionOptions(call_sid, options.home, folder, to=folder / "calls")
        path, _ = await asyncio.to_thread(write_test, call, conversion)
        cases.append(read_case(path, options.agent))
    if options.run.targets:
        collected = collect(options.run.targets, options.run.words, options.agent)
        for _, error in collected.invalid:
            raise error
        cases += [case for case in collected.cases if case.recorded is not None]
    return cases


def _comparison(result: Result) -> Comparison:
    recorded = result.case.recorded if result.case else None
    if result.outcome is None or recorded is None:
        return Comparison(result.name, error=result.error or "the test has no `recorded` call")
    return Comparison(result.name, compare(recorded, summarize(result.outcome)), result.outcome)
