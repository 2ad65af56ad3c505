"""The connection to a provider is replaced when it fails and ends with the call."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import ClassVar

import pytest

from parley.agent_config import SttConfig
from parley.circuit_breaker import CircuitBreakers
from parley.errors import ProviderError, ProviderRejected, ProviderUnavailable
from parley.providers.latency_limits import LatencyLimit, LimitRange
from parley.providers.stt import FinalTranscript, KeepAlive, SttConnection, SttEvent
from parley.v1.work_pb2 import StageFailed
from services.stt import provider_connection
from services.stt.audio_buffer import AudioBuffer
from services.stt.provider_connection import ProviderConnection
from services.stt.stt_route import FIRST_RESPONSE, AnswerLimits, SttRoute
from tests.eventually import eventually
from tests.field import virtual_time
from tests.unit.stt.doubles import FakeProvider, SilentConnection, make_chain

DOWN = ProviderUnavailable("fake", "down")
REJECTED = ProviderRejected("fake", "wrong key")


class BreakingConnection(SilentConnection):
    """A connection that fails at the moment at which it is cancelled."""

    async def run(self, on_event: Callable[[SttEvent], Awaitable[None]]) -> None:
        """Wait, then fail."""
        try:
            await super().run(on_event)
        finally:
            raise ProviderUnavailable("fake", "the connection was lost")


class DelayedConnection(SilentConnection):
    """A connection that sends one event after 0.1 s."""

    async def run(self, on_event: Callable[[SttEvent], Awaitable[None]]) -> None:
        """Send KeepAlive, then nothing."""
        await asyncio.sleep(0.1)
        await on_event(KeepAlive())
        await super().run(on_event)


class RespondingConnection(SilentConnection):
    """A connection that sends one event and fails."""

    async def run(self, on_event: Callable[[SttEvent], Awaitable[None]]) -> None:
        """Send KeepAlive, then fail."""
        await on_event(KeepAlive())
        raise DOWN


class FailingConnection(SilentConnection):
    """A connection that fails at once."""

    async def run(self, on_event: Callable[[SttEvent], Awaitable[None]]) -> None:  # noqa: ARG002 - sends none
        """Fail."""
        raise DOWN


async def ignore_event(_event: SttEvent) -> None:
    """Do nothing."""


async def ignore_loss() -> None:
    """Do nothing."""


@asynccontextmanager
async def running(connection: ProviderConnection) -> AsyncIterator[asyncio.Task[None]]:
    """The connection's task, until it is cancelled at the end."""
    task = asyncio.create_task(connection.run())
    yield task
    task.cancel()
    await asyncio.wait([task], timeout=1)


