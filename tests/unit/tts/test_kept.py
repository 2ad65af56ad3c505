"""Phrases whose sound is kept."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from parley.agent_config import AgentConfig, Openers, TtsConfig
from parley.errors import ProviderUnavailable
from parley.providers.tts import AudioChunk, CharTiming
from services.tts.kept import Kept, KeptVoice, phrases_of

SPEAKING = TtsConfig()


@dataclass
class Provider:
    """Says each clause in two pieces, with times; counts what it is asked."""

    asked: list[str] = field(default_factory=list)
    begun: int = 0
    broken: bool = False

    @asynccontextmanager
    async def open_stream(self, reply_id: str) -> AsyncIterator["Said"]:  # noqa: ARG002 - any will do
        """A reply."""
        self.begun += 1
        yield Said(self)


class Said:
    """An utterance."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._texts: asyncio.Queue[str | None] = asyncio.Queue()

    async def send_text(self, text: str) -> None:
        """Keep it."""
        self._provider.asked.append(text)
        await self._texts.put(text)

    async def end_input(self) -> None:
        """Keep it."""
        await self._texts.put(None)

    async def audio(self) -> AsyncGenerator[AudioChunk, None]:
        """Ten milliseconds, twice."""
        while (text := await self._texts.get()) is not None:
            if self._provider.broken:
                raise ProviderUnavailable("test", "broken")
            yield AudioChunk(b"a" * 80, (CharTiming(text[0], 0, 10),))
            yield AudioChunk(b"b" * 80, (CharTiming(text[-1], 0, 10),), ends_clause=True)


async def speak(voice: KeptVoice, *clauses: str) -> list[AudioChunk]:
    async with voice.open_stream("r1") as utterance:
        for clause in clauses:
            await utterance.send_text(clause)
        await utterance.end_input()
        return [sound async for sound in utterance.audio()]


async def test_a_kept_phrase_is_not_asked_for_again() -> None:
    """It comes as one piece, with the times of its characters."""
    provider, kept = Provider(), Kept()
    await kept.make(provider, SPEAKING, ["Hello."])
    spoken = await speak(KeptVoice(provider, kept, SPEAKING), "Hello. ")

    times = (CharTiming("H", 0, 10), CharTiming(".", 10, 20))
    assert spoken == [AudioChunk(b"a" * 80 + b"b" * 80, times, ends_clause=True)]
    assert provider.asked == ["Hello."]
    assert provider.begun == 1


async def test_the_provider_speaks_what_follows_an_opener() -> None:
    """And only that; a kept phrase behind it comes in its turn."""
    provider, kept = Provider(), Kept()
    await kept.make(provider, SPEAKING, ["Sure."])
    spoken = await speak(KeptVoice(provider, kept, SPEAKING), "Sure. ", "Which day? ", "Sure.")

    assert provider.asked == ["Sure.", "Which day? ", "Sure."]
    assert len(spoken) == 5


async def test_another_voice_has_its_own() -> None:
    """A phrase is kept by voice."""
    provider, kept = Provider(), Kept()
    await kept.make(provider, SPEAKING, ["Hello."])

    assert kept.sound(TtsConfig(voice="other"), "Hello.") is None
    assert kept.sound(SPEAKING, "Hello.") is not None


async def test_what_is_there_or_in_work_is_not_made_twice() -> None:
    """Calls of one agent share the work."""
    provider, kept = Provider(), Kept()
    await asyncio.gather(*(kept.make(provider, SPEAKING, ["Hello.", "Sure."]) for _ in range(3)))

    assert sorted(provider.asked) == ["Hello.", "Sure."]


async def test_a_provider_that_fails_is_asked_by_the_next_call() -> None:
    """The phrase is spoken as any other text meanwhile."""
    provider, kept = Provider(broken=True), Kept()
    await kept.make(provider, SPEAKING, ["Hello.", "Sure."])
    assert provider.asked == ["Hello."]
    provider.broken = False
    await kept.make(provider, SPEAKING, ["Hello."])

    assert kept.sound(SPEAKING, "Hello.") is not None


def test_the_greeting_is_made_first_and_each_phrase_once() -> None:
    """Openers only where they are said."""
    agent = AgentConfig(
        prompt="x", greeting="Hello.", openers=Openers(enabled=True, statements=("Sure.", "Sure."))
    )

    assert phrases_of(agent)[:2] == ("Hello.", "Sure.")
    assert "Sure." not in phrases_of(AgentConfig(prompt="x"))
