"""Connections to a provider that responds slowly, or receives nothing for minutes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle, pairwise

import pytest

from parley.agent_config import SttConfig
from parley.providers.stt import KeepAlive, SttConnection, SttEvent
from services.stt.audio_buffer import AudioBuffer
from services.stt.provider_connection import ProviderConnection
from tests.field import virtual_time
from tests.field.rows import Seen, row
from tests.unit.stt.doubles import FakeProvider, SilentConnection, make_chain

CALL_S = 120
FRAME_S = 0.02


@dataclass
class SlowProvider(FakeProvider):
    """A provider that responds after these delays, over and over; never without any delay."""

    delays_s: Sequence[float] = ()
    keep_alives_s: list[float] = field(default_factory=list)

    @asynccontextmanager
    async def connect(self, config: SttConfig, _call_sid: str) -> AsyncIterator[SttConnection]:
        """Open a connection."""
        self.opened.append(config.model)
        yield _SlowConnection(self.delays_s, self.keep_alives_s)


class _SlowConnection(SilentConnection):
    def __init__(self, delays_s: Sequence[float], keep_alives_s: list[float]) -> None:
        self._delays_s = delays_s
        self._keep_alives_s = keep_alives_s

    async def keep_alive(self) -> None:
        self._keep_alives_s.append(asyncio.get_running_loop().time())

    async def run(self, on_event: Callable[[SttEvent], Awaitable[None]]) -> None:
        for delay_s in cycle(self._delays_s):
            await asyncio.sleep(delay_s)
            await on_event(KeepAlive())
        await super().run(on_event)


async def talk(
    provider: SlowProvider, speech_s: float, pause_s: float, call_s: float = CALL_S
) -> list[float]:
    """Speak and pause in turns; no frame is sent in a pause. Returns the times of lost connections."""
    loop, buffer, lost_s = asyncio.get_running_loop(), AudioBuffer(0), list[float]()

    async def on_event(_event: SttEvent) -> None:
        buffer.discard_before(buffer.end_ms)

    async def on_lost() -> None:
        lost_s.append(loop.time())

    connection = ProviderConnection(make_chain(provider, "nova-3"), buffer, on_event, on_lost)
    task = asyncio.create_task(connection.run())
    while loop.time() < call_s:
        until_s = loop.time() + speech_s
        while loop.time() < until_s:
            buffer.add(b"\x10" * 160, round(loop.time() * 1000))
            connection.notify_audio(speaking=True)
            await asyncio.sleep(FRAME_S)
        await asyncio.sleep(pause_s)
    task.cancel()
    await asyncio.wait([task])
    return lost_s


DELAYS = [(1.0,), (1.2,), (1.6,), (2.0,), (2.4,), (1.0, 1.2, 2.0), (0.3,) * 30 + (2.4,), (2.4, *[0.2] * 60)]


@row("T8", "a provider that answers once in 1 to 2.4 s, for two minutes of speech", "never replaced")
@pytest.mark.parametrize("delays_s", DELAYS, ids=lambda delays: f"{max(delays)} s of {len(delays)}")
@pytest.mark.parametrize("pause_s", [0.0, 3.0])
def test_a_slow_provider_is_not_replaced(delays_s: tuple[float, ...], pause_s: float, seen: Seen) -> None:
    """In continuous speech, and with pauses in which no frame arrives."""
    lost_s = virtual_time.run(talk(SlowProvider(delays_s=delays_s), 4.0, pause_s))
    seen(f"{len(lost_s)} replaced")

    assert lost_s == []


@row("T8", "a provider that never answers", "replaced within 2.5 to 8 s of speech")
def test_a_provider_that_hangs_is_replaced(seen: Seen) -> None:
    """It receives speech all the time."""
    lost_s = virtual_time.run(talk(SlowProvider(), 10.0, 0.0, call_s=10.0))
    seen([round(at_s, 1) for at_s in lost_s])

    assert 2.5 <= lost_s[0] <= 8


@row("T9", "no frames for two minutes", "the connection is kept open: Deepgram closes it after 10 s")
def test_keep_alive_messages_are_sent_without_audio(seen: Seen) -> None:
    """KeepAlive every 4 s."""
    provider = SlowProvider(delays_s=(0.5,))
    lost_s = virtual_time.run(talk(provider, 1.0, CALL_S))
    intervals_s = [later - earlier for earlier, later in pairwise(provider.keep_alives_s)]
    seen(f"{len(intervals_s)} messages, at most {max(intervals_s):.1f} s apart; {len(lost_s)} replaced")

    assert lost_s == []
    assert len(intervals_s) > CALL_S / 10
    assert max(intervals_s) < 8