@pytest.fixture
def quick_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Removes the delay between attempts."""
    monkeypatch.setattr(provider_connection, "_MIN_RETRY_DELAY_S", 0.0)
    monkeypatch.setattr(provider_connection, "_MAX_RETRY_DELAY_S", 0.0)


async def attempts(
    provider: FakeProvider, count: int, *models: str, breakers: CircuitBreakers | None = None
) -> list[str]:
    """The models of the first `count` attempts that one call makes after those made so far."""
    before = len(provider.opened)
    chain = make_chain(provider, *models, breakers=breakers)
    async with running(ProviderConnection(chain, AudioBuffer(0), ignore_event, ignore_loss)):
        await eventually(lambda: len(provider.opened) >= before + count, interval_s=0)
    return provider.opened[before : before + count]


async def test_a_connection_that_fails_while_it_is_cancelled_is_not_replaced() -> None:
    """Otherwise a superseded owner would never end, and would keep the call from the next owner."""
    provider, reports = FakeProvider(connection=BreakingConnection), list[StageFailed]()
    chain = make_chain(provider, "nova-3", reports=reports)
    async with running(ProviderConnection(chain, AudioBuffer(0), ignore_event, ignore_loss)) as task:
        await asyncio.sleep(0.01)

    assert task.cancelled()
    assert provider.opened == ["nova-3"]
    assert reports == []


async def failures_after(frames: int) -> int:
    """The losses of a provider that sends nothing, while the caller speaks for some frames of 10 ms."""
    losses = 0

    async def on_lost() -> None:
        nonlocal losses
        losses += 1

    connection = ProviderConnection(
        make_chain(
            FakeProvider(), "nova-3", limits=AnswerLimits(response=LatencyLimit(LimitRange(0.2, 0.4, 4.0)))
        ),
        AudioBuffer(0),
        ignore_event,
        on_lost,
        connect_grace_s=0.1,
        standby_s=0.2,
    )
    async with running(connection):
        for _ in range(frames):
            connection.notify_audio(speaking=True)
            await asyncio.sleep(0.01)
            if losses:
                break
        await asyncio.sleep(1.0)
    return losses


async def test_a_provider_that_does_not_respond_to_speech_is_replaced() -> None:
    """A provider that receives nothing, because the line is frozen, has nothing to respond to."""
    assert await failures_after(70) >= 1
    assert await failures_after(3) == 0


async def test_the_limit_follows_the_measured_latency() -> None:
    """A provider that is slow, but works, is given more time."""
    limit = LatencyLimit(FIRST_RESPONSE)
    provider = FakeProvider(connection=DelayedConnection)
    connection = ProviderConnection(
        make_chain(provider, "nova-3", limits=AnswerLimits(response=limit)),
        AudioBuffer(0),
        ignore_event,
        ignore_loss,
        connect_grace_s=0.0,
    )

    def observed() -> bool:
        connection.notify_audio(speaking=True)
        return bool(limit._observed)

    async with running(connection):
        await eventually(observed)

    assert limit._observed[0].latency_s >= 0.1
    assert limit.limit_s() >= 2.5


@pytest.mark.usefixtures("quick_retry")
@pytest.mark.parametrize("later", [False, True])
async def test_after_a_failure_the_next_route_is_used(later: bool) -> None:
    """If both routes fail, they alternate."""
    first = FakeProvider({"nova-3": DOWN}, later=later)
    both = FakeProvider({"nova-3": DOWN, "nova-2": DOWN}, later=later)

    assert await attempts(first, 2, "nova-3", "nova-2") == ["nova-3", "nova-2"]
    assert await attempts(both, 4, "nova-3", "nova-2") == ["nova-3", "nova-2"] * 2


@pytest.mark.usefixtures("quick_retry")
async def test_three_failures_open_the_circuit_for_all_calls() -> None:
    """The next call does not begin with the route that failed."""
    provider, breakers = FakeProvider({"nova-3": DOWN}), CircuitBreakers()
    for _ in range(3):
        assert await attempts(provider, 1, "nova-3", "nova-2", breakers=breakers) == ["nova-3"]

    assert await attempts(provider, 1, "nova-3", "nova-2", breakers=breakers) == ["nova-2"]


@pytest.mark.usefixtures("quick_retry")
async def test_one_rejection_opens_the_circuit() -> None:
    """Without another route the rejecting one is tried again."""
    provider, breakers = FakeProvider({"nova-3": REJECTED}), CircuitBreakers()

    assert await attempts(provider, 2, "nova-3", "nova-2", breakers=breakers) == ["nova-3", "nova-2"]
    assert await attempts(provider, 1, "nova-3", "nova-2", breakers=breakers) == ["nova-2"]
    assert await attempts(provider, 2, "nova-3", breakers=breakers) == ["nova-3", "nova-3"]


@pytest.mark.usefixtures("quick_retry")
@pytest.mark.parametrize(("connection", "reported"), [(SilentConnection, 1), (RespondingConnection, 3)])
async def test_the_same_failure_is_reported_again_only_after_an_event(
    connection: type[SilentConnection], reported: int
) -> None:
    """Repeated attempts to reconnect would otherwise fill the log."""
    failures: dict[str, ProviderError] = {"nova-3": DOWN} if connection is SilentConnection else {}
    provider, reports = FakeProvider(failures, connection=connection), list[StageFailed]()
    chain = make_chain(provider, "nova-3", reports=reports)
    async with running(ProviderConnection(chain, AudioBuffer(0), ignore_event, ignore_loss)):
        await eventually(lambda: len(provider.opened) >= 4, interval_s=0)

    assert len(reports[:3]) == reported
    assert (reports[0].code, reports[0].provider, reports[0].retryable) == ("unavailable", "fake", True)


class RecordingConnection(SilentConnection):
    """A connection that records what it receives, and fails when it is requested to finalize."""

    received: ClassVar[list[list[tuple[int, int]]]] = []
    """The call time and the length of each message, per connection."""

    def __init__(self) -> None:
        self.finalize_requested = asyncio.Event()
        self.received.append([])

    async def send(self, audio: bytes, at_ms: int) -> None:
        """Record the message."""
        self.received[-1].append((at_ms, len(audio)))

    async def finalize(self) -> None:
        """Make `run` fail."""
        self.finalize_requested.set()

    async def run(self, on_event: Callable[[SttEvent], Awaitable[None]]) -> None:  # noqa: ARG002 - sends none
        """Fail after a finalize request."""
        await self.finalize_requested.wait()
        raise DOWN


@pytest.mark.usefixtures("quick_retry")
async def test_a_new_connection_receives_the_audio_since_the_last_final_transcript() -> None:
    """Each message has at most one second of audio; audio with a final transcript is not sent again."""
    received = RecordingConnection.received
    received.clear()
    chain = make_chain(FakeProvider(connection=RecordingConnection), "nova-3")
    buffer = AudioBuffer(1000)
    connection = ProviderConnection(chain, buffer, ignore_event, ignore_loss)
    async with running(connection):
        buffer.add(bytes(8000), 1000)
        buffer.add(bytes(8000), 2000)
        connection.notify_audio(speaking=True)
        await eventually(lambda: sum(map(len, received)) == 2, interval_s=0)
        buffer.discard_before(1500)
        connection.request_finalize()
        await eventually(lambda: len(received) == 2 and len(received[1]) == 2, interval_s=0)

    assert received == [[(1000, 8000), (2000, 8000)], [(1500, 8000), (2500, 4000)]]
    labels = {"agent": "clinic", "provider": "fake", "model": "nova-3"}
    seconds = chain.telemetry.registry.get_sample_value("parley_stt_audio_seconds_total", labels)
    assert seconds == 3.5


async def test_the_providers_of_another_agent_replace_the_connection() -> None:
    """Without a failure, also while the next attempt is waited for."""
    provider, reports = FakeProvider(), list[StageFailed]()
    connection = ProviderConnection(
        make_chain(provider, "nova-3", reports=reports), AudioBuffer(0), ignore_event, ignore_loss
    )
    async with running(connection):
        await eventually(lambda: provider.opened == ["nova-3"], interval_s=0)
        connection.switch(make_chain(provider, "flux-general-en", reports=reports))
        await eventually(lambda: provider.opened == ["nova-3", "flux-general-en"], interval_s=0)

    assert connection.route.model == "flux-general-en"
    assert reports == []


@dataclass
class SlowProvider(FakeProvider):
    """A provider whose connections take 0.6 s to open and record the audio that they get."""

    audio: list[bytearray] = field(default_factory=list)
    """The audio of each connection."""

    @asynccontextmanager
    async def connect(self, config: SttConfig, call_sid: str) -> AsyncIterator[SttConnection]:
        """Open a connection."""
        received = bytearray()

        class RecordingConnection(SilentConnection):
            async def send(self, audio: bytes, at_ms: int) -> None:
                # Times are contiguous: nothing is skipped or sent twice.
                assert received == b"" or at_ms == first_ms[0] + len(received) // 8
                first_ms.setdefault(0, at_ms)
                received.extend(audio)

        first_ms: dict[int, int] = {}
        await asyncio.sleep(0.6)
        async with super().connect(config, call_sid):
            self.audio.append(received)
            yield RecordingConnection()


def test_no_audio_is_lost_when_the_key_terms_change() -> None:
    """The next connection gets what the caller says while it opens, and what had no final transcript."""
    provider, spoken, buffer = SlowProvider(), bytearray(), AudioBuffer(0)
    connection = ProviderConnection(make_chain(provider, "nova-3"), buffer, ignore_event, ignore_loss)

    async def call() -> None:
        async with running(connection):
            for number in range(200):
                frame = bytes([number]) * 160
                buffer.add(frame, number * 20)
                connection.notify_audio(speaking=False)
                spoken.extend(frame)
                if number == 90:
                    buffer.discard_before(1500)
                    connection.switch(make_chain(provider, "nova-3"))
                await asyncio.sleep(0.02)

    virtual_time.run(call())
    first, second = provider.audio
    assert spoken.startswith(first)
    assert bytes(second) == bytes(spoken[1500 * 8 :])


class SpeakingConnection(SilentConnection):
    """A connection that sends words as soon as it is open."""

    async def run(self, on_event: Callable[[SttEvent], Awaitable[None]]) -> None:
        """Send a final transcript, then nothing."""
        await on_event(FinalTranscript("hello", (), 900))
        await super().run(on_event)


@dataclass
class MixedProvider(FakeProvider):
    """A provider whose models have connections of their own."""

    connections: Mapping[str, type[SilentConnection]] = field(default_factory=dict)

    @asynccontextmanager
    async def connect(self, config: SttConfig, _call_sid: str) -> AsyncIterator[SttConnection]:
        """Open a connection of the model."""
        self.opened.append(config.model)
        yield self.connections.get(config.model, SilentConnection)()


@dataclass
class Received:
    """Events and losses of one call."""

    provider: MixedProvider
    reports: list[StageFailed] = field(default_factory=list)
    events: list[SttEvent] = field(default_factory=list)
    late: int = 0
    lost: int = 0
    models: list[str] = field(default_factory=list)
    """The models that came into use."""

    def speak(self, *models: str, seconds: float, silent_s: float) -> None:
        """Speak, and be silent, over and over for 60 s."""
        virtual_time.run(self._speak(models, seconds, silent_s))

    async def _speak(self, models: Sequence[str], seconds: float, silent_s: float) -> None:
        chain = make_chain(self.provider, *models, reports=self.reports)
        connection = ProviderConnection(
            chain,
            AudioBuffer(0),
            self._on_event,
            self._on_lost,
            on_late=self._on_late,
            on_route=self._on_route,
        )
        async with running(connection):
            while (now_s := asyncio.get_running_loop().time()) < 60:
                connection.notify_audio(speaking=now_s % (seconds + silent_s) < seconds)
                await asyncio.sleep(0.02)

    async def _on_event(self, event: SttEvent) -> None:
        self.events.append(event)

    async def _on_lost(self) -> None:
        self.lost += 1

    async def _on_late(self) -> None:
        self.late += 1

    async def _on_route(self, route: SttRoute) -> None:
        self.models.append(route.config.model)


@pytest.mark.parametrize("reports", [False, True])
def test_words_of_a_second_connection_replace_a_provider_that_hangs(reports: bool) -> None:
    """It is used from then on, and the first one's route has failed."""
    received = Received(MixedProvider(reports=reports, connections={"nova-2": SpeakingConnection}))
    received.speak("nova-3", "nova-2", seconds=2.0, silent_s=60.0)

    assert received.models == ["nova-3", "nova-2"]
    assert received.events == [FinalTranscript("hello", (), 900)]
    assert [(report.code, report.retryable) for report in received.reports] == [("timeout", True)]
    assert (received.late, received.lost) == (int(reports), 1)


