"""Deepgram's voices against the emulator: audio, limits, faults, refusals, and what is cleared."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from parley.agent_config import TtsConfig
from parley.errors import ProviderRateLimited, ProviderRejected, ProviderTimeout, ProviderUnavailable
from parley.providers.conformance import check_tts
from parley.providers.registry import ProviderContext
from parley.providers.tts import TtsConnection, TtsProvider
from parley.runtime.health import serve
from sandbox import tone
from sandbox.deepgram.app import DeepgramEmulator
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.recognition.oracle import Oracle
from services.tts.clause_feed import ClauseFeed
from services.tts.providers.deepgram import PLUGIN, connection, wire
from tests.eventually import eventually
from tests.integration.voice_call import VoiceCall, check_audio, check_repeated, spoken, voice_call
from tests.unit.parley.providers.doubles import make_telemetry

CLAUSES = ("Good morning. ", "You have 2 visits on Tuesday, ", 'the first at "nine".')
SPOKEN = ("Good morning.", "You have two visits on Tuesday,", 'the first at "nine".')
CONFIG = TtsConfig(provider="deepgram", model="aura-2", voice="thalia", language="en")


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[tuple[DeepgramEmulator, str]]:
    """An emulator with low latencies that speaks in tones, and its address."""
    options = {"tts": "tone", "first_byte_ms": 2, "realtime_factor": 2000, "stt": "oracle", **settings}
    oracle = Oracle()
    emulator = DeepgramEmulator(DeepgramSandboxSettings.model_validate(options), oracle, oracle)
    async with serve(emulator.app(), "127.0.0.1", 0, drain_timeout_s=1) as port:
        yield emulator, f"http://127.0.0.1:{port}"


@asynccontextmanager
async def call(timeout_s: float = 1.0, **settings: Any) -> AsyncIterator[tuple[VoiceCall, DeepgramEmulator]]:
    """A call whose voice is the emulator's."""
    async with running(**settings) as (emulator, url):
        environment = {
            "PARLEY_DEEPGRAM_URL": url,
            "DEEPGRAM_API_KEY": "key",
            "PARLEY_TTS_FIRST_AUDIO_TIMEOUT_S": f"{timeout_s}",
        }
        async with voice_call(url, CONFIG, timeout_s=timeout_s, environment=environment) as made:
            yield made, emulator


@asynccontextmanager
async def opened(
    monkeypatch: pytest.MonkeyPatch, key: str = "key", config: TtsConfig = CONFIG, **settings: Any
) -> AsyncIterator[tuple[TtsProvider, TtsConnection, DeepgramEmulator]]:
    """The provider itself, and its connection for one call."""
    async with running(**settings) as (emulator, url):
        monkeypatch.setenv("PARLEY_DEEPGRAM_URL", url)
        monkeypatch.setenv("DEEPGRAM_API_KEY", key)
        provider: TtsProvider
        async with PLUGIN.open(ProviderContext(make_telemetry())) as provider:
            async with provider.connect(config, "CA1") as connected:
                yield provider, connected, emulator


def audio_of(text: str) -> bytes:
    return tone.encode(text).mulaw


def entries(emulator: DeepgramEmulator, kind: str) -> list[dict[str, Any]]:
    return [entry for entry in emulator.journal.since(0) if entry["kind"] == kind]


async def test_the_provider_keeps_its_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    """It passes the checks that third-party providers must pass."""
    async with opened(monkeypatch) as (provider, _, _emulator):
        await check_tts(provider, CONFIG)


@pytest.mark.parametrize("flushed_first", [False, True])
async def test_a_reply_is_published_sample_for_sample(flushed_first: bool) -> None:
    """Clauses end where their audio does, whether flushes are confirmed after their audio or before it."""
    async with call(speak_flushed_first=flushed_first) as (made, _):
        reply = await made.reply(*CLAUSES)

    expected = [audio_of(text) for text in SPOKEN]
    assert not made.failures
    check_audio(reply, expected)
    assert [word.text for clause in reply.clauses for word in clause.words] == "".join(CLAUSES).split()


async def test_a_reply_that_is_left_early_is_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its late audio does not get into the next reply, which uses the same socket."""
    async with opened(monkeypatch, realtime_factor=4) as (_, connected, emulator):
        async with connected.open_stream("r1") as stream:
            await stream.send_text("This is played in part only.")
            audio = stream.audio()
            await anext(audio)
            await audio.aclose()
        await eventually(lambda: entries(emulator, "speak_clear"))
        emulator.runtime_settings.update({"realtime_factor": 2000})
        assert await spoken(connected, "The next reply.") == "The next reply."

    assert len(entries(emulator, "speak_opened")) == 1


async def test_a_reply_that_is_complete_is_not_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Further replies use the same socket."""
    async with opened(monkeypatch) as (_, connected, emulator):
        await spoken(connected, "One.")
        await spoken(connected, "Two.")

    assert not entries(emulator, "speak_clear")
    assert len(entries(emulator, "speak_opened")) == 1


