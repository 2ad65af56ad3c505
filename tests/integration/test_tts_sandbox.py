"""tts with the sandbox's ElevenLabs emulator: a real voice and its faults."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from parley.runtime.health import serve
from parley.v1.call_pb2 import CallEnded
from parley.v1.synthesis_pb2 import ClauseSynthesized
from parley.v1.work_pb2 import StageFailed
from sandbox.elevenlabs.app import ElevenLabsEmulator
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.synthesis import synthesise
from tests.event_factories import bodies_of
from tests.eventually import eventually
from tests.integration.test_tts import TtsCall, open_call, run_worker

CLAUSES = ("Good morning. ", "You have 2 visits on Tuesday, ", 'the first at "nine".')

VOICE = "{voice: sandboxVoiceOwn00001, text_normalization: off}"


@asynccontextmanager
async def synthesized_reply(
    nats_url: str, folder: Path, *, key: str = "key", **settings: Any
) -> AsyncIterator[tuple[TtsCall, ElevenLabsEmulator]]:
    """One reply, synthesized by the emulator."""
    options = {"first_byte_ms": 5, "realtime_factor": 100, "elevenlabs_port": 0, **settings}
    sandbox = ElevenLabsEmulator(ElevenLabsSandboxSettings.model_validate(options))
    async with (
        serve(sandbox.app(), "127.0.0.1", 0, drain_timeout_s=1) as port,
        open_call(nats_url) as call,
        run_worker(nats_url, f"http://127.0.0.1:{port}", folder, key=key, voice=VOICE),
    ):
        await call.reply("r1", *CLAUSES)
        await eventually(lambda: call.finished("r1"))
        yield call, sandbox
        await call.brain.append(CallEnded(reason="hangup"))


def audio_of(text: str, sandbox: ElevenLabsEmulator) -> bytes:
    """The emulator's audio of a clause."""
    return synthesise(f"{text.rstrip()} ", "sandboxVoiceOwn00001", sandbox.runtime_settings.current).mulaw


async def test_a_real_voice_is_published_sample_for_sample(nats_url: str, tmp_path: Path) -> None:
    """Clauses end where their audio does, and every word has its time, in order."""
    async with synthesized_reply(nats_url, tmp_path) as (call, sandbox):
        expected = [audio_of(text, sandbox) for text in CLAUSES]

        assert call.audio_by_offset("r1") == b"".join(expected)
        clauses = bodies_of(call.events, ClauseSynthesized)
        assert [w.text for c in clauses for w in c.words] == "".join(CLAUSES).split()
        times = [t for c in clauses for w in c.words for t in (w.start_ms, w.end_ms)]
        assert times == sorted(times)
        ends = [sum(map(len, expected[: n + 1])) for n in range(3)]
        # A pause after a clause's last character may count for the next; the provider's times are whole ms.
        assert all(-8 <= end - c.end_sample <= 4000 for c, end in zip(clauses, ends, strict=True))
        assert not bodies_of(call.events, StageFailed)


@pytest.mark.parametrize("fault", ["hang", "hang_mid", "close_mid", "garbage"])
async def test_no_audio_is_lost_after_one_fault(nats_url: str, tmp_path: Path, fault: str) -> None:
    """The clause is synthesized again, and published audio is kept.

    After a timeout by HTTP, for which the emulator's voice has other noise: only the length is compared.
    """
    async with synthesized_reply(nats_url, tmp_path, tts_fault=fault, tts_fault_requests=1) as (
        call,
        sandbox,
    ):
        audio = call.audio_by_offset("r1")
        expected = b"".join(audio_of(text, sandbox) for text in CLAUSES)
        assert len(audio) == len(expected)
        assert audio == expected or fault in ("hang", "hang_mid")
        assert not bodies_of(call.events, StageFailed)


@pytest.mark.parametrize("fault", ["hang", "hang_mid", "close_mid", "garbage"])
async def test_websockets_that_always_fail_are_replaced_by_http(
    nats_url: str, tmp_path: Path, fault: str
) -> None:
    """The audio of each clause is published once."""
    async with synthesized_reply(nats_url, tmp_path, tts_fault=fault) as (call, sandbox):
        assert len(bodies_of(call.events, ClauseSynthesized)) == 3
        assert len(call.audio_by_offset("r1")) == sum(len(audio_of(text, sandbox)) for text in CLAUSES)
        assert not bodies_of(call.events, StageFailed)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"key": "bad"}, "rejected"),
        ({"tts_refuse": "quota_exceeded"}, "rejected"),
        ({"tts_refuse": "system_busy"}, "rate_limited"),
    ],
)
async def test_rejection_is_reported(
    nats_url: str, tmp_path: Path, settings: dict[str, Any], code: str
) -> None:
    """The failure has the provider's code, and the reply ends."""
    async with synthesized_reply(nats_url, tmp_path, **settings) as (call, _):
        await eventually(lambda: bodies_of(call.events, StageFailed))

        assert [f.code for f in bodies_of(call.events, StageFailed)] == [code]
        assert call.audio_by_offset("r1") == b""
