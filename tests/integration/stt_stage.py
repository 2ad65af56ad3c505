"""Turn recognition of one call with real providers, in the time of the audio, without a bus."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from parley.agent_config import SttConfig
from parley.audio.g711 import FRAME_BYTES, FRAME_MS
from parley.circuit_breaker import CircuitBreakers
from parley.events.envelope import Body
from parley.providers.fallback_chain import FallbackChain, Route
from parley.providers.stt import SttEvent
from parley.v1.speech_pb2 import TurnEnded
from parley.v1.work_pb2 import StageFailed
from services.stt.audio_buffer import AudioBuffer
from services.stt.provider_connection import CONNECTION_POLICY, ProviderConnection
from services.stt.restore import SttState
from services.stt.silero import SileroVad
from services.stt.stt_route import SttRoute
from services.stt.turn_recognizer import TurnRecognizer
from tests.unit.parley.providers.doubles import make_telemetry

_TICK_FRAMES = 5

Hook = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Logged:
    """An event of the log, at the call time at which it was appended."""

    at_ms: int
    body: Body


class SttStage:
    """A call; its log is in memory."""

    def __init__(self, *routes: SttRoute) -> None:
        self.log: list[Logged] = []
        self.on_finalize: Hook = lambda: None
        """Called before each request for a final transcript."""
        self._buffer = AudioBuffer(0)
        self._began_s = 0.0
        self.connection = ProviderConnection(
            _chain(routes, self.append),
            self._buffer,
            self._on_event,
            self._on_lost,
            on_late=self._on_late,
            on_route=self._on_route,
        )
        self._recognizer = TurnRecognizer(
            self,
            SttConfig(),
            SttState(),
            self._buffer,
            SileroVad(),
            provider_detects_turns=routes[0].detects_turns,
            request_finalize=self._request_finalize,
            finalize_after_ms=lambda: self.connection.finalize_after_ms,
            transcribed_by=lambda: (self.connection.route.provider, self.connection.route.model),
        )

    def now_ms(self) -> int:
        """The call time."""
        return round((asyncio.get_running_loop().time() - self._began_s) * 1000)

    async def append(self, body: Body) -> None:
        """Append an event to the log."""
        self.log.append(Logged(self.now_ms(), body))

    @property
    def turns(self) -> list[Logged]:
        """The turns that have ended."""
        return [entry for entry in self.log if isinstance(entry.body, TurnEnded)]

    @property
    def failures(self) -> list[str]:
        """The codes of the failures that were reported."""
        return [entry.body.code for entry in self.log if isinstance(entry.body, StageFailed)]

    async def play(self, audio: bytes, hooks: Mapping[int, Hook], *, turns: int) -> None:
        """Transcribe audio as it arrives, until it ends or so many turns have ended.

        `hooks` are called at a position in it, in ms.
        """
        self._began_s = asyncio.get_running_loop().time()
        running = asyncio.create_task(self.connection.run())
        for number in range(len(audio) // FRAME_BYTES):
            if len(self.turns) >= turns:
                break
            at_ms = number * FRAME_MS
            if at_ms in hooks:
                hooks[at_ms]()
            added = self._buffer.add(audio[number * FRAME_BYTES : (number + 1) * FRAME_BYTES], at_ms)
            self.connection.notify_audio(speaking=self._recognizer.speaking)
            await self._recognizer.on_audio(added, at_ms=at_ms)
            if number % _TICK_FRAMES == 0:
                await self._recognizer.on_tick()
            await asyncio.sleep(max(0.0, (at_ms + FRAME_MS - self.now_ms()) / 1000))
        running.cancel()
        await asyncio.wait([running])

    def _request_finalize(self) -> None:
        self.on_finalize()
        self.connection.request_finalize()

    async def _on_event(self, event: SttEvent) -> None:
        await self._recognizer.on_stt_event(event)

    async def _on_lost(self) -> None:
        await self._recognizer.on_provider_lost()

    async def _on_late(self) -> None:
        await self._recognizer.on_provider_late()

    async def _on_route(self, route: SttRoute) -> None:
        await self._recognizer.on_provider_changed(detects_turns=route.detects_turns)


def _chain(
    routes: Sequence[SttRoute], report: Callable[[StageFailed], Awaitable[None]]
) -> FallbackChain[SttRoute]:
    named = [
        Route(f"{number} {route.config.model}", route.config.provider, route.config.model, route)
        for number, route in enumerate(routes)
    ]
    return FallbackChain(
        "stt",
        "CA1",
        "clinic",
        named,
        CircuitBreakers(),
        make_telemetry(),
        report=report,
        policy=CONNECTION_POLICY,
    )
