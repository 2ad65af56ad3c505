"""AssemblyAI's adapter against the emulator: turns, sizes and pace of audio, refusals, cuts and stalls."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from prometheus_client import Gauge
from pydantic import SecretStr
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from parley.agent_config import SttConfig
from parley.audio.g711 import SILENCE
from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from parley.providers.conformance import check_stt
from parley.providers.latency_limits import LatencyLimits
from parley.providers.stt import ProviderTurn, SttEvent
from parley.runtime.health import serve
from sandbox.assemblyai.app import AssemblyAiEmulator
from sandbox.assemblyai.settings import AssemblyAiSandboxSettings
from services.stt.providers.assemblyai.errors import SentTooFast
from services.stt.providers.assemblyai.options import query_of
from services.stt.providers.assemblyai.provider import AssemblyAiProvider
from services.stt.settings import AssemblyAiSettings
from tests.integration.stt_connection import check_broken, ignore, send_audio, served, silent, transcribing
from tests.recordings import oracle_with, recordings

TEXT = "tuesday afternoon would be good"
SPOKEN = recordings().utterance(TEXT)
AUDIO = SILENCE * 1600 + SPOKEN.mulaw + SILENCE * 6400
CONFIG = SttConfig(provider="assemblyai", model="universal-streaming-english")
PRO = SttConfig(provider="assemblyai", model="universal-3-5-pro")


def provider_at(url: str, key: str = "k", timeout_s: float = 3.0) -> AssemblyAiProvider:
    """A provider for an address."""
    settings = AssemblyAiSettings(
        assemblyai_url=url, assemblyai_api_key=SecretStr(key), stt_connect_timeout_s=timeout_s
    )
    limits = LatencyLimits(Gauge("x", "x", ["provider", "model", "region", "output"], registry=None))
    return AssemblyAiProvider(settings, limits)


@asynccontextmanager
async def emulator(**settings: Any) -> AsyncIterator[tuple[AssemblyAiEmulator, str]]:
    """An emulator where the text is registered, and its address."""
    oracle = oracle_with(TEXT)
    fast = {"stt_interim_ms": 200, "stt_final_ms": 100, "assemblyai_format_ms": 50}
    made = AssemblyAiEmulator(AssemblyAiSandboxSettings(**{**fast, **settings}), oracle, oracle)
    async with serve(made.app(), "127.0.0.1", 0, drain_timeout_s=0.1) as port:
        yield made, f"http://127.0.0.1:{port}"


def ends(event: SttEvent) -> bool:
    """Whether an event is the end of a turn."""
    return isinstance(event, ProviderTurn) and event.event == "end"


def names(events: list[SttEvent]) -> list[str]:
    """The turn events in their order, repeated updates once."""
    found: list[str] = []
    for event in events:
        if isinstance(event, ProviderTurn) and not (event.event == "update" and found[-1:] == ["update"]):
            found.append(event.event)
    return found


async def test_a_turn_begins_is_announced_and_ends() -> None:
    """Words that are not final are part of the text; the words have call times."""
    async with (
        emulator() as (_, url),
        transcribing(provider_at(url), CONFIG) as (line, events, wait),
    ):
        await send_audio(line, AUDIO)
        end: ProviderTurn = await wait(ends)

    assert names(events) == ["start", "update", "eager", "end"]
    assert end.text == TEXT
    assert abs(end.words[0].start_ms - 1200 - SPOKEN.words[0].start_ms) <= 40
    assert end.end_ms <= end.words[-1].end_ms + 200


async def test_a_formatted_turn_is_announced_before_its_format_arrives() -> None:
    """The turn ends once, with capitals and punctuation."""
    config = CONFIG.merged({"options": {"format_turns": True}})
    async with (
        emulator() as (_, url),
        transcribing(provider_at(url), config) as (line, events, wait),
    ):
        await send_audio(line, AUDIO)
        end = await wait(ends)

    assert end.text == f"{TEXT.capitalize()}."
    assert names(events)[-2:] == ["eager", "end"]


async def test_a_universal_3_model_writes_punctuation_itself() -> None:
    """It detects the language of each turn."""
    async with emulator() as (_, url), transcribing(provider_at(url), PRO) as (line, events, wait):
        await send_audio(line, AUDIO)
        end = await wait(ends)

    assert (end.text, end.languages) == (f"{TEXT.capitalize()}.", ("en",))
    assert names(events)[0] == "start"


async def test_a_request_ends_the_turn_at_once() -> None:
    """Less than a message of audio waits for the request, and is padded."""
    config = CONFIG.merged({"options": {"min_turn_silence": 5000}})
    async with emulator() as (_, url), transcribing(provider_at(url), config) as (line, _, wait):
        await send_audio(line, AUDIO[: 1600 + len(SPOKEN.mulaw) + 160])
        await line.finalize()
        end = await wait(ends)

    assert end.text == TEXT


async def test_a_backlog_is_sent_little_faster_than_real_time() -> None:
    """The emulator ends sessions whose audio is too early, as AssemblyAI does."""
    limits = {"assemblyai_burst_s": 3.5, "assemblyai_max_speed": 1.6}
    async with (
        emulator(**limits) as (_, url),
        transcribing(provider_at(url), CONFIG) as (line, _, wait),
    ):
        await line.send(SILENCE * 8 * 2500 + AUDIO, 1000)
        end = await wait(ends)

    assert end.text == TEXT


async def test_a_refused_pace_is_slowed_down() -> None:
    """The next session of the process sends less at once."""
    async with emulator(assemblyai_burst_s=1.5, assemblyai_max_speed=1.1) as (_, url):
        provider = provider_at(url)
        async with provider.connect(CONFIG, "CA1") as line:
            running = asyncio.ensure_future(line.run(ignore))
            with pytest.raises(SentTooFast):
                await asyncio.gather(running, line.send(SILENCE * 8 * 2500, 0), asyncio.sleep(5))
        async with transcribing(provider, CONFIG) as (line, _, wait):
            await line.send(AUDIO, 0)
            assert (await wait(ends)).text == TEXT


async def test_keep_alive_messages_keep_the_session_open() -> None:
    """They contain no audio, so that no time is counted for them."""
    async with emulator() as (made, url), transcribing(provider_at(url), CONFIG) as (line, events, _):
        await line.keep_alive()
        await line.send(SILENCE * 160, 0)
        await line.keep_alive()
        await asyncio.sleep(0.1)
        assert events == []
    assert [entry["code"] for entry in made.journal.since(0) if entry["kind"] == "closed"] == [1000]


async def test_a_session_that_expires_is_replaced() -> None:
    """AssemblyAI ends sessions after three hours."""
    async with emulator(assemblyai_session_s=0.2) as (_, url):
        async with provider_at(url).connect(CONFIG, "CA1") as line:
            with pytest.raises(ProviderUnavailable, match="3008"):
                await line.run(ignore)


@pytest.mark.parametrize("config", [CONFIG, PRO], ids=lambda config: config.model)
async def test_the_conformance_checks_pass(config: SttConfig) -> None:
    """A recording that is sent as fast as possible is transcribed."""
    async with emulator() as (_, url):
        await check_stt(provider_at(url), config, AUDIO)


@pytest.mark.parametrize(
    ("settings", "key", "config", "error", "words"),
    [
        ({}, "bad", CONFIG, ProviderRejected, "ASSEMBLYAI_API_KEY"),
        ({"assemblyai_refuse": 4002}, "k", CONFIG, ProviderRejected, "add credit"),
        ({"assemblyai_refuse": 3009}, "k", CONFIG, ProviderRateLimited, "Too many"),
        ({"assemblyai_refuse": 3005}, "k", CONFIG, ProviderUnavailable, "3005"),
        (
            {},
            "k",
            CONFIG.merged({"options": {"vad_threshold": 1}, "keyterms": ["a" * 51]}),
            ProviderRejected,
            "key",
        ),
    ],
    ids=str,
)
async def test_refusals_are_classified(
    settings: dict[str, Any], key: str, config: SttConfig, error: type[ProviderError], words: str
) -> None:
    """The error states whether a retry helps, and a remedy."""
    async with emulator(**settings) as (_, url):
        with pytest.raises(error, match=words):
            async with provider_at(url, key).connect(config, "CA1"):
                pass


@pytest.mark.parametrize("fault", ["close", "garbage"])
async def test_a_cut_or_an_unreadable_message_ends_the_connection(fault: str) -> None:
    """The stage opens another connection then."""
    async with emulator(stt_fault=fault, stt_fault_after_s=0.2) as (_, url):
        await check_broken(provider_at(url), CONFIG, AUDIO)


async def test_a_server_that_starts_no_session_times_out() -> None:
    """The handshake succeeds, but no `Begin` follows."""
    async with served(silent) as url:
        with pytest.raises(ProviderUnavailable, match="no session"):
            async with provider_at(url, timeout_s=0.2).connect(CONFIG, "CA1"):
                pass


@pytest.mark.parametrize(
    "answer",
    [
        {"type": "Turn", "turn_order": "a"},
        {"type": "Turn", "turn_order": 0, "transcript": 5, "words": [{"text": 5}, 7, None]},
        {"type": "Turn", "turn_order": 10**30, "transcript": "a", "words": {"a": 1}},
        {"type": ["Turn"]},
        {"type": "Warning", "warning_code": 1, "warning": "x"},
        {},
    ],
    ids=str,
)
async def test_hostile_answers_are_survived(answer: dict[str, Any]) -> None:
    """An answer of an unexpected form neither ends the connection nor hides the next one."""

    async def hostile(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "Begin"}))
        await socket.send(json.dumps(answer))
        await socket.send(
            json.dumps({"type": "Turn", "turn_order": 1, "end_of_turn": True, "transcript": "yes"})
        )
        await socket.wait_closed()

    async with served(hostile) as url:
        async with transcribing(provider_at(url), CONFIG) as (_, _, wait):
            assert await wait(lambda event: isinstance(event, ProviderTurn) and event.text == "yes")


@pytest.mark.parametrize(
    ("sent", "code", "words"),
    [
        (b"a" * 399, 3007, "Expected between 50 and 1000 ms"),
        (b"a" * 8001, 3007, "Input duration violation: 1000.12 ms"),
        ("[]", 3006, "Invalid Message"),
        ("{", 3006, "Invalid JSON"),
        ('{"type": "Commit"}', 3006, "Invalid Message Type: Commit"),
        ('{"type": "UpdateConfiguration", "vad_threshold": 2}', 3006, "Invalid vad_threshold"),
    ],
    ids=str,
)
async def test_the_emulator_ends_sessions_as_assemblyai_does(
    sent: str | bytes, code: int, words: str
) -> None:
    """An error message precedes the close, which has the same code."""
    async with emulator() as (_, url):
        address = f"{url.replace('http', 'ws')}/v3/ws?{query_of(CONFIG)}"
        async with connect(address, additional_headers={"Authorization": "k"}) as socket:
            assert json.loads(await socket.recv())["type"] == "Begin"
            await socket.send(sent)
            error = json.loads(await socket.recv())
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()

    assert (error["type"], error["error_code"]) == ("Error", code)
    assert words in error["error"]
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code
