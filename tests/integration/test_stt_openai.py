"""The stt provider `openai` against the emulator of OpenAI."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from parley.agent_config import SttConfig
from parley.audio.g711 import FRAME_BYTES, FRAME_MS, bytes_to_ms, make_silence
from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnavailable,
)
from parley.providers.conformance import check_stt
from parley.providers.registry import ProviderContext
from parley.providers.stt import FinalTranscript, InterimTranscript, SttEvent
from services.stt.providers.openai.connection import OpenAITranscription
from services.stt.providers.openai.provider import OpenAISttProvider
from services.stt.settings import OpenAISttSettings
from tests.eventually import eventually
from tests.integration.realtime_client import GOODBYE, HELLO, open_emulator, utterance
from tests.unit.parley.providers.doubles import make_telemetry

CONFIG = SttConfig(provider="openai", language="en-US", options={"delay": "minimal"})
HELLO_TEXT = "Hello I would like to book an appointment with the doctor."
GOODBYE_TEXT = "No thank you that is all goodbye."


def provider(url: str, key: str = "k") -> OpenAISttProvider:
    """The provider with the emulator as its server."""
    settings = OpenAISttSettings.model_validate({"OPENAI_API_KEY": key, "OPENAI_BASE_URL": url})
    return OpenAISttProvider(settings, ProviderContext(make_telemetry()).limits)


class Call:
    """One call's connection, with the events that it has received."""

    def __init__(self, connection: OpenAITranscription) -> None:
        self.connection = connection
        self.events: list[SttEvent] = []
        self.at_ms = 0

    async def receive(self, event: SttEvent) -> None:
        """Store an event."""
        self.events.append(event)

    async def send(self, audio: bytes, pace_s: float = 0.0) -> None:
        """Send audio in frames."""
        for begin in range(0, len(audio), FRAME_BYTES):
            await self.connection.send(audio[begin : begin + FRAME_BYTES], self.at_ms)
            self.at_ms += FRAME_MS
            await asyncio.sleep(pace_s)

    async def speak(self, text: str, silence_ms: int = 200) -> None:
        """Send a recording and silence, and request a final transcript as the stage does at a pause."""
        audio = utterance(text).mulaw
        await self.send(audio + make_silence(FRAME_MS - bytes_to_ms(len(audio)) % FRAME_MS))
        await self.send(make_silence(silence_ms))
        await self.connection.finalize()

    @property
    def finals(self) -> list[FinalTranscript]:
        """The final transcripts with words."""
        return [event for event in self.events if isinstance(event, FinalTranscript) and event.text]

    async def until_finals(self, count: int) -> list[str]:
        """The texts of the final transcripts, once there are as many."""
        await eventually(lambda: len(self.finals) >= count)
        return [final.text for final in self.finals]


@asynccontextmanager
async def call(url: str, config: SttConfig = CONFIG) -> AsyncIterator[Call]:
    """A connection that is read until the context ends."""
    async with provider(url).connect(config, "CA1") as connection:
        made = Call(connection)
        running = asyncio.ensure_future(connection.run(made.receive))
        try:
            yield made
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_the_provider_keeps_its_protocol() -> None:
    """As every provider of transcription."""
    async with open_emulator() as (_, url):
        await check_stt(provider(url), CONFIG, utterance(HELLO).mulaw)


async def test_a_request_at_a_pause_is_a_commit() -> None:
    """Interim transcripts come before, and all times are within the audio."""
    async with open_emulator() as (emulator, url), call(url) as made:
        await made.speak(HELLO)
        await made.speak(GOODBYE)
        texts = await made.until_finals(2)

    assert texts == [HELLO_TEXT, GOODBYE_TEXT]
    first, second = made.finals
    assert first.speech_final
    hello_ms = bytes_to_ms(len(utterance(HELLO).mulaw))
    assert hello_ms < first.end_ms <= hello_ms + 220
    assert [word.text for word in first.words] == HELLO_TEXT.split()
    assert first.words[-1].end_ms == first.end_ms - 200 < second.words[0].start_ms
    interims = [event for event in made.events if isinstance(event, InterimTranscript)]
    assert HELLO_TEXT.startswith(interims[0].text)
    assert not [entry for entry in emulator.journal.since(0) if entry["kind"] == "realtime_error"]


