"""Scribe's adapter against the ElevenLabs emulator: transcripts, commits, refusals, cuts and stalls."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from elevenlabs.types.committed_transcript_payload import CommittedTranscriptPayload
from elevenlabs.types.committed_transcript_with_timestamps_payload import (
    CommittedTranscriptWithTimestampsPayload,
)
from elevenlabs.types.partial_transcript_payload import PartialTranscriptPayload
from elevenlabs.types.session_started_payload import SessionStartedPayload
from prometheus_client import Gauge
from pydantic import SecretStr
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection

from parley.agent_config import SttConfig
from parley.audio.g711 import SILENCE
from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from parley.providers.conformance import check_stt
from parley.providers.latency_limits import LatencyLimits
from parley.providers.stt import FinalTranscript, InterimTranscript, SttEvent, UtteranceEnd
from parley.runtime.health import serve
from sandbox.elevenlabs.app import ElevenLabsEmulator
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from services.stt.providers.elevenlabs.options import query_of
from services.stt.providers.elevenlabs.provider import ScribeProvider
from services.stt.settings import ElevenLabsSttSettings
from tests.eventually import eventually
from tests.integration.stt_connection import (
    check_broken,
    ignore,
    of_type,
    send_audio,
    served,
    silent,
    transcribing,
)
from tests.recordings import oracle_with, recordings
from tests.strict import assert_fits

TEXT = "tuesday afternoon would be good"
WRITTEN = "Tuesday afternoon would be good."
SPOKEN = recordings().utterance(TEXT)
AUDIO = SILENCE * 1600 + SPOKEN.mulaw + SILENCE * 4800
CONFIG = SttConfig(provider="elevenlabs", model="scribe_v2_realtime")
TYPES: dict[str, Any] = {
    "session_started": SessionStartedPayload,
    "partial_transcript": PartialTranscriptPayload,
    "committed_transcript": CommittedTranscriptPayload,
    "committed_transcript_with_timestamps": CommittedTranscriptWithTimestampsPayload,
}


def provider_at(url: str, key: str = "k", timeout_s: float = 3.0) -> ScribeProvider:
    """A provider for an address."""
    settings = ElevenLabsSttSettings(
        elevenlabs_url=url, elevenlabs_api_key=SecretStr(key), stt_connect_timeout_s=timeout_s
    )
    limits = LatencyLimits(Gauge("x", "x", ["provider", "model", "region", "output"], registry=None))
    return ScribeProvider(settings, limits)


@asynccontextmanager
async def emulator(**settings: Any) -> AsyncIterator[tuple[ElevenLabsEmulator, str]]:
    """An emulator where the text is registered, and its address."""
    oracle = oracle_with(TEXT)
    made = ElevenLabsEmulator(
        ElevenLabsSandboxSettings(**{"stt_interim_ms": 200, "stt_final_ms": 60, **settings}), oracle, oracle
    )
    async with serve(made.app(), "127.0.0.1", 0, drain_timeout_s=0.1) as port:
        yield made, f"http://127.0.0.1:{port}"


def finals(events: list[SttEvent]) -> list[FinalTranscript]:
    """The final transcripts so far."""
    return [event for event in events if isinstance(event, FinalTranscript)]


async def test_a_commit_yields_the_words_with_their_call_times() -> None:
    """The final transcript covers all audio before the commit, and precedes nothing of the next segment."""
    async with (
        emulator() as (_, url),
        transcribing(provider_at(url), CONFIG) as (line, events, wait),
    ):
        await send_audio(line, AUDIO)
        await line.finalize()
        final: FinalTranscript = await wait(of_type(FinalTranscript))

    assert (final.text, final.speech_final, final.languages) == (WRITTEN, True, ("en",))
    assert [word.text for word in final.words] == WRITTEN.split()
    assert abs(final.words[0].start_ms - 1200 - SPOKEN.words[0].start_ms) <= 40
    assert final.end_ms == 1000 + len(AUDIO) // 8
    assert any(isinstance(event, InterimTranscript) and event.text for event in events)


async def test_the_providers_own_voice_activity_detection_commits() -> None:
    """With the strategy `vad` no request is needed."""
    config = CONFIG.merged({"options": {"commit_strategy": "vad"}})
    async with emulator() as (_, url), transcribing(provider_at(url), config) as (line, _, wait):
        await send_audio(line, AUDIO)
        final = await wait(of_type(FinalTranscript))

    assert (final.text, final.speech_final) == (WRITTEN, True)
    assert provider_at(url).finalize_after_ms(config) is None


async def test_words_are_committed_in_noise_that_is_taken_for_speech() -> None:
    """After 3 s without a new word, the provider commits, and reports the gap."""
    async with (
        emulator() as (_, url),
        transcribing(provider_at(url), CONFIG) as (line, events, wait),
    ):
        await send_audio(line, AUDIO)
        await wait(of_type(InterimTranscript))
        await send_audio(line, SILENCE * 8000 * 4, at_ms=1000 + len(AUDIO) // 8)
        end = await wait(of_type(UtteranceEnd))

    final = next(event for event in events if isinstance(event, FinalTranscript))
    assert (final.text, final.speech_final) == (WRITTEN, False)
    assert end.last_word_end_ms == final.words[-1].end_ms


async def test_a_short_segment_is_padded_so_that_the_commit_is_not_ignored() -> None:
    """A commit of less than 0.3 s of audio would be answered with `commit_throttled` only."""
    async with emulator() as (_, url), transcribing(provider_at(url), CONFIG) as (line, _, wait):
        await send_audio(line, SILENCE * 800)
        await line.finalize()
        final = await wait(of_type(FinalTranscript))

    assert (final.text, final.end_ms) == ("", 1100)


async def test_silence_keeps_the_connection_open() -> None:
    """Without any audio the emulator closes it, as ElevenLabs does."""
    async with emulator(scribe_idle_s=0.3) as (_, url):
        async with transcribing(provider_at(url), CONFIG) as (line, events, _):
            for _ in range(5):
                await asyncio.sleep(0.1)
                await line.keep_alive()
            await send_audio(line, SILENCE * 800)
            assert not events
        async with provider_at(url).connect(CONFIG, "CA1") as silent:
            with pytest.raises(ProviderUnavailable, match="closed: 1000"):
                await silent.run(ignore)


async def test_the_conformance_checks_pass() -> None:
    """A recording that is sent as fast as possible is transcribed."""
    async with emulator() as (_, url):
        await check_stt(provider_at(url), CONFIG, AUDIO)


@pytest.mark.parametrize(
    ("settings", "key", "config", "error", "words"),
    [
        ({}, "bad", CONFIG, ProviderRejected, "ELEVENLABS_API_KEY"),
        ({"scribe_auth_in_message": False}, "bad", CONFIG, ProviderRejected, "ELEVENLABS_API_KEY"),
        ({"scribe_refuse": "quota_exceeded"}, "k", CONFIG, ProviderRejected, "credits"),
        ({"scribe_refuse": "unaccepted_terms"}, "k", CONFIG, ProviderRejected, "accept the terms"),
        ({"scribe_refuse": "resource_exhausted"}, "k", CONFIG, ProviderRateLimited, "resource_exhausted"),
        ({"scribe_refuse": "transcriber_error"}, "k", CONFIG, ProviderUnavailable, "transcriber_error"),
        ({}, "k", CONFIG.model_copy(update={"model": "scribe_v9"}), ProviderRejected, "model_id"),
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


async def test_a_server_that_does_not_start_a_session_times_out() -> None:
    """The handshake succeeds, but no `session_started` follows."""
    async with served(silent) as url:
        with pytest.raises(ProviderUnavailable, match="no session"):
            async with provider_at(url, timeout_s=0.2).connect(CONFIG, "CA1"):
                pass


@pytest.mark.parametrize(
    "answer",
    [
        {
            "message_type": "committed_transcript_with_timestamps",
            "text": "a",
            "words": [{"text": 5, "start": "x"}],
        },
        {"message_type": "committed_transcript", "text": ["a"]},
        {"message_type": "partial_transcript", "text": None},
        {"message_type": {"a": 1}},
        {"text": "\ud800\0" * 30_000, "message_type": "partial_transcript"},
        {},
    ],
    ids=str,
)
async def test_hostile_answers_are_survived(answer: dict[str, Any]) -> None:
    """An answer of an unexpected form neither ends the connection nor hides the next one."""

    async def hostile(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"message_type": "session_started"}))
        await socket.send(json.dumps(answer))
        await socket.send(json.dumps({"message_type": "committed_transcript", "text": ""}))
        await socket.wait_closed()

    async with served(hostile) as url:
        async with transcribing(provider_at(url), CONFIG) as (_, _, wait):
            assert await wait(of_type(FinalTranscript))


async def test_a_commit_requested_before_the_last_one_is_answered_follows_the_answer() -> None:
    """A caller may pause twice while Scribe is slow; without the second commit, words would be missing."""
    commits: list[int] = []
    sent = asyncio.Event()

    async def slow(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"message_type": "session_started"}))
        chunks = 0
        async for raw in socket:
            chunks += 1
            if json.loads(raw)["commit"]:
                commits.append(chunks)
                await sent.wait()
                await socket.send(json.dumps({"message_type": "committed_transcript", "text": ""}))

    async with served(slow) as url:
        async with transcribing(provider_at(url), CONFIG) as (line, events, _):
            await send_audio(line, SILENCE * 3200)
            await line.finalize()
            await line.finalize()
            await send_audio(line, SILENCE * 3200, at_ms=1400)
            await line.finalize()
            sent.set()
            await eventually(lambda: len(finals(events)) == 2)

    assert [final.end_ms for final in finals(events)] == [1400, 1800]
    assert len(commits) == 2


async def test_every_message_fits_the_sdks_type() -> None:
    """The emulator's messages have the fields that ElevenLabs' own SDK declares."""
    seen: list[dict[str, Any]] = []
    async with emulator() as (_, url):
        address = f"{url.replace('http', 'ws')}/v1/speech-to-text/realtime?{query_of(CONFIG)}"
        async with connect(address, additional_headers={"xi-api-key": "k"}) as socket:
            for audio, commit in ((AUDIO[:3200], False), (AUDIO[3200:], False), (b"", True)):
                encoded = base64.b64encode(audio).decode()
                chunk = {"audio_base_64": encoded, "commit": commit, "sample_rate": 8000}
                await socket.send(json.dumps({"message_type": "input_audio_chunk", **chunk}))
                await asyncio.sleep(0.1)
            async for raw in socket:
                seen.append(json.loads(raw))
                if seen[-1]["message_type"] == "committed_transcript_with_timestamps":
                    break

    assert {message["message_type"] for message in seen} == set(TYPES)
    for message in seen:
        assert_fits(TYPES[message["message_type"]], message)