@pytest.mark.parametrize(("seconds", "silent_s"), [(60.0, 0.0), (0.2, 0.5), (1.0, 1.0), (4.0, 2.0)])
def test_a_provider_that_finds_no_words_in_noise_stays(seconds: float, silent_s: float) -> None:
    """A second connection finds none either; the longer the noise, the less often one is tried."""
    received = Received(MixedProvider(reports=False))
    received.speak("nova-3", "nova-2", seconds=seconds, silent_s=silent_s)

    assert received.models == ["nova-3"]
    assert (received.lost, received.reports) == (0, [])
    assert len(received.provider.opened) <= 6


def test_a_second_connection_that_fails_leaves_the_first_one_in_use() -> None:
    """Its words may still come."""
    received = Received(MixedProvider(reports=False, connections={"nova-2": FailingConnection}))
    received.speak("nova-3", "nova-2", seconds=1.0, silent_s=60.0)

    assert received.models == ["nova-3"]
    assert received.lost == 0


@pytest.mark.parametrize(("last", "opened"), [(True, ["nova-3"]), (False, ["nova-3", "nova-2"])])
def test_no_second_connection_is_opened_after_the_last_request(last: bool, opened: list[str]) -> None:
    """The call has ended; the session leaves after 2 s."""
    received = Received(MixedProvider())

    async def speak() -> None:
        connection = ProviderConnection(
            make_chain(received.provider, "nova-3", "nova-2"),
            AudioBuffer(0),
            received._on_event,
            received._on_lost,
        )
        async with running(connection):
            while asyncio.get_running_loop().time() < 3.0:
                connection.notify_audio(speaking=True)
                await asyncio.sleep(0.02)
            connection.request_finalize(last=last)
            await asyncio.sleep(2.0)

    virtual_time.run(speak())
    assert received.provider.opened == opened