async def test_the_session_is_configured_by_the_agent_file() -> None:
    """Languages and key terms are lists, and turn detection is off."""
    config = SttConfig(provider="openai", language="de-AT", keyterms=("Doktor Huber",))
    async with open_emulator() as (emulator, url), call(url, config):
        opened = [entry for entry in emulator.journal.since(0) if entry["kind"] == "session_updated"]

    section = opened[0]["session"]["audio"]["input"]
    assert section["transcription"]["languages"] == ["de"]
    assert section["transcription"]["keywords"] == ["Doktor Huber"]
    assert (section["format"], section["turn_detection"]) == ({"type": "audio/pcmu"}, None)
    assert opened[0]["call_sid"] == "CA1"


async def test_a_session_is_replaced_before_it_expires() -> None:
    """No word is lost or repeated, and the old session is closed."""
    async with open_emulator(realtime_session_s=2) as (emulator, url), call(url) as made:

        def opened() -> int:
            kinds = [entry["kind"] for entry in emulator.journal.since(0)]
            return kinds.count("realtime_opened")

        await made.speak(HELLO)
        await made.until_finals(1)
        await eventually(lambda: opened() == 2)
        await made.send(make_silence(600))
        await made.speak(GOODBYE)
        texts = await made.until_finals(2)

    assert texts == [HELLO_TEXT, GOODBYE_TEXT]
    assert not [entry for entry in emulator.journal.since(0) if entry["kind"] == "realtime_error"]


async def test_transcripts_in_another_order_are_sorted() -> None:
    """The first one is late."""
    faults = {"realtime_fault": "slow_transcript", "llm_fault_requests": 1, "llm_silence_s": 0.3}
    async with open_emulator(**faults) as (_, url), call(url) as made:
        await made.speak(HELLO)
        await made.speak(GOODBYE)
        texts = await made.until_finals(2)

    assert texts == [HELLO_TEXT, GOODBYE_TEXT]


@pytest.mark.parametrize(
    ("settings", "key", "expected", "text"),
    [
        ({}, "bad", ProviderRejected, "OPENAI_API_KEY"),
        ({"realtime_refuse": 401}, "k", ProviderRejected, "HTTP 401"),
        ({"realtime_refuse": 429}, "k", ProviderRateLimited, "HTTP 429"),
        ({"realtime_refuse": 503}, "k", ProviderUnavailable, "HTTP 503"),
        ({"realtime_error": "insufficient_quota"}, "k", ProviderRejected, "insufficient_quota"),
        ({"realtime_error": "rate_limit_exceeded"}, "k", ProviderRateLimited, "rate_limit_exceeded"),
        ({"realtime_missing_scopes": ("api.model.request",)}, "k", ProviderRejected, "missing_scope"),
    ],
)
async def test_a_refused_session_is_classified(
    settings: dict[str, Any], key: str, expected: type[ProviderError], text: str
) -> None:
    """The reason names the remedy."""
    async with open_emulator(**settings) as (_, url):
        with pytest.raises(expected, match=text):
            async with provider(url, key).connect(CONFIG, "CA1"):
                pass


async def test_an_unreachable_server_is_unavailable() -> None:
    """And a model that cannot transcribe is refused before."""
    with pytest.raises(ProviderUnavailable):
        async with provider("http://127.0.0.1:1/v1").connect(CONFIG, "CA1"):
            pass
    async with open_emulator() as (_, url):
        with pytest.raises(ProviderRejected, match="does not transcribe"):
            async with provider(url).connect(CONFIG.merged({"model": "gpt-realtime-2.1"}), "CA1"):
                pass


@pytest.mark.parametrize("fault", ["transcription_failed", "cut_transcription"])
async def test_a_lost_session_ends_the_connection(fault: str) -> None:
    """The stage then sends its audio to the next session."""
    async with open_emulator(realtime_fault=fault) as (_, url):
        async with provider(url).connect(CONFIG, "CA1") as connection:
            made = Call(connection)
            running = asyncio.ensure_future(connection.run(made.receive))
            with suppress(ProviderUnavailable):
                await made.speak(HELLO)
            with pytest.raises(ProviderUnavailable):
                await asyncio.wait_for(running, timeout=5)


async def test_finalize_commits_what_was_sent() -> None:
    """Also if less than 100 ms are left; the emulator refuses none of the commits."""
    async with open_emulator() as (emulator, url), call(url) as made:
        await made.speak(HELLO)
        await made.until_finals(1)
        await made.send(make_silence(40))
        await made.connection.finalize()
        await eventually(lambda: sum(isinstance(e, FinalTranscript) for e in made.events) == 2)

    assert not [entry for entry in emulator.journal.since(0) if entry["kind"] == "realtime_error"]
