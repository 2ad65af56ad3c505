"""The Cartesia provider against its emulator: audio, times, faults, refusals, and what is cancelled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from parley.agent_config import TtsConfig
from parley.audio.g711 import ms_to_bytes
from parley.errors import ProviderRateLimited, ProviderRejected, ProviderUnavailable
from parley.providers.conformance import check_tts
from parley.providers.registry import ProviderContext
from parley.providers.tts import TtsConnection, TtsProvider
from parley.runtime.health import serve
from sandbox import tone
from sandbox.cartesia.app import CartesiaEmulator
from sandbox.cartesia.settings import CartesiaSandboxSettings
from sandbox.synthesis import synthesise
from services.tts.clause_feed import ClauseFeed
from services.tts.providers.cartesia import PLUGIN, connection, context
from tests.eventually import eventually
from tests.integration.voice_call import VoiceCall, check_audio, check_repeated, spoken, voice_call
from tests.unit.parley.providers.doubles import make_telemetry

CLAUSES = ("Good morning. ", "You have 2 visits on Tuesday, ", 'the first at "nine".')
CONFIG = TtsConfig(
    provider="cartesia", model="sonic-3.5", voice="5a5a5a5a-0000-4000-8000-000000000001", language="en"
)


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[tuple[CartesiaEmulator, str]]:
    """An emulator with low latencies that speaks in tones, and its address."""
    options = {"tts": "tone", "first_byte_ms": 2, "realtime_factor": 2000, **settings}
    emulator = CartesiaEmulator(CartesiaSandboxSettings.model_validate(options))
    async with serve(emulator.app(), "127.0.0.1", 0, drain_timeout_s=1) as port:
        yield emulator, f"http://127.0.0.1:{port}"


@asynccontextmanager
async def call(
    config: TtsConfig = CONFIG, key: str = "key", timeout_s: float = 1.0, **settings: Any
) -> AsyncIterator[tuple[VoiceCall, CartesiaEmulator]]:
    """A call whose voice is Cartesia's emulator."""
    async with running(**settings) as (emulator, url):
        environment = {"PARLEY_CARTESIA_URL": url, "CARTESIA_API_KEY": key}
        async with voice_call(url, config, timeout_s=timeout_s, environment=environment) as made:
            yield made, emulator


@asynccontextmanager
async def opened(
    monkeypatch: pytest.MonkeyPatch, key: str = "key", config: TtsConfig = CONFIG, **settings: Any
) -> AsyncIterator[tuple[TtsProvider, TtsConnection, CartesiaEmulator]]:
    """The provider itself, and its connection for one call."""
    async with running(**settings) as (emulator, url):
        monkeypatch.setenv("PARLEY_CARTESIA_URL", url)
        monkeypatch.setenv("CARTESIA_API_KEY", key)
        provider: TtsProvider
        async with PLUGIN.open(ProviderContext(make_telemetry())) as provider:
            async with provider.connect(config, "CA1") as connected:
                yield provider, connected, emulator


def audio_of(text: str) -> bytes:
    return synthesise(f"{text.strip()} ", "tone", CartesiaSandboxSettings()).mulaw


def entries(emulator: CartesiaEmulator, kind: str) -> list[dict[str, Any]]:
    return [entry for entry in emulator.journal.since(0) if entry["kind"] == kind]


async def test_the_provider_keeps_its_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    """It passes the checks that third-party providers must pass."""
    async with opened(monkeypatch) as (provider, _, _emulator):
        await check_tts(provider, CONFIG)


@pytest.mark.parametrize("timestamps", ["context", "flush", "none"])
async def test_a_reply_is_published_sample_for_sample(timestamps: str) -> None:
    """Clauses end where their audio does, wherever times count from, and without any."""
    async with call(cartesia_timestamps=timestamps) as (made, _):
        reply = await made.reply(*CLAUSES)

    expected = [audio_of(text) for text in CLAUSES]
    assert not made.failures
    check_audio(reply, expected)
    words = [word for clause in reply.clauses for word in clause.words]
    assert [word.text for word in words] == "".join(CLAUSES).split()
    times = [at for word in words for at in (word.start_ms, word.end_ms)]
    assert times == sorted(times)
    if timestamps != "none":
        # The emulator's tones are 40 ms per character.
        assert abs(words[2].start_ms - len(expected[0]) / 8) <= 1
        assert (
            abs(words[-1].start_ms - (len(expected[0] + expected[1]) / 8 + 40 * len('the first at "'))) <= 1
        )


async def test_each_reply_has_a_context_and_the_call_one_websocket() -> None:
    """The socket is open before the first reply."""
    async with call() as (made, emulator):
        await made.connections.get(made.chain.routes[0].name)
        await eventually(lambda: entries(emulator, "opened"))
        replies = await asyncio.gather(made.reply("First one."), made.reply("Second one."))

    assert [tone.decode(reply.audio).strip() for reply in replies] == ["First one.", "Second one."]
    assert len(entries(emulator, "opened")) == 1
    assert len({entry["context_id"] for entry in entries(emulator, "text")}) == 2


async def test_a_reply_that_is_left_early_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider generates nothing further, and its late audio is dropped."""
    async with opened(monkeypatch, first_byte_ms=20) as (_, connected, emulator):
        async with connected.open_stream("r1") as stream:
            await stream.send_text("This is played.")
            audio = stream.audio()
            await anext(audio)
            await stream.send_text("This is not played.")
            await audio.aclose()
        await eventually(lambda: entries(emulator, "cancel"))
        assert (await spoken(connected, "The next reply.")).strip() == "The next reply."

    assert [entry["text"] for entry in entries(emulator, "first_byte")] == [
        "This is played. ",
        "The next reply. ",
    ]


async def test_a_reply_that_is_complete_is_not_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its context has ended by itself."""
    async with opened(monkeypatch) as (_, connected, emulator):
        await spoken(connected, "All of it.")

    assert not entries(emulator, "cancel")


