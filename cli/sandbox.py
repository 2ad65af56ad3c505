"""`parley sandbox`: only the emulators, for an agent built with another framework."""

import asyncio
import dataclasses
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.log_lines import LogWatch
from cli.ports import Ports, default_ports
from cli.process import ProcessFailed
from cli.providers import PROVIDERS, SANDBOX_SID, SANDBOX_TOKEN
from cli.system import environment, free_ports, running_processes, taken_ports
from cli.topology import build_topology
from cli.up import log_text, print_failures
from parley.exception_groups import flatten_group
from sandbox.caller.client import SandboxError, open_telephone
from sandbox.caller.placed_call import place_call, read_script, succeeded, summary
from sandbox.caller.script import Script
from sandbox.caller.script_fields import ScriptError

_CALL_TIMEOUT_S = 180.0


@asynccontextmanager
async def running_sandbox(
    given: Mapping[str, str], ports: Ports, home: Path, watch: LogWatch
) -> AsyncIterator[Mapping[str, str]]:
    """Run the emulators; yields their addresses by provider.

    Raises:
        ProcessFailed: an emulator did not start; the message contains the end of its log.
    """
    # With keys in the environment, the topology would leave out the emulators of those providers.
    ours = {name for provider in PROVIDERS for name in (provider.key_variable, provider.url_variable)}
    env = {name: value for name, value in given.items() if name not in ours}
    topology = build_topology(env, ports, str(home), str(Path(sys.executable).parent))
    # The webhook is the other framework's, not that of an edge.
    webhooks = {f"PARLEY_SANDBOX_{name}_URL": given.get(f"PARLEY_SANDBOX_{name}_URL", "") for name in _HOOKS}
    emulators = tuple(
        dataclasses.replace(spec, env={**spec.env, **webhooks})
        for spec in topology.processes
        if spec.name.startswith("sandbox-")
    )
    async with running_processes(emulators, home, on_line=watch):
        yield topology.sandbox_urls


_HOOKS = ("VOICE", "STATUS", "FALLBACK")


async def sandbox(
    home: Path, console: Console, *, voice_url: str, call: bool, script: Path | None, any_ports: bool
) -> int:
    """Run the emulators until Ctrl-C, or until a call has ended; returns the exit code."""
    ports = free_ports() if any_ports else default_ports()
    names = [provider.name for provider in PROVIDERS if not provider.host]
    taken = [] if any_ports else taken_ports(Ports({name: ports.by_name[name] for name in names}))
    if taken:
        console.print(f"[red]ports in use:[/] {', '.join(taken)}; stop that program, or use --any-ports")
        return 1
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    watch = LogWatch(lambda line: console.print(log_text(line)) if line.is_error else None)
    given = {**environment(), "PARLEY_SANDBOX_VOICE_URL": voice_url}
    code = 0
    try:
        caller = read_script(script)
        async with running_sandbox(given, ports, home, watch) as urls:
            console.print(addresses(urls))
            if call:
                code = await _hold_call(urls["twilio"], caller, console)
            else:
                await stop.wait()
    except* (ProcessFailed, OSError) as failed:
        print_failures(failed, console)
        code = 1
    except* (SandboxError, ScriptError) as failed:
        console.print(Text(str(flatten_group(failed)[0]), style="red"))
        code = 1
    return code


def addresses(urls: Mapping[str, str]) -> Table:
    """Table of what to configure in the other framework."""
    table = Table(show_header=False, box=None, title="The sandbox is up", title_justify="left")
    table.add_row("Twilio REST API", urls["twilio"], f"account {SANDBOX_SID}, token {SANDBOX_TOKEN}")
    table.add_row("Deepgram", urls["deepgram"].replace("http", "ws", 1), "any key: /v1/listen, /v2/listen")
    table.add_row("OpenAI", f"{urls['openai']}/v1", "any key; model gpt-6-luna, for example")
    table.add_row("Anthropic", urls["anthropic"], "any key; model claude-haiku-5-5, for example")
    table.add_row("Gemini", urls["gemini"], "any key; model gemini-3.5-flash-lite, for example")
    table.add_row(
        "ElevenLabs", urls["elevenlabs"].replace("http", "ws", 1), "any key; voices: GET /v1/voices"
    )
    table.add_row("Amazon Polly", urls["polly"], f"any access key, secret {SANDBOX_TOKEN}, any region")
    table.add_row("AssemblyAI", urls["assemblyai"].replace("http", "ws", 1), "any key: /v3/ws")
    table.add_row("Cartesia", urls["cartesia"].replace("http", "ws", 1), "any key; voices: GET /voices")
    return table


async def _hold_call(twilio_url: str, script: Script, console: Console) -> int:
    def write(line: str) -> None:
        console.print(Text(line), soft_wrap=True)

    async with open_telephone(twilio_url) as telephone:
        report = await place_call(telephone, script, timeout_s=_CALL_TIMEOUT_S, on_line=write)
    console.print(summary(report))
    return 0 if succeeded(report) else 1
