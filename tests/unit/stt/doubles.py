"""A provider, a chain of routes and a log for tests of stt."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from parley.agent_config import SttConfig
from parley.circuit_breaker import CircuitBreakers
from parley.errors import ProviderError
from parley.events.envelope import Body
from parley.providers.fallback_chain import FallbackChain, Route
from parley.providers.stt import SttConnection, SttEvent
from parley.v1.work_pb2 import StageFailed
from services.stt.provider_connection import CONNECTION_POLICY
from services.stt.stt_route import AnswerLimits, SttRoute
from tests.unit.parley.providers.doubles import make_telemetry


class SilentConnection:
    """A connection that accepts audio and sends nothing."""

    async def send(self, audio: bytes, at_ms: int) -> None:
        """Accept audio."""

    async def finalize(self) -> None:
        """Accept the request."""

    async def keep_alive(self) -> None:
        """Accept the request."""

    async def run(self, on_event: Callable[[SttEvent], Awaitable[None]]) -> None:  # noqa: ARG002 - sends none
        """Wait forever."""
        await asyncio.Event().wait()


@dataclass
class FakeProvider:
    """A provider that fails as planned, per model: when it connects, or `later` while it is connected."""

    failures: Mapping[str, ProviderError] = field(default_factory=dict)
    later: bool = False
    flux: bool = False
    reports: bool = True
    connection: type[SilentConnection] = SilentConnection
    opened: list[str] = field(default_factory=list)
    """The models of all attempts to connect."""

    def detects_turns(self, _config: SttConfig) -> bool:
        """Return `flux`."""
        return self.flux

    def reports_silence(self, _config: SttConfig) -> bool:
        """Return `reports`."""
        return self.reports

    @asynccontextmanager
    async def connect(self, config: SttConfig, _call_sid: str) -> AsyncIterator[SttConnection]:
        """Open a connection, or fail."""
        self.opened.append(config.model)
        failure = self.failures.get(config.model)
        if failure is not None and not self.later:
            raise failure
        connection = self.connection()
        if failure is not None:
            connection.run = _failing(failure)  # type: ignore[method-assign, assignment]
        yield connection


def _failing(failure: ProviderError) -> Callable[[Callable[[SttEvent], Awaitable[None]]], Awaitable[None]]:
    async def run(_on_event: Callable[[SttEvent], Awaitable[None]]) -> None:
        raise failure

    return run


def make_chain(
    provider: FakeProvider,
    *models: str,
    breakers: CircuitBreakers | None = None,
    reports: list[StageFailed] | None = None,
    limits: AnswerLimits | None = None,
) -> FallbackChain[SttRoute]:
    """A chain of routes to models of one provider."""

    async def report(failed: StageFailed) -> None:
        if reports is not None:
            reports.append(failed)

    return FallbackChain(
        "stt",
        "CA1",
        "clinic",
        [
            Route(
                model,
                "fake",
                model,
                SttRoute(provider, SttConfig(model=model), limits or AnswerLimits()),
            )
            for model in models
        ],
        breakers or CircuitBreakers(),
        make_telemetry(),
        report=report,
        policy=CONNECTION_POLICY,
    )


@dataclass
class FakeLog:
    """A call's log in memory, at a call time that the test sets."""

    time_ms: int = 0
    bodies: list[Body] = field(default_factory=list)

    def now_ms(self) -> int:
        """The call time that was set."""
        return self.time_ms

    async def append(self, body: Body) -> None:
        """Keep the event."""
        self.bodies.append(body)