async def test_a_reply_that_pauses_continues_in_a_new_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool may run for longer than a context lives after its last audio."""
    monkeypatch.setattr(context, "_EXPIRES_AFTER_S", 0.02)
    async with call(cartesia_context_expiry_ms=60) as (made, emulator):
        feed = ClauseFeed()
        feed.update(("One moment. ",), complete=False)
        replying = asyncio.create_task(made.reply_from(feed))
        await eventually(lambda: entries(emulator, "expired"))
        feed.update(("One moment. ", "Here it is."), complete=True)
        reply = await replying

    assert not made.failures
    assert reply.audio == audio_of("One moment.") + audio_of("Here it is.")


async def test_text_for_a_context_that_has_just_expired_is_repeated() -> None:
    """The stage's second attempt opens another one; nothing is lost or played twice."""
    async with call(cartesia_context_expiry_ms=1) as (made, emulator):
        feed = ClauseFeed()
        feed.update(("One moment. ",), complete=False)
        replying = asyncio.create_task(made.reply_from(feed))
        await eventually(lambda: entries(emulator, "expired"))
        feed.update(("One moment. ", "Here it is."), complete=True)
        reply = await replying

    assert reply.failure is None
    assert reply.audio == audio_of("One moment.") + audio_of("Here it is.")


@pytest.mark.parametrize("fault", ["hang", "hang_mid", "close_mid", "garbage", "error_mid", "silence"])
async def test_a_fault_costs_nothing_but_time(fault: str) -> None:
    """The clause is synthesized again, from where its audio stopped."""
    async with call(timeout_s=1.0, cartesia_fault=fault, cartesia_fault_requests=1) as (made, _):
        reply = await made.reply(*CLAUSES)

    check_repeated(reply, [*map(audio_of, CLAUSES)], after_silence=fault == "silence")


@pytest.mark.parametrize(
    ("config", "key", "settings", "reason"),
    [
        ({}, "bad", {}, "check CARTESIA_API_KEY"),
        ({"voice": "5a5a5a5a-0000-4000-8000-00000000000f"}, "key", {}, "set tts.voice to the id of a voice"),
        ({"voice": "anna"}, "key", {}, "set tts.voice to the id of a voice"),
        ({"model": "sonic-9"}, "key", {}, "set tts.model to a model of Cartesia"),
        ({"language": "cy"}, "key", {}, "set tts.language"),
        ({}, "key", {"cartesia_refuse": "quota_exceeded"}, "no credits left"),
        ({}, "key", {"cartesia_refuse": "plan_upgrade_required"}, "plan does not include"),
    ],
)
async def test_a_refusal_has_its_remedy(
    monkeypatch: pytest.MonkeyPatch, config: dict[str, Any], key: str, settings: dict[str, Any], reason: str
) -> None:
    """It is not repeated."""
    section = TtsConfig.model_validate({**CONFIG.model_dump(exclude_unset=True), **config})
    async with opened(monkeypatch, key, section, **settings) as (_, connected, _emulator):
        with pytest.raises(ProviderRejected, match=reason):
            await spoken(connected, "Hello there.")


async def test_too_many_contexts_are_a_rate_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is the account's, over all sockets."""
    async with opened(monkeypatch, cartesia_concurrency=1, first_byte_ms=500) as (_, connected, emulator):
        async with connected.open_stream("r1") as first:
            await first.send_text("This one takes all.")
            await eventually(lambda: entries(emulator, "text"))
            with pytest.raises(ProviderRateLimited):
                await spoken(connected, "No room left.")


async def test_an_error_of_one_reply_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The socket and the other contexts stay open."""
    async with opened(
        monkeypatch, first_byte_ms=30, cartesia_fault="error_mid", cartesia_fault_requests=1
    ) as (
        _,
        connected,
        emulator,
    ):
        failing = asyncio.create_task(spoken(connected, "This one fails in the middle."))
        await eventually(lambda: entries(emulator, "text"))
        other = await spoken(connected, "This one does not.")
        with pytest.raises(ProviderUnavailable, match="internal_error"):
            await failing

    assert other.strip() == "This one does not."
    assert len(entries(emulator, "opened")) == 1


async def test_a_socket_that_the_provider_closes_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cartesia closes idle sockets."""
    async with opened(monkeypatch, cartesia_idle_s=0.05) as (_, connected, emulator):
        await eventually(lambda: entries(emulator, "closed"))
        emulator.runtime_settings.update({"cartesia_idle_s": 10})
        await eventually(lambda: len(entries(emulator, "opened")) > 1)
        assert (await spoken(connected, "Still here.")).strip() == "Still here."


async def test_an_idle_socket_is_replaced_before_the_provider_closes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise a reply could begin on a socket that is being closed."""
    monkeypatch.setattr(connection, "_IDLE_S", 0.03)
    monkeypatch.setattr(connection, "_IDLE_POLL_S", 0.01)
    async with opened(monkeypatch) as (_, connected, emulator):
        await eventually(lambda: len(entries(emulator, "opened")) > 1)
        assert (await spoken(connected, "Still here.")).strip() == "Still here."


async def test_an_agent_without_a_voice_gets_one_of_its_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of the account's voices is requested once."""
    section = TtsConfig(provider="cartesia", model="sonic-3.5", language="de-DE")
    async with opened(monkeypatch, config=section, tts="espeak") as (_, connected, _emulator):
        async with connected.open_stream("r1") as stream:
            await stream.send_text("Hello there.")
            await stream.end_input()
            audio = b"".join([chunk.audio async for chunk in stream.audio()])

    assert len(audio) > ms_to_bytes(300)
