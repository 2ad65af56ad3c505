"""`parley test`: runs the conversation tests of agents and reports the results."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cli.calls import SystemNotRunning
from cli.process import ProcessFailed
from cli.recording import path_of
from cli.system import environment
from cli.testing.agents import PreparedCase, prepare
from cli.testing.case import CaseError
from cli.testing.collect import Collected, NoTests, collect
from cli.testing.model import ModelAddress
from cli.testing.play import Options, Result, play_all
from cli.testing.reports import html_report, json_report, junit, terminal
from cli.testing.reports.recording_audio import compressed
from cli.testing.system import own_system, temporary_home
from cli.topology import SANDBOX_TOKEN
from parley.agent_config import LlmConfig
from parley.errors import BusError
from parley.exception_groups import flatten_group

_USAGE_ERROR = 2


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of `parley test`."""

    targets: tuple[Path, ...]
    words: str = ""
    agent: Path | None = None
    concurrency: int = 8
    timeout_s: float | None = None
    live: bool = False
    model: str = ""
    """The model that judges and plays callers, with `live`."""
    junit: Path | None = None
    html: Path | None = None
    as_json: bool = False
    show_events: bool = False


def run_tests(options: RunOptions) -> int:
    """Run the tests; return 0 if all passed, 1 if not, 2 if none could be run."""
    # With --json, standard output has nothing but the report.
    console = Console(stderr=options.as_json, highlight=False)
    try:
        collected = collect(options.targets, options.words, options.agent)
    except NoTests as error:
        console.print(Text(str(error), style="red"), soft_wrap=True)
        return _USAGE_ERROR
    started_s, recordings = time.monotonic(), dict[str, bytes]()
    try:
        results = asyncio.run(_run(collected, options, console, recordings))
    except KeyboardInterrupt:
        console.print("stopped")
        return 130
    if results is None:
        return _USAGE_ERROR
    return _report(results, options, console, time.monotonic() - started_s, recordings)


async def _run(
    collected: Collected, options: RunOptions, console: Console, recordings: dict[str, bytes]
) -> list[Result] | None:
    """The result of every test, the invalid ones among them; None if the system did not start."""
    results = [Result(path.stem, "", error=str(error), path=path) for path, error in collected.invalid]
    total = len(collected.cases) + len(results)
    done = 0

    def show(result: Result) -> None:
        nonlocal done
        done += 1
        console.print(terminal.progress_line(result, done, total), soft_wrap=True)

    for result in results:
        show(result)
    started = False
    try:
        async with temporary_home() as home:
            prepared = await asyncio.to_thread(prepare, collected.cases, home / "agents", live=options.live)
            for case, item in zip(collected.cases, prepared, strict=True):
                if isinstance(item, CaseError):
                    results.append(Result(case.name, case.about, error=str(item), path=case.path, case=case))
                    show(results[-1])
            playable = [item for item in prepared if isinstance(item, PreparedCase)]
            if playable:
                results += await _play(playable, home, options, console, show, recordings)
            started = True
    except* (ProcessFailed, BusError, SystemNotRunning) as failed:
        for error in flatten_group(failed):
            console.print(Text(str(error), style="red"), soft_wrap=True)
    return results if started else None


async def _play(
    cases: Sequence[PreparedCase],
    home: Path,
    options: RunOptions,
    console: Console,
    show: Callable[[Result], None],
    recordings: dict[str, bytes],
) -> list[Result]:
    with console.status("starting a system for the tests") as status:
        async with own_system(
            environment(),
            home / "agents",
            home,
            live=options.live,
            on_step=lambda waiting: status.update(f"starting: waiting for {waiting or 'nothing'}"),
        ) as system:
            status.stop()
            playing = Options(options.concurrency, options.timeout_s, _model(options, system.environment))
            results = await play_all(system.addresses, cases, playing, show)
            if options.html is not None:
                # The recordings are deleted with the system.
                recordings.update(await asyncio.to_thread(_recordings, results))
            return results


def _model(options: RunOptions, env: Mapping[str, str]) -> ModelAddress | None:
    """The real model for judgements and callers; None without `--live` or a key."""
    key = env.get("OPENAI_API_KEY", "")
    if not options.live or not key or key == SANDBOX_TOKEN:
        return None
    return ModelAddress(env.get("OPENAI_BASE_URL", ""), key, options.model or LlmConfig().model)


def _recordings(results: Sequence[Result]) -> dict[str, bytes]:
    """The recordings of the calls, compressed, by CallSid."""
    urls = {r.outcome.played.call_sid: r.outcome.recording_url for r in results if r.outcome is not None}
    found = {call_sid: compressed(Path(path_of(url))) for call_sid, url in urls.items() if url}
    return {call_sid: audio for call_sid, audio in found.items() if audio}


def _report(
    results: Sequence[Result],
    options: RunOptions,
    console: Console,
    seconds: float,
    recordings: Mapping[str, bytes],
) -> int:
    for result in results:
        if not result.passed:
            console.print(terminal.failure_text(result, events=options.show_events), soft_wrap=True)
    console.print(terminal.totals_text(results, seconds))
    if options.junit is not None:
        _write(options.junit, junit.junit_xml(results))
        console.print(f"JUnit report: {options.junit}", soft_wrap=True)
    if options.html is not None:
        page = html_report.html_page(results, seconds, recordings, datetime.now().astimezone())
        _write(options.html, page.encode())
        console.print(f"HTML report: {options.html}", soft_wrap=True)
    if options.as_json:
        print(json_report.json_text(results, seconds))
    return int(not all(result.passed for result in results))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
