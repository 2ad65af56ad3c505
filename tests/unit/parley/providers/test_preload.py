"""Providers of all agent files are opened when a process starts."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.providers.pool import open_pool
from parley.providers.preload import preload_providers
from parley.providers.registry import ProviderContext
from parley.settings import CommonSettings
from tests.unit.parley.providers.doubles import installed, make_telemetry

PLUGIN = """
import asyncio
from contextlib import asynccontextmanager
from parley.providers.registry import ProviderPlugin

opened = []

@asynccontextmanager
async def open_first(context):
    opened.append("first")
    yield "first"

@asynccontextmanager
async def open_broken(context):
    raise RuntimeError("no key")
    yield

@asynccontextmanager
async def open_hanging(context):
    await asyncio.Event().wait()
    yield

FIRST, BROKEN, HANGING = map(ProviderPlugin, (open_first, open_broken, open_hanging))
"""
ENTRY_POINTS = "[parley.llm]\n" + "".join(
    f"{name} = preload_plugin:{name.upper()}\n" for name in ("first", "broken", "hanging")
)


@pytest.fixture(autouse=True)
def providers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Three installed providers: one cannot be opened, one does not open in time."""
    with installed(monkeypatch, tmp_path / "dist", ENTRY_POINTS, preload_plugin=PLUGIN):
        monkeypatch.delitem(__import__("sys").modules, "preload_plugin", raising=False)
        yield


async def test_every_agent_file_counts(tmp_path: Path) -> None:
    """Each provider is opened once; broken files and providers only affect the calls that need them."""
    agents = tmp_path / "agents"
    agents.mkdir()
    for name, text in {
        "a": "prompt: x\nllm: {provider: first}",
        "b": "prompt: x\nllm: {provider: broken, fallbacks: [{provider: first}]}",
        "c": "no: [yaml",
        "d": "prompt: x\nllm: {provider: unknown}",
    }.items():
        (agents / f"{name}.yaml").write_text(text)
    async with open_pool("llm", ProviderContext(make_telemetry())) as pool:
        await preload_providers(pool, "llm", CommonSettings(agents_dir=str(agents)))

        assert __import__("preload_plugin").opened == ["first"]


async def test_a_provider_that_does_not_open_does_not_delay_the_start(tmp_path: Path) -> None:
    """The process serves the calls of the other agents."""
    (tmp_path / "a.yaml").write_text("prompt: x\nllm: {provider: hanging, fallbacks: [{provider: first}]}")
    async with asyncio.timeout(5), open_pool("llm", ProviderContext(make_telemetry())) as pool:
        await preload_providers(pool, "llm", CommonSettings(agents_dir=str(tmp_path)), timeout_s=0.01)

        assert __import__("preload_plugin").opened == ["first"]
