"""Runs tests on a system: starts or finds it, writes the agent files, plays the calls."""

import asyncio
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.text import Text

from cli.calls import SystemNotRunning
from cli.data.problems import ImportRefused
from cli.data.session import DataUnavailable
from cli.data.storing import store_folder
from cli.process import ProcessFailed
from cli.providers import SANDBOX_TOKEN
from cli.recording import path_of
from cli.system import environment
from cli.testing.agents import Folders, PreparedCase, Providers, prepare
from cli.testing.case import Case, CaseError
from cli.testing.knowledge import KnowledgeFailed, index_knowledge, knowledge_folders
from cli.testing.model import ModelAddress
from cli.testing.play import Options, Result, play_all
from cli.testing.reports import terminal
from cli.testing.reports.recording_audio import compressed
from cli.testing.system import SystemUnderTest, existing_system, own_system, temporary_home
from parley.agent_config import LlmConfig
from parley.errors import BusError
from parley.exception_groups import flatten_group

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of `parley test`."""

    targets: tuple[Path, ...]
    words: str = ""
    agent: Path | None = None
    home: Path | None = None
    """Home of a running system to use; None to start one."""
    concurrency: int = 8
    timeout_s: float | None = None
    live: bool = False
    model: str = ""
    """The model that judges and plays callers, with `live`."""
    junit: Path | None = None
    html: Path | None = None
    as_json: bool = False
    show_events: bool = False


async def run_cases(
    cases: Sequence[Case],
    options: RunOptions,
    console: Console,
    recordings: dict[str, bytes],
    *,
    invalid: Sequence[Result] = (),
    own_models: bool = False,
) -> list[Result] | None:
    """Run tests and return the result of each, after the `invalid` ones; None if the system did not start.

    Args:
        cases: The tests.
        options: How to run them.
        console: For progress and errors of the system.
        recordings: Gets the compressed recordings by CallSid, if the options name an HTML report.
        invalid: Results of files that are not valid tests.
        own_models: Let agents keep a model that is a scenario of the emulator.
    """
    results: list[Result] = []
    total = len(cases) + len(invalid)

    def show(result: Result) -> None:
        results.append(result)
        console.print(terminal.progress_line(result, len(results), total), soft_wrap=True)

    for result in invalid:
        show(result)
    if not cases:
        return results
    finished = False
    try:
        async with temporary_home() as home, _system(home, options, console) as system:
            # A running system has the providers that it has.
            providers = Providers(system.emulated, live=options.live or options.home is not None)
            if options.live and "llm" in system.emulated:
                console.print(
                    "--live: the model is emulated, because OPENAI_API_KEY is not set", style="yellow"
                )
            tag = f"-{secrets.token_hex(3)}" if options.home else ""
            folders = Folders(system.agents, home / "scenarios", is_own=options.home is None, tag=tag)
            prepared = await asyncio.to_thread(prepare, cases, folders, providers, own_models=own_models)
            if options.home is None:
                files = [case.agent_file for case in cases if case.agent_file]
                await index_knowledge(system.environment["PARLEY_POSTGRES_URL"], knowledge_folders(files))
                for folder in dict.fromkeys(path.absolute().parent for path in files):
                    await store_folder(system.environment["PARLEY_POSTGRES_URL"], folder / "data")
            try:
                await _play(cases, prepared, system, options, show, recordings)
            finally:
                await asyncio.to_thread(folders.remove_written)
            finished = True
    except* (
        ProcessFailed,
        BusError,
        SystemNotRunning,
        KnowledgeFailed,
        ImportRefused,
        DataUnavailable,
    ) as failed:
        for error in flatten_group(failed):
            console.print(Text(str(error), style="red"), soft_wrap=True)
    return results if finished else None


def run_stoppable(work: Coroutine[Any, Any, T]) -> T:
    """Run until the end, or until Ctrl-C or SIGTERM: then all processes are stopped.

    Raises:
        KeyboardInterrupt: it was stopped.
    """

    async def run() -> T:
        task = asyncio.current_task()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: task and task.cancel())
        return await work

    try:
        return asyncio.run(run())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


@asynccontextmanager
async def _system(home: Path, options: RunOptions, console: Console) -> AsyncIterator[SystemUnderTest]:
    if options.home is not None:
        async with existing_system(options.home) as system:
            yield system
        return
    with console.status("starting a system for the tests") as status:
        async with own_system(
            environment(),
            home / "agents",
            home,
            live=options.live,
            on_step=lambda waiting: status.update(f"starting: waiting for {waiting or 'nothing'}"),
        ) as system:
            status.stop()
            yield system


async def _play(
    cases: Sequence[Case],
    prepared: Sequence[PreparedCase | CaseError],
    system: SystemUnderTest,
    options: RunOptions,
    show: Callable[[Result], None],
    recordings: dict[str, bytes],
) -> None:
    for case, item in zip(cases, prepared, strict=True):
        if isinstance(item, CaseError):
            show(Result(case.name, case.about, error=str(item), path=case.path, case=case))
    playable = [item for item in prepared if isinstance(item, PreparedCase)]
    if not playable:
        return
    playing = Options(options.concurrency, options.timeout_s, _model(options, system.environment))
    results = await play_all(system.addresses, playable, playing, show)
    if options.html is not None:
        # The recordings are deleted with the system.
        recordings.update(await asyncio.to_thread(_recordings, results))


def _model(options: RunOptions, env: Mapping[str, str]) -> ModelAddress | None:
    """The real model for judgements and callers; None without `--live` or a key."""
    key = env.get("OPENAI_API_KEY", "")
    if not (options.live or options.home) or not key or key == SANDBOX_TOKEN:
        return None
    return ModelAddress(env.get("OPENAI_BASE_URL", ""), key, options.model or LlmConfig().model)


def _recordings(results: Sequence[Result]) -> dict[str, bytes]:
    """The recordings of the calls, compressed, by CallSid."""
    urls = {r.outcome.played.call_sid: r.outcome.recording_url for r in results if r.outcome is not None}
    found = {call_sid: compressed(Path(path_of(url))) for call_sid, url in urls.items() if url}
    return {call_sid: audio for call_sid, audio in found.items() if audio}
