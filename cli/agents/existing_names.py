"""Reads what exists in a running system, for the check of agent files."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import asyncpg

from cli.agents.checks import check_files
from cli.agents.references import ExistingNames
from cli.call_log import open_bus
from cli.calls import SystemNotRunning, environment_of, nats_url_of
from parley.agent_config import parse_agent
from parley.agent_store import AgentBucket, LoadedAgent
from parley.errors import BusError, ConfigError

_DATABASE_TIMEOUT_S = 3.0


def existing_names(home: Path, folder: str, checked: Collection[str]) -> tuple[ExistingNames, str]:
    """Return the names beside the checked agents, and why those of the system are missing; empty if not.

    The reason is empty, too, without a running system and `PARLEY_NATS_URL`.
    """
    paths = [path for path in sorted(Path(folder).glob("*.yaml")) if path.stem not in checked]
    others = tuple(each.agent for each in check_files(paths) if each.agent is not None)
    existing = ExistingNames(files=others)
    try:
        url = nats_url_of(home)
    except SystemNotRunning:
        return existing, ""
    try:
        return asyncio.run(_of_system(existing, home, url)), ""
    except BusError as error:
        return existing, f"not compared with the applied versions: {error}"


async def _of_system(existing: ExistingNames, home: Path, nats_url: str) -> ExistingNames:
    async with open_bus(nats_url) as bus:
        existing = replace(existing, applied=await _applied(AgentBucket(bus)))
    try:
        url = environment_of(home).get("PARLEY_POSTGRES_URL", "")
    except SystemNotRunning:
        url = ""
    if not url:
        return existing
    try:
        async with asyncio.timeout(_DATABASE_TIMEOUT_S):
            connection = await asyncpg.connect(url)
            try:
                bases = await connection.fetch("SELECT name FROM knowledge_bases")
                calendars = await connection.fetch("SELECT name FROM calendars")
            finally:
                await connection.close()
    except (OSError, TimeoutError, asyncpg.PostgresError):
        # The names in the database are checked by `parley doctor` as well.
        return existing
    return replace(
        existing,
        knowledge_bases=frozenset(str(row["name"]) for row in bases),
        calendars=frozenset(str(row["name"]) for row in calendars),
    )


async def _applied(bucket: AgentBucket) -> tuple[LoadedAgent, ...]:
    found = []
    for name, pointer in (await bucket.current()).items():
        text = await bucket.text(name, pointer.version) if pointer.version else None
        if text is None:
            continue
        try:
            config = parse_agent(text, name, f"{name} (version {pointer.version})")
        except ConfigError:
            # Of another release: the processes leave it out and log it.
            continue
        found.append(LoadedAgent(name, pointer.version, config, text))
    return tuple(found)
