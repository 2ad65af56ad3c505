"""tts against the sandbox's ElevenLabs: a real voice, the faults it can play."""

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
from sandbox.elevenlabs.synthesis import synthesise
from tests.integration.test_tts import Desk, a_call, a_worker

CLAUSES = ("Good morning. ", "You have 2 visits on Tuesday, ", 'the first at "nine".')


@asynccontextmanager
async def a_spoken_reply(
    nats_url: str, folder: Path, *, key: str = "key", **settings: Any
) -> AsyncIterator[tuple[Desk, ElevenLabsEmulator]]:
    """One reply, begun to be spoken by the sandbox's voice."""
    told = {"first_byte_ms": 5, "realtime_factor": 100, "elevenlabs_port": 0, **settings}
    sandbox = ElevenLabsEmulator(ElevenLabsSandboxSettings.model_validate(told))
    async with (
        serve(sandbox.app(), "127.0.0.1", 0, drain_timeout_s=1) as port,
        a_call(nats_url) as desk,
        a_worker(nats_url, f"http://127.0.0.1:{port}", folder, key=key),
    ):
        await desk.reply("r1", *CLAUSES)
        await desk.until(lambda: desk.finished("r1"), timeout_s=15)
        yield desk, sandbox
        await desk.brain.append(CallEnded(reason="hangup"))


def sound_of(text: str, sandbox: ElevenLabsEmulator) -> bytes:
    """What the sandbox's voice makes of a clause."""
    return synthesise(f"{text.rstrip()} ", "voice-1", sandbox.runtime_settings.current).mulaw


async def test_a_real_voice_is_published_sample_for_sample(nats_url: str, tmp_path: Path) -> None:
    """Clauses end where their sound does; every word has its time, in order."""
    async with a_spoken_reply(nats_url, tmp_path) as (desk, sandbox):
        sounds = [sound_of(text, sandbox) for text in CLAUSES]

        assert desk.heard("r1") == b"".join(sounds)
        clauses = [c for c in desk.said(ClauseSynthesized) if isinstance(c, ClauseSynthesized)]
        assert [w.text for c in clauses for w in c.words] == "".join(CLAUSES).split()
        times = [t for c in clauses for w in c.words for t in (w.start_ms, w.end_ms)]
        assert times == sorted(times)
        ends = [sum(map(len, sounds[: n + 1])) for n in range(3)]
        # A pause after a clause's last character may count for the next; the provider's times are whole ms.
        assert all(-8 <= end - c.end_sample <= 4000 for c, end in zip(clauses, ends, strict=True))
        assert not desk.said(StageFailed)


@pytest.mark.parametrize("fault", ["hang", "hang_mid", "close_mid", "garbage"])
async def test_one_fault_costs_no_sound(nats_url: str, tmp_path: Path, fault: str) -> None:
    """The clause is made again; what was published is kept."""
    async with a_spoken_reply(nats_url, tmp_path, tts_fault=fault, tts_fault_requests=1) as (desk, sandbox):
        assert desk.heard("r1") == b"".join(sound_of(text, sandbox) for text in CLAUSES)
        assert not desk.said(StageFailed)


@pytest.mark.parametrize("fault", ["hang", "hang_mid", "close_mid", "garbage"])
async def test_sockets_that_always_fail_are_replaced_by_http(
    nats_url: str, tmp_path: Path, fault: str
) -> None:
    """Each clause has its sound, once."""
    async with a_spoken_reply(nats_url, tmp_path, tts_fault=fault) as (desk, sandbox):
        assert len(desk.said(ClauseSynthesized)) == 3
        assert len(desk.heard("r1")) == sum(len(sound_of(text, sandbox)) for text in CLAUSES)
        assert not desk.said(StageFailed)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"key": "bad"}, "rejected"),
        ({"tts_refuse": "quota_exceeded"}, "rejected"),
        ({"tts_refuse": "system_busy"}, "rate_limited"),
    ],
)
async def test_a_refusal_is_told(nats_url: str, tmp_path: Path, settings: dict[str, Any], code: str) -> None:
    """By its kind; the reply has an end."""
    async with a_spoken_reply(nats_url, tmp_path, **settings) as (desk, _):
        await desk.until(lambda: desk.said(StageFailed))

        assert [f.code for f in desk.said(StageFailed) if isinstance(f, StageFailed)] == [code]
        assert desk.heard("r1") == b""
