"""The end of a call's transcription, with a log and audio in memory."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from parley.agent_config import AgentConfig, SttConfig
from parley.clock import CallClock
from parley.events.facts import CallFacts, evolve
from parley.providers.stt import FinalTranscript, SttEvent, Word
from parley.runtime.stage import CallContext
from parley.v1.audio_pb2 import CallerAudio
from parley.v1.call_pb2 import CallEnded
from parley.v1.event_pb2 import Event
from parley.v1.speech_pb2 import TurnEnded
from services.stt import session
from services.stt.restore import SttState
from services.stt.session import TranscriptionSession
from tests.event_factories import START_US, bodies_of, event
from tests.field import virtual_time
from tests.unit.stt.doubles import FakeLog, FakeProvider, SilentConnection, make_chain

LOUD = b"\x10" * 160
SPOKEN = [CallerAudio(epoch=1, sequence=n + 1, at_ms=200 + n * 20, mulaw=LOUD) for n in range(40)]
ENDED = event(CallEnded(reason="completed"), stage="edge", at_ms=1000)


class FinalizedConnection(SilentConnection):
    """A connection that sends nothing until a final transcript is requested; its words reach to the end."""

    def __init__(self) -> None:
        self._requested = asyncio.Event()
        self._end_ms = 0

    async def send(self, audio: bytes, at_ms: int) -> None:
        """Accept audio."""
        self._end_ms = at_ms + len(audio) // 8

    async def finalize(self) -> None:
        """Send the final transcript."""
        self._requested.set()

    async def run(self, on_event: Callable[[SttEvent], Awaitable[None]]) -> None:
        """Wait for the request."""
        await self._requested.wait()
        await on_event(FinalTranscript("hello", (Word("hello", 300, 900, 0.9),), self._end_ms))
        await super().run(on_event)


class EndedLog(FakeLog):
    """The log of a call that ends after 0.8 s, or has ended before it is opened."""

    def __init__(self, *, ended: bool) -> None:
        super().__init__(time_ms=1000)
        self.recent: tuple[Event, ...] = ()
        self.clock = CallClock(START_US)
        self._coming = () if ended else (ENDED,)
        self.facts = evolve(CallFacts(), ENDED) if ended else CallFacts()

    def folded(self, _fold: object) -> SttState:
        """The state of a call without a transcript."""
        return SttState()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Yield the end of the call."""
        await asyncio.sleep(0.8)
        for coming in self._coming:
            self.facts = evolve(self.facts, coming)
            yield coming
        await asyncio.Event().wait()


async def follow(*_args: Any, on_caught_up: Callable[[], None], **_: object) -> AsyncIterator[CallerAudio]:
    """The caller's audio, of which a part has not been read when the call ends."""
    for chunk in SPOKEN:
        yield chunk
        await asyncio.sleep(0.022)
    on_caught_up()
    await asyncio.Event().wait()


@pytest.mark.parametrize("ended", [False, True])
def test_the_last_words_are_a_turn(monkeypatch: pytest.MonkeyPatch, ended: bool) -> None:
    """The caller hangs up within a word; or stt claims the call when it has ended."""
    monkeypatch.setattr(session, "follow_audio", follow)
    log = EndedLog(ended=ended)
    call = SimpleNamespace(
        log=log,
        call_sid="CA1",
        agent=AgentConfig(name="test", prompt="x", stt=SttConfig()),
        call_agents=None,
        bus=SimpleNamespace(gap_count=0),
        drain=SimpleNamespace(set_safe_point=lambda _: None),
        ended=ended,
    )

    async def transcribe() -> None:
        async with asyncio.timeout(5):
            await TranscriptionSession(
                cast("CallContext", call),
                make_chain(FakeProvider(connection=FinalizedConnection), "nova-3"),
                lambda window: float(window.startswith(LOUD[:1])),
                provider_detects_turns=False,
            ).run()

    virtual_time.run(transcribe())
    assert [(turn.text, turn.decided_by) for turn in bodies_of(log.bodies, TurnEnded)] == [
        ("hello", "call_ended")
    ]
