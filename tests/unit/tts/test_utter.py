"""One reply, spoken in the first way that works."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram

from parley.circuit_breaker import CircuitBreakers
from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from parley.providers.tts import AudioChunk
from parley.v1.synthesis_pb2 import ClauseSynthesized, SynthesisFinished, SynthesisStarted
from services.tts.publish import AudioOut
from services.tts.script import Script
from services.tts.sound import ReplySound
from services.tts.utter import Telling, Way, Ways, speak_reply
from services.tts.watched import WatchedVoice
from tests.unit.tts.test_publish import Kept


class Said:
    """An utterance."""

    def __init__(self, failure: ProviderError | None) -> None:
        self._failure = failure
        self._texts: asyncio.Queue[str | None] = asyncio.Queue()

    async def send_text(self, text: str) -> None:
        """Keep it."""
        await self._texts.put(text)

    async def end_input(self) -> None:
        """Keep it."""
        await self._texts.put(None)

    async def audio(self) -> AsyncGenerator[AudioChunk, None]:
        """What it was given."""
        while (text := await self._texts.get()) is not None:
            if self._failure is not None:
                raise self._failure
            yield AudioChunk(text.encode(), ends_clause=True)


@dataclass
class Voice:
    """Says each clause as its own bytes, after the failures it was given."""

    failures: list[ProviderError] = field(default_factory=list)
    says: type[Said] = Said
    tries: int = 0
    left: int = 0

    @asynccontextmanager
    async def open_stream(self, reply_id: str) -> AsyncIterator[Said]:
        """A try."""
        assert reply_id == "r1"
        self.tries += 1
        try:
            yield self.says(self.failures.pop(0) if self.failures else None)
        finally:
            self.left += 1


@dataclass
class Scene:
    """A reply of two clauses."""

    voices: tuple[Voice | WatchedVoice, ...]
    breakers: CircuitBreakers = field(default_factory=CircuitBreakers)
    script: Script = field(default_factory=Script)
    bus: Kept = field(default_factory=Kept)
    said: list[SynthesisStarted | ClauseSynthesized | SynthesisFinished] = field(default_factory=list)

    async def play(self, next_clause: int = 0, next_sample: int = 0) -> ProviderError | None:
        """Have it spoken."""
        registry = CollectorRegistry()
        ways = Ways(
            provider="test",
            ways=tuple(Way(f"way{self.voices.index(voice)}", voice) for voice in self.voices),
            breakers=self.breakers,
            late_after_s=0.1,
            failures=Counter("failures", "x", ["provider", "code"], registry=registry),
            provider_seconds=Histogram("seconds", "x", ["provider", "what"], registry=registry),
        )

        async def say(body: SynthesisStarted | ClauseSynthesized | SynthesisFinished) -> None:
            self.said.append(body)

        sound = ReplySound("r1", next_clause, next_sample, next_sample)
        return await speak_reply(
            ways, Telling(self.script, sound, AudioOut(self.bus, "CA1", 1), say, lambda: 7, False)
        )

    @property
    def sound(self) -> bytes:
        """What was published."""
        return b"".join(audio.mulaw for _, audio in self.bus.said)


def scene(*voices: Voice) -> Scene:
    """A reply of two clauses, all known."""
    found = Scene(voices)
    found.script.grow(("ab ", "cd"), complete=True)
    return found


async def test_the_story_of_a_reply() -> None:
    """First sound, clauses, end; each once."""
    reply = scene(Voice())

    assert await reply.play() is None
    assert [type(body) for body in reply.said] == [
        SynthesisStarted,
        ClauseSynthesized,
        ClauseSynthesized,
        SynthesisFinished,
    ]
    assert reply.sound == b"ab cd"
    assert reply.bus.said[-1][1].last


@pytest.mark.parametrize("kind", [ProviderUnavailable, ProviderTimeout, ProviderRateLimited])
async def test_a_way_may_be_tried_twice(kind: type[ProviderError]) -> None:
    """If it stands there twice."""
    voice = Voice([kind("test", "x")])
    reply = scene(voice, voice)

    assert await reply.play() is None
    assert (voice.tries, voice.left) == (2, 2)
    assert reply.sound == b"ab cd"


async def test_a_refusal_is_not_asked_for_twice() -> None:
    """The next way is taken at once."""
    refusing, other = Voice([ProviderRejected("test", "x")]), Voice()
    reply = scene(refusing, refusing, other)

    assert await reply.play() is None
    assert (refusing.tries, other.tries) == (1, 1)


async def test_when_no_way_works_the_reply_ends_all_the_same() -> None:
    """With the last failure for the caller to tell."""
    reply = scene(Voice([ProviderTimeout("test", "x")]), Voice([ProviderUnavailable("test", "y")]))
    failure = await reply.play()

    assert isinstance(failure, ProviderUnavailable)
    assert reply.said == [SynthesisFinished(reply_id="r1", samples=0)]
    assert reply.bus.said[-1][1].last


async def test_a_silent_provider_is_late() -> None:
    """After the time it is given."""

    class Mute(Said):
        async def audio(self) -> AsyncGenerator[AudioChunk, None]:
            await asyncio.Event().wait()
            yield AudioChunk(b"")

    assert isinstance(await scene(Voice(says=Mute)).play(), ProviderTimeout)


async def test_a_successor_says_only_what_is_missing() -> None:
    """From its sample on; with nothing missing, only the end."""
    half, nothing = scene(Voice()), scene(Voice())

    assert await half.play(1, 30) is None
    assert [(a.offset_samples, a.mulaw) for _, a in half.bus.said] == [(30, b"cd"), (32, b"")]
    assert await nothing.play(2, 60) is None
    assert nothing.said == [SynthesisFinished(reply_id="r1", samples=60)]


async def test_a_fault_of_ours_is_not_taken_for_the_providers() -> None:
    """It comes through as what it is."""

    class Broken(Kept):
        async def publish(self, subject: str, data: bytes) -> None:
            raise ZeroDivisionError(subject, data)

    reply = scene(Voice())
    reply.bus = Broken()
    with pytest.raises(ExceptionGroup) as caught:
        await reply.play()

    assert caught.group_contains(ZeroDivisionError)


async def test_a_voice_that_failed_often_is_not_asked_first_any_more() -> None:
    """The next call does not pay again; a while later it is tried anew."""
    broken, well = Voice(), Voice()
    broken.failures = [ProviderUnavailable("test", "down")] * 9
    breakers = CircuitBreakers()

    async def replied() -> ProviderError | None:
        reply = scene()
        reply.voices = tuple(
            WatchedVoice(v, breakers.get(f"way{n}"), "x") for n, v in enumerate((broken, well))
        )
        reply.breakers = breakers
        return await reply.play()

    for _ in range(3):
        await replied()
    tries = broken.tries

    assert await replied() is None
    assert broken.tries == tries == 3
