"""Speak one reply: clauses to a voice, its sound to the bus; what fails is made again in the next way."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias

import structlog
from prometheus_client import Counter, Histogram

from parley.circuit_breaker import CircuitBreakers
from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from parley.providers.tts import SynthesisStream, TtsConnection
from parley.v1.synthesis_pb2 import ClauseSynthesized, SynthesisFinished, SynthesisStarted
from services.tts.publish import AudioOut
from services.tts.script import Script
from services.tts.sound import ReplySound

log = structlog.get_logger()

_LAST_WORD_WAIT_S = 0.5
"""All characters have sounded; for how long the provider may go on to say that this was all."""
_BUSY_WAIT_S = 0.2
_LOOKS_A_LIMIT = 8
"""How often within a time limit the watchdog looks."""

Say: TypeAlias = Callable[[SynthesisStarted | ClauseSynthesized | SynthesisFinished], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Way:
    """A voice, and how it is reached."""

    name: str
    """Of the same name are all that fail together, in all calls of the process."""
    voice: TtsConnection


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways to have a reply spoken, in the order of trying (one may stand there twice), and the meters."""

    provider: str
    ways: tuple[Way, ...]
    breakers: CircuitBreakers
    late_after_s: float
    failures: Counter
    provider_seconds: Histogram


@dataclass(slots=True)
class Telling:
    """One reply, being told."""

    script: Script
    sound: ReplySound
    out: AudioOut
    say: Say
    now_ms: Callable[[], int]
    """The call's clock."""
    started: bool
    """Whether the log knows that its first sound exists."""


async def speak_reply(ways: Ways, telling: Telling) -> ProviderError | None:
    """Speak it to its end; gives the last failure when no way led there.

    The reply's sound comes to an end in any case, so that no one waits for it for ever.
    """
    failure = await _try_ways(ways, telling)
    sound = telling.sound
    await telling.out.publish_last(sound.reply_id, sound.published)
    await telling.say(SynthesisFinished(reply_id=sound.reply_id, samples=sound.published))
    return failure


async def _try_ways(ways: Ways, telling: Telling) -> ProviderError | None:
    failure: ProviderError | None = None
    refused: set[str] = set()
    for way in _in_order(ways):
        if way.name in refused:
            continue
        try:
            await _make(way.voice, ways, telling)
        except ProviderError as error:
            failure = error
            if isinstance(error, ProviderRejected):
                refused.add(way.name)
            if isinstance(error, ProviderRateLimited):
                await asyncio.sleep(_BUSY_WAIT_S)
            ways.failures.labels(provider=error.provider, code=error.code).inc()
            log.warning(
                "voice failed",
                reply_id=telling.sound.reply_id,
                clause=telling.sound.next_clause,
                code=error.code,
                reason=error.reason,
            )
        else:
            return None
    return failure


def _in_order(ways: Ways) -> list[Way]:
    """Those that rest come last: one that may fail is better than none."""
    now_s = _now_s()
    return sorted(ways.ways, key=lambda way: not ways.breakers.get(way.name).allows(now_s))


def _now_s() -> float:
    return asyncio.get_running_loop().time()


async def _make(voice: TtsConnection, ways: Ways, telling: Telling) -> None:
    """One making: from the first clause that is not complete to the reply's end."""
    if await telling.script.clause(telling.sound.next_clause) is None:
        return
    telling.sound.begin()
    async with voice.open_stream(telling.sound.reply_id) as utterance:
        making = _Making(utterance, ways, telling)
        try:
            await making.run()
        except BaseExceptionGroup as group:
            raise _provider_error(group) from None


def _provider_error(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The provider's failure, when there was no other."""
    failures, others = group.split(ProviderError)
    if failures is None or others is not None:
        return group
    first: BaseException = failures
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first


class _Making:
    """Three tasks: clauses in, sound out, and an eye on the clock."""

    def __init__(self, utterance: SynthesisStream, ways: Ways, telling: Telling) -> None:
        self._utterance = utterance
        self._ways = ways
        self._telling = telling
        self._sound = telling.sound
        self._loop = asyncio.get_running_loop()
        self._begun_at = self._touched_at = self._loop.time()
        self._asked_ms = 0
        self._silent = True

    async def run(self) -> None:
        """Until the provider has given everything, or nothing but its last word is missing."""
        async with asyncio.TaskGroup() as tasks:
            feeding = tasks.create_task(self._feed())
            watching = tasks.create_task(self._watch())
            hearing = tasks.create_task(self._hear())
            await asyncio.wait([hearing, watching], return_when=asyncio.FIRST_COMPLETED)
            for task in (feeding, watching, hearing):
                task.cancel()
        if self._silent and self._sound.lacking:
            raise ProviderUnavailable(self._ways.provider, "text sent, and it ended without a sound")
        for voiced in self._sound.end():
            await self._telling.say(voiced)

    async def _feed(self) -> None:
        number = self._sound.next_clause
        while (text := await self._telling.script.clause(number)) is not None:
            self._sound.send(text)
            self._touched_at = self._loop.time()
            self._asked_ms = self._asked_ms or self._telling.now_ms()
            await self._utterance.send_text(text)
            number += 1
        self._sound.finished = True
        self._touched_at = self._loop.time()
        await self._utterance.end_input()

    async def _hear(self) -> None:
        async with aclosing(self._utterance.audio()) as pieces:
            async for piece in pieces:
                self._touched_at = self._loop.time()
                offset, fresh = self._sound.hear(piece)
                if fresh:
                    await self._telling.out.publish(self._sound.reply_id, offset, fresh)
                if piece.mulaw and self._silent:
                    # The sound leaves first, then what is said of it.
                    await asyncio.sleep(0)
                    await self._first_sound()
                for voiced in self._sound.completed():
                    await self._telling.say(voiced)

    async def _first_sound(self) -> None:
        self._silent = False
        took_s = self._touched_at - self._begun_at
        self._ways.provider_seconds.labels(provider=self._ways.provider, what="first_sound").observe(took_s)
        if not self._telling.started:
            self._telling.started = True
            await self._telling.say(
                SynthesisStarted(reply_id=self._sound.reply_id, tts_requested_ms=self._asked_ms)
            )

    async def _watch(self) -> None:
        limit_s = self._ways.late_after_s
        while True:
            await asyncio.sleep(min(limit_s, _LAST_WORD_WAIT_S) / _LOOKS_A_LIMIT)
            quiet_s = self._loop.time() - self._touched_at
            if self._sound.whole and quiet_s > min(limit_s, _LAST_WORD_WAIT_S):
                return
            if self._sound.owed and quiet_s > limit_s:
                raise ProviderTimeout(self._ways.provider, f"text sent, no sound for {limit_s:g} s")
