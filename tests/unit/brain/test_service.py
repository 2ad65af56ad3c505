"""Tests for the start of the service and for agents that it cannot serve."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from parley.agent_config import AgentConfig, LlmConfig
from parley.errors import ConfigError
from parley.events.envelope import Body
from parley.exception_groups import flatten_group
from parley.runtime.stage import CallContext
from parley.v1.call_pb2 import CallEnded, CallStarted
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import FallbackRequested
from parley.v1.work_pb2 import StageFailed
from services.brain.service import open_service
from services.brain.settings import BrainSettings
from tests.event_factories import event
from tests.unit.parley.providers.doubles import make_telemetry

UNKNOWN = AgentConfig(name="test", prompt="x", llm=LlmConfig(provider="nowhere"))


async def serve(folder: Path, *history: Event) -> list[Body]:
    """Serve a call whose agent names a provider that is not installed; return the appended events."""
    appended: list[Body] = []

    async def append(body: Body) -> None:
        appended.append(body)

    ended = any(past.HasField("call_ended") for past in history)
    requested = any(past.HasField("fallback_requested") for past in history)
    log = SimpleNamespace(facts=SimpleNamespace(fallback_requested=requested), append=append)
    call = SimpleNamespace(
        agent=UNKNOWN, log=log, call_sid="CA1", ended=ended, call_agents=None, started=CallStarted()
    )
    async with open_service(BrainSettings(agents_dir=str(folder)), make_telemetry()) as serve_call:
        await serve_call(cast("CallContext", call))
    return appended


async def test_an_unusable_provider_leads_to_the_fallback(tmp_path: Path) -> None:
    """The failure names the key of the agent file."""
    failed, requested = await serve(tmp_path)

    assert isinstance(failed, StageFailed)
    assert (failed.code, failed.provider) == ("rejected", "nowhere")
    assert "llm.provider" in failed.message
    assert requested == FallbackRequested(reason="llm_unavailable")


async def test_the_fallback_of_an_unusable_provider_is_requested_once(tmp_path: Path) -> None:
    """It is not requested again by the next owner, nor for a call that has ended."""
    assert await serve(tmp_path, event(FallbackRequested(reason="llm_unavailable"))) == []
    assert await serve(tmp_path, event(CallEnded())) == []


async def test_an_unusable_provider_of_the_default_agent_prevents_the_start(tmp_path: Path) -> None:
    """The operator sees the error before the first call."""
    (tmp_path / "front.yaml").write_text("prompt: x\nllm: {provider: nowhere}\n")
    settings = BrainSettings(agents_dir=str(tmp_path), agent="front")

    with pytest.raises(BaseExceptionGroup) as raised:
        async with open_service(settings, make_telemetry()):
            pass
    [error] = flatten_group(raised.value)
    assert isinstance(error, ConfigError)
    assert "llm.provider" in str(error)
