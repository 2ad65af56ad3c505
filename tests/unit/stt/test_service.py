"""The routes to providers that an agent's calls use."""

from collections.abc import AsyncIterator
from functools import reduce
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from parley.agent_config import AgentConfig, SttConfig
from parley.clock import CallClock
from parley.errors import ConfigError
from parley.events.envelope import Body
from parley.events.facts import CallFacts, evolve
from parley.exception_groups import flatten_group
from parley.runtime.stage import CallContext
from parley.v1.call_pb2 import CallEnded
from parley.v1.reply_pb2 import FallbackRequested
from parley.v1.work_pb2 import CallRecorded, StageFailed
from services.stt.service import SttService, may_transcribe, open_stt
from services.stt.settings import SttSettings
from tests.event_factories import START_US, event
from tests.unit.parley.providers.doubles import installed, make_telemetry

ENTRIES = "[parley.stt]\nplain = fake_stt:PLAIN\nturns = fake_stt:TURNS\nunset = fake_stt:UNSET\n"
PLUGINS = """
from contextlib import asynccontextmanager

from parley.errors import ConfigError
from parley.providers.registry import ProviderPlugin
from tests.unit.stt.doubles import FakeProvider


@asynccontextmanager
async def open_plain(context):
    yield FakeProvider()


@asynccontextmanager
async def open_turns(context):
    yield FakeProvider(flux=True)


@asynccontextmanager
async def open_unset(context):
    raise ConfigError("UNSET_KEY: is required")
    yield


PLAIN, TURNS, UNSET = map(ProviderPlugin, (open_plain, open_turns, open_unset))
"""


@pytest.fixture
async def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[SttService]:
    """A service with three installed providers, without a default agent."""
    settings = SttSettings(agents_dir=str(tmp_path))
    with installed(monkeypatch, tmp_path / "stt_dist", ENTRIES, fake_stt=PLUGINS):
        async with open_stt(settings, make_telemetry()) as opened:
            yield opened


def section(*providers: str) -> SttConfig:
    """An `stt` section with fallbacks of other providers."""
    first, *others = providers
    return SttConfig(
        provider=first, model="m", fallbacks=tuple({"provider": name, "model": "m"} for name in others)
    )


async def names(service: SttService, *providers: str) -> list[str]:
    """The names of the routes."""
    return [route.name for route in await service.routes(section(*providers))]


async def test_a_provider_that_cannot_be_opened_is_skipped(service: SttService) -> None:
    """Its settings may be missing in this deployment."""
    assert await names(service, "unset", "plain") == ["plain/m"]
    with pytest.raises(ConfigError, match="UNSET_KEY"):
        await service.routes(section("unset"))


async def test_a_call_without_a_usable_provider_requests_the_fallback(service: SttService) -> None:
    """Other processes try first; then Twilio continues the call, because no speech can be transcribed."""
    appended: list[Body] = []

    async def append(body: Body) -> None:
        appended.append(body)

    def call(epoch: int) -> CallContext:
        agent = AgentConfig(name="test", prompt="x", stt=section("unset"))
        log = SimpleNamespace(append=append, epoch=epoch, facts=CallFacts())
        return cast("CallContext", SimpleNamespace(agent=agent, log=log, call_sid="CA1"))

    with pytest.raises(ConfigError, match="UNSET_KEY"):
        await service.transcribe(call(epoch=1))
    [failed] = appended
    assert isinstance(failed, StageFailed)
    assert (failed.code, failed.provider) == ("rejected", "unset")

    await service.transcribe(call(epoch=3))
    assert appended[2:] == [FallbackRequested(reason="stt_unavailable")]


async def test_a_fallback_may_detect_turns_differently(service: SttService) -> None:
    """The call changes the kind of turn detection with the route."""
    assert await names(service, "plain", "turns") == ["plain/m", "turns/m"]
    assert await names(service, "turns", "plain") == ["turns/m", "plain/m"]


async def test_an_unknown_provider_is_an_error(service: SttService) -> None:
    """The error lists the installed providers."""
    with pytest.raises(ConfigError, match="plain"):
        await service.routes(section("plain", "missing"))


async def test_a_provider_is_opened_once_for_all_calls(service: SttService) -> None:
    """Its client keeps connections that calls share."""
    [first] = await service.routes(section("plain"))
    [second] = await service.routes(section("plain"))

    assert first.target.provider is second.target.provider


@pytest.mark.usefixtures("service")
async def test_an_unusable_provider_of_the_default_agent_prevents_the_start(tmp_path: Path) -> None:
    """The operator sees the error before the first call."""
    (tmp_path / "front.yaml").write_text("prompt: x\nstt: {provider: unset, model: m}\n")
    settings = SttSettings(agents_dir=str(tmp_path), agent="front")

    with pytest.raises(BaseExceptionGroup) as raised:
        async with open_stt(settings, make_telemetry()):
            pass
    [error] = flatten_group(raised.value)
    assert isinstance(error, ConfigError)
    assert "UNSET_KEY" in str(error)


@pytest.mark.parametrize(
    ("bodies", "now_ms", "expected"),
    [
        ((), 9_000_000, True),
        ((CallEnded(),), 4000, True),
        ((CallEnded(), CallRecorded()), 4000, False),
        ((CallEnded(),), 60_000, False),
    ],
)
def test_a_call_that_has_just_ended_is_transcribed(
    bodies: tuple[Body, ...], now_ms: int, expected: bool
) -> None:
    """Its last words may be missing; a record that is written does not change."""
    facts = reduce(evolve, (event(body) for body in bodies), CallFacts())
    log = SimpleNamespace(facts=facts, clock=CallClock(START_US), now_ms=lambda: now_ms)

    assert may_transcribe(cast("CallContext", SimpleNamespace(log=log))) is expected