async def test_two_replies_at_once_have_sockets_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one is closed when its reply has ended."""
    async with opened(monkeypatch, first_byte_ms=30) as (_, connected, emulator):
        texts = await asyncio.gather(spoken(connected, "First one."), spoken(connected, "Second one."))
        await eventually(lambda: entries(emulator, "speak_closed"))

    assert list(texts) == ["First one.", "Second one."]
    assert len(entries(emulator, "speak_opened")) == 2


async def test_the_limit_of_flushes_is_never_reached() -> None:
    """A long reply continues on another socket; between replies, one near its limits is replaced."""
    async with call() as (made, emulator):
        texts = [f"This is sentence number {word}. " for word in "abcdefghijklmnopqrstuvwxy"]
        reply = await made.reply(*texts)
        other = await made.reply("And another reply.")

    assert not made.failures
    assert reply.audio == b"".join(audio_of(text.strip()) for text in texts)
    assert other.audio == audio_of("And another reply.")
    assert len(entries(emulator, "speak_flush")) == 26


async def test_the_limit_of_characters_is_never_reached() -> None:
    """Texts longer than a message may be are divided at a space."""
    async with call(timeout_s=5, speak_characters_per_min=2400) as (made, emulator):
        reply = await made.reply("word " * 250 + "end. ", "more " * 250 + "end.")

    assert not made.failures
    assert reply.failure is None
    assert len(entries(emulator, "speak_opened")) >= 2


@pytest.mark.parametrize("fault", ["hang", "hang_mid", "close_mid", "garbage", "error_mid", "silence"])
async def test_a_fault_costs_nothing_but_time(fault: str) -> None:
    """The clause is synthesized again, from where its audio stopped."""
    async with call(timeout_s=1.0, speak_fault=fault, speak_fault_requests=1) as (made, _):
        reply = await made.reply(*CLAUSES)

    check_repeated(reply, [*map(audio_of, SPOKEN)], after_silence=fault == "silence")


@pytest.mark.parametrize(
    ("config", "key", "settings", "reason"),
    [
        ({}, "bad", {}, "check DEEPGRAM_API_KEY"),
        ({"voice": "nobody"}, "key", {}, "No such model/version combination.*set tts.voice to a name"),
        ({}, "key", {"speak_refuse": 402}, "no credit left"),
        ({}, "key", {"speak_refuse": 403}, "choose another tts.voice"),
    ],
)
async def test_a_refusal_has_its_remedy(
    monkeypatch: pytest.MonkeyPatch, config: dict[str, Any], key: str, settings: dict[str, Any], reason: str
) -> None:
    """It is not repeated by each reply."""
    section = TtsConfig.model_validate({**CONFIG.model_dump(exclude_unset=True), **config})
    async with opened(monkeypatch, key, section, **settings) as (_, connected, _emulator):
        for _attempt in range(2):
            with pytest.raises(ProviderRejected, match=reason):
                await spoken(connected, "Hello there.")


async def test_too_many_streams_are_a_rate_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deepgram limits the streams of a project."""
    async with opened(monkeypatch, speak_max_sockets=1, first_byte_ms=300) as (_, connected, emulator):
        async with connected.open_stream("r1") as first:
            await first.send_text("This one takes all.")
            assert entries(emulator, "speak_opened")
            with pytest.raises(ProviderRateLimited, match="limit of concurrent streams"):
                await spoken(connected, "No room left.")


async def test_a_clear_that_is_never_confirmed_costs_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next reply waits for no confirmation: it gets another socket."""
    monkeypatch.setattr(connection, "_CLEAR_TIMEOUT_S", 0.05)
    monkeypatch.setattr(wire, "CLEAR", '{"type": "Speak", "text": " "}')
    async with opened(monkeypatch, speak_fault="hang", speak_fault_requests=1) as (_, connected, emulator):
        async with connected.open_stream("r1") as stream:
            await stream.send_text("This hangs.")
        assert await spoken(connected, "This does not.") == "This does not."
        await eventually(lambda: len(entries(emulator, "speak_opened")) > 2)


async def test_a_timeout_replaces_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next attempt does not wait for the same one."""
    monkeypatch.setenv("PARLEY_TTS_FIRST_AUDIO_TIMEOUT_S", "0.1")
    async with opened(monkeypatch, speak_fault="hang", speak_fault_requests=1) as (_, connected, emulator):
        with pytest.raises(ProviderTimeout):
            await spoken(connected, "This hangs.")
        assert await spoken(connected, "This does not.") == "This does not."

    assert len(entries(emulator, "speak_opened")) == 2


async def test_a_socket_that_the_provider_closes_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deepgram ends each one after an hour."""
    async with opened(monkeypatch, speak_session_s=0.05) as (_, connected, emulator):
        await eventually(lambda: entries(emulator, "speak_closed"))
        emulator.runtime_settings.update({"speak_session_s": 10})
        lasting_from_us = time.time_ns() // 1000
        await eventually(
            lambda: any(entry["at_us"] > lasting_from_us for entry in entries(emulator, "speak_opened"))
        )

        # The emulator may have read the former limit just before it opened that one.
        text = await eventually(lambda: spoken(connected, "Still here."), retry_on=ProviderUnavailable)
        assert text == "Still here."


async def test_a_reply_may_wait_between_its_clauses() -> None:
    """A tool may run in between."""
    async with call() as (made, emulator):
        feed = ClauseFeed()
        feed.update(("One moment. ",), complete=False)
        replying = asyncio.create_task(made.reply_from(feed))
        await eventually(lambda: entries(emulator, "first_byte"))
        feed.update(("One moment. ", "Here it is."), complete=True)
        reply = await replying

    assert reply.audio == audio_of("One moment.") + audio_of("Here it is.")
