"""Start a whole system on this machine, and stop it without leaving anything behind."""

import asyncio
import dataclasses
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from cli.free_port import free_port
from cli.ports import SINGLE, Ports, Size, port_names
from cli.process import ChildProcess, OnLine, ProcessFailed
from cli.topology import ProcessSpec, Topology, build_topology, to_json

_READY_TIMEOUT_S = 60.0
_STATE_FILE = "system.json"


@dataclass(frozen=True, slots=True)
class System:
    """A running system."""

    topology: Topology
    processes: Mapping[str, ChildProcess]
    home: Path

    @property
    def edge_url(self) -> str:
        """Base URL for webhooks from Twilio."""
        return self.topology.edge_url

    def postgres_pid(self) -> int:
        """Process id of the Postgres started here, or 0."""
        try:
            return int((self.home / "postgres" / "postmaster.pid").read_text("utf-8").splitlines()[0])
        except (OSError, ValueError, IndexError):
            return 0

    def pids(self) -> dict[str, int]:
        """Process ids by name."""
        return {name: process.pid for name, process in self.processes.items()}


def free_ports(size: Size = SINGLE) -> Ports:
    """Ports that are free now, and that no other process is given while the system starts."""
    return Ports({name: free_port() for name in port_names(size)})


def taken_ports(ports: Ports) -> list[str]:
    """The ports that are in use, as `name port`."""
    taken = []
    for name, port in ports.by_name.items():
        with socket.socket() as sock:
            sock.settimeout(0.2)
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                taken.append(f"{name} {port}")
    return taken


@asynccontextmanager
async def running_system(
    environment: Mapping[str, str],
    ports: Ports,
    home: Path,
    *,
    overrides: Mapping[str, str] | None = None,
    size: Size = SINGLE,
    unused: Collection[str] = (),
    on_line: OnLine = lambda _name, _line: None,
    on_step: Callable[[str], None] = lambda _step: None,
) -> AsyncIterator[System]:
    """Run NATS, Postgres, the emulators and the services; all are ready on entry and stopped on exit.

    No emulator replaces the `unused` providers.

    Raises:
        ProcessFailed: a process did not start; the message contains the end of its log.
    """
    home = await asyncio.to_thread(home.resolve)
    logs = home / "logs"
    await asyncio.to_thread(logs.mkdir, parents=True, exist_ok=True)
    topology = build_topology(
        environment, ports, str(home), str(Path(sys.executable).parent), overrides, size, unused
    )
    async with AsyncExitStack() as stack, httpx.AsyncClient() as client:
        if topology.starts_postgres:
            on_step("Postgres")
            url = await stack.enter_async_context(running_postgres(home / "postgres"))
            topology = _with_env(topology, {"PARLEY_POSTGRES_URL": url})
        processes: dict[str, ChildProcess] = {}
        if topology.nats:
            on_step("NATS")
            await _start(stack, client, topology.nats, processes, logs, on_line, on_step)
        await _start(stack, client, topology.processes, processes, logs, on_line, on_step)
        state = home / _STATE_FILE
        state.write_text(to_json(topology.edge_url, topology.sandbox_urls, topology.env), encoding="utf-8")
        stack.callback(state.unlink, missing_ok=True)
        yield System(topology, processes, home)


@asynccontextmanager
async def running_processes(
    specs: tuple[ProcessSpec, ...], home: Path, *, on_line: OnLine = lambda _name, _line: None
) -> AsyncIterator[Mapping[str, ChildProcess]]:
    """Run processes; all are ready on entry and stopped on exit.

    Raises:
        ProcessFailed: a process did not start; the message contains the end of its log.
    """
    logs = home / "logs"
    await asyncio.to_thread(logs.mkdir, parents=True, exist_ok=True)
    processes: dict[str, ChildProcess] = {}
    async with AsyncExitStack() as stack, httpx.AsyncClient() as client:
        await _start(stack, client, specs, processes, logs, on_line, lambda _waiting: None)
        yield processes


def _with_env(topology: Topology, more: Mapping[str, str]) -> Topology:
    env = {**topology.env, **more}
    processes = tuple(dataclasses.replace(spec, env={**spec.env, **more}) for spec in topology.processes)
    return dataclasses.replace(topology, env=env, processes=processes)


async def _start(
    stack: AsyncExitStack,
    client: httpx.AsyncClient,
    specs: tuple[ProcessSpec, ...],
    processes: dict[str, ChildProcess],
    logs: Path,
    on_line: OnLine,
    on_step: Callable[[str], None],
) -> None:
    group = await stack.enter_async_context(
        running_children([ChildProcess(spec, logs, on_line) for spec in specs])
    )
    waiting = {child.spec.name for child in group}

    async def wait(child: ChildProcess) -> None:
        await child.ready(client, _READY_TIMEOUT_S)
        waiting.discard(child.spec.name)
        on_step(", ".join(sorted(waiting)))

    results = await asyncio.gather(*(wait(child) for child in group), return_exceptions=True)
    failed = [result for result in results if isinstance(result, BaseException)]
    if failed:
        raise failed[0]
    processes.update({child.spec.name: child for child in group})


@asynccontextmanager
async def running_children(children: list[ChildProcess]) -> AsyncIterator[list[ChildProcess]]:
    """Run processes, each restarted when it exits; all are stopped on exit."""
    async with asyncio.TaskGroup() as tasks:
        for child in children:
            tasks.create_task(child.run(), name=child.spec.name)
        try:
            yield children
        finally:
            await asyncio.gather(*(child.stop() for child in children))


@asynccontextmanager
async def running_postgres(folder: Path) -> AsyncIterator[str]:
    """Run a Postgres server in a folder; yields its address."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-m", "cli.postgres", str(folder)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - PIPE is passed above
        assert process.stderr is not None  # noqa: S101 - as above
        async with asyncio.timeout(_READY_TIMEOUT_S):
            url = (await process.stdout.readline()).decode().strip()
        if not url:
            raise ProcessFailed(f"Postgres did not start: {(await process.stderr.read()).decode()[-2000:]}")
        yield url
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


def wipe(home: Path) -> None:
    """Remove streams, tables and logs of an earlier system in `home`; recordings stay."""
    for path in (*home.glob("nats*"), home / "postgres", home / "logs"):
        shutil.rmtree(path, ignore_errors=True)


def environment() -> dict[str, str]:
    """The environment to pass to the services."""
    return dict(os.environ)
