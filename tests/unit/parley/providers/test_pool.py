"""Providers are opened on first use."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.errors import ConfigError
from parley.providers.pool import open_default_provider, open_pool
from parley.providers.registry import ProviderContext
from parley.settings import CommonSettings
from tests.unit.parley.providers.doubles import installed, make_telemetry

PLUGIN = """
import asyncio
from contextlib import asynccontextmanager
from parley.errors import ConfigError
from parley.providers.registry import ProviderPlugin

opened = closed = 0
wrong = []
faults = []
hang, crash = asyncio.Event(), asyncio.Event()

async def work():
    if crash.is_set():
        raise RuntimeError("a fault in the background")

@asynccontextmanager
async def open_fake(context):
    global opened, closed
    opened += 1
    if wrong:
        raise ConfigError(wrong.pop())
    if faults:
        raise faults.pop()
    if hang.is_set():
        await asyncio.Event().wait()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(work())
        yield context.telemetry.service
    closed += 1

PLUGIN = ProviderPlugin(open_fake)
"""


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A provider that counts how often it is opened and closed."""
    with installed(
        monkeypatch, tmp_path / "pool_dist", "[parley.tts]\nfake = pool_plugin:PLUGIN\n", pool_plugin=PLUGIN
    ):
        monkeypatch.delitem(__import__("sys").modules, "pool_plugin", raising=False)
        yield


def counts() -> tuple[int, int]:
    """How often the provider was opened and closed."""
    module = __import__("pool_plugin")
    return module.opened, module.closed


async def test_a_provider_is_opened_once_and_closed_with_the_process() -> None:
    """It is opened once, however many calls use it."""
    context = ProviderContext(make_telemetry())
    async with open_pool("tts", context) as pool:
        assert await asyncio.gather(*(pool.get("fake") for _ in range(3))) == ["test"] * 3
        assert counts() == (1, 0)
    assert counts() == (1, 1)


async def test_a_provider_that_could_not_be_opened_is_tried_again() -> None:
    """The call that needed it fails with the reason; the process continues."""
    async with open_pool("tts", ProviderContext(make_telemetry())) as pool:
        __import__("pool_plugin").wrong.append("TOY_API_KEY: is required")
        with pytest.raises(ConfigError, match="TOY_API_KEY"):
            await pool.get("fake")
        assert await pool.get("fake") == "test"


async def test_a_fault_of_a_provider_while_it_opens_is_a_config_error() -> None:
    """The call can use a fallback, and the text of the fault, which may contain a key, is not passed on."""
    async with open_pool("tts", ProviderContext(make_telemetry())) as pool:
        __import__("pool_plugin").faults.append(RuntimeError("secret"))
        with pytest.raises(ConfigError, match="'fake' cannot be opened: RuntimeError") as raised:
            await pool.get("fake")
        assert "secret" not in str(raised.value)
        assert await pool.get("fake") == "test"


async def test_a_provider_that_fails_in_the_background_does_not_end_the_process() -> None:
    """Other providers stay open; this one is opened again at its next use."""
    async with open_pool("tts", ProviderContext(make_telemetry())) as pool:
        plugin = __import__("pool_plugin")
        plugin.crash.set()
        assert await pool.get("fake") == "test"
        await asyncio.sleep(0.01)
        plugin.crash.clear()

        assert await pool.get("fake") == "test"
        assert counts() == (2, 0)


async def test_a_provider_that_does_not_open_does_not_delay_the_end() -> None:
    """A call that has ended does not wait for it."""
    async with asyncio.timeout(5), open_pool("tts", ProviderContext(make_telemetry())) as pool:
        __import__("pool_plugin").hang.set()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await pool.get("fake")


async def test_a_call_that_ends_while_it_waits_does_not_affect_others() -> None:
    """The provider is opened for all calls that wait for it."""
    async with open_pool("tts", ProviderContext(make_telemetry())) as pool:
        ended = asyncio.create_task(pool.get("fake"))
        other = asyncio.create_task(pool.get("fake"))
        await asyncio.sleep(0)
        ended.cancel()
        assert await other == "test"


async def test_an_unknown_provider_is_refused() -> None:
    """It is refused on first use."""
    async with open_pool("tts", ProviderContext(make_telemetry())) as pool:
        with pytest.raises(ConfigError, match="nobody"):
            await pool.get("nobody")


async def test_the_default_agents_provider_is_opened_at_the_start(tmp_path: Path) -> None:
    """A wrong setting of it ends the process; an agent that cannot be loaded does not."""
    settings = CommonSettings(agents_dir=str(tmp_path), agent="shop")
    async with open_pool("tts", ProviderContext(make_telemetry())) as pool:
        await open_default_provider(pool, "tts", settings)
        (tmp_path / "shop.yaml").write_text("prompt: x\ntts: {provider: fake}\n")
        await open_default_provider(pool, "tts", settings)
        assert counts() == (1, 0)

        (tmp_path / "shop.yaml").write_text("prompt: x\ntts: {provider: nobody}\n")
        with pytest.raises(ConfigError, match=r"agent shop: tts\.provider"):
            await open_default_provider(pool, "tts", settings)
