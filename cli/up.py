"""`parley up`: the whole system on this machine until Ctrl-C."""

import asyncio
import signal
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.calls import is_running
from cli.doctor.local import without_credentials
from cli.log_lines import LogLine, LogWatch
from cli.ports import SINGLE, Size, default_ports
from cli.process import ProcessFailed
from cli.providers import PROVIDERS, Provider, is_real
from cli.start_advice import advise
from cli.system import System, environment, free_ports, running_system, taken_ports
from cli.topology import Topology
from parley.exception_groups import flatten_group


async def up(home: Path, console: Console, *, any_ports: bool = False, size: Size = SINGLE) -> int:
    """Run the system until Ctrl-C or SIGTERM; returns the exit code."""
    ports = free_ports(size) if any_ports else default_ports(size)
    taken = [] if any_ports else taken_ports(ports)
    if taken:
        console.print(f"[red]ports in use:[/] {', '.join(taken)}")
        console.print("A system may be running already: see `parley doctor`. Free the ports and try again.")
        return 1
    if is_running(home):
        console.print(f"[red]a system is already running in {home}:[/] stop it, or choose another --home.")
        return 1
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    code = 0
    watch = LogWatch(lambda line: _show(line, console))
    try:
        with console.status("starting") as status:
            async with running_system(
                environment(),
                ports,
                home,
                size=size,
                on_line=watch,
                on_step=lambda waiting: status.update(f"waiting for {waiting}"),
            ) as system:
                status.stop()
                console.print(summary(system))
                async with asyncio.TaskGroup() as tasks:
                    advising = tasks.create_task(
                        advise(environment(), lambda hint: console.print(hint_text(hint), soft_wrap=True))
                    )
                    await stop.wait()
                    advising.cancel()
                console.print("stopping: handing calls over and writing records …")
    except* ProcessFailed as failed:
        print_failures(failed, console)
        code = 1
    return code


def print_failures(group: BaseException, console: Console) -> None:
    """Print why processes did not start; the last line is the last one that the process wrote."""
    for error in flatten_group(group):
        console.print(Text(str(error), style="red"), soft_wrap=True)


def _show(line: LogLine, console: Console) -> None:
    # The start-up messages of NATS are of no use here; its log file contains them.
    if not line.process.startswith("nats") or line.is_error:
        console.print(log_text(line), soft_wrap=True)


def log_text(line: LogLine) -> Text:
    """A log line, formatted for a terminal."""
    return Text.assemble((f"{line.process:18} ", "dim"), (line.text, line.style))


def hint_text(hint: str) -> Text:
    """A hint about the providers, formatted for a terminal."""
    return Text.assemble(("note ", "yellow"), hint)


def _origin(provider: Provider, topology: Topology) -> str:
    """Whether a provider is real, emulated, or at another address."""
    if provider.name not in topology.real_providers:
        return "emulated by the sandbox"
    url = topology.env.get(provider.url_variable, "")
    return f"at {without_credentials(url)}" if url else "real"


def summary(system: System) -> Table:
    """Table of the system's addresses, folders and commands."""
    table = Table(show_header=False, box=None, title="Parley is up", title_justify="left")
    for provider in PROVIDERS:
        if not provider.host or is_real(provider, system.topology.env):
            table.add_row(provider.name, _origin(provider, system.topology))
    table.add_row("webhooks", f"{system.edge_url}/voice  /status  /fallback")
    if public_url := system.topology.env.get("PARLEY_PUBLIC_URL"):
        table.add_row("public address", public_url)
    table.add_row("recordings", system.topology.env["PARLEY_RECORDINGS_URL"])
    table.add_row("logs", str(system.home / "logs"))
    table.add_row("call it", "parley call")
    table.add_row("stop it", "Ctrl-C")
    return table
