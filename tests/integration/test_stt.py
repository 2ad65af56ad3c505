"""The stt service as a process, with a real NATS server and the Deepgram emulator."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from parley.audio.g711 import SILENCE
from parley.bus import Bus, connect, subjects
from parley.events.log import open_call_log
from parley.events.outbox import open_outbox
from parley.runtime.health import serve
from parley.v1.audio_pb2 import CallerAudio
from parley.v1.call_pb2 import CallEnded, CallStarted
from parley.v1.handoff_pb2 import AgentChanged
from parley.v1.speech_pb2 import (
    EagerEndOfTurn,
    SpeechStarted,
    SpeechStopped,
    TranscriptUpdated,
    TurnEnded,
    TurnResumed,
)
from parley.v1.work_pb2 import StageClaimed, StageFailed, StageReleased
from sandbox.deepgram.app import DeepgramEmulator
from sandbox.deepgram.settings import DeepgramSandboxSettings
from services.edge.calls.lifecycle import end_call, start_call
from tests.call_log import read_until
from tests.event_factories import bodies_of
from tests.eventually import eventually
from tests.recordings import oracle_with, recordings

SID = f"CA{7:032x}"
TEXT = "hello i would like to book an appointment with the doctor"
WRITTEN = "Hello I would like to book an appointment with the doctor."
"""The text as Deepgram writes it."""
ROOT = Path(__file__).parents[2]
SPOKEN = recordings().utterance(TEXT)
AUDIO = SILENCE * 4000 + SPOKEN.mulaw + SILENCE * 8000
FRAMES = [AUDIO[at : at + 160] for at in range(0, len(AUDIO), 160)]


@pytest.fixture
async def provider() -> AsyncIterator[tuple[DeepgramEmulator, str]]:
    """An emulator that transcribes the recording of the text, and its URL."""
    oracle = oracle_with(TEXT)
    emulator = DeepgramEmulator(DeepgramSandboxSettings(stt="oracle"), oracle, oracle)
    async with serve(emulator.app(), "127.0.0.1", 0) as port:
        yield emulator, f"http://127.0.0.1:{port}"


@asynccontextmanager
async def stt(
    nats_url: str, provider_url: str, log: Path, **more: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A ready stt process."""
    env = {
        **os.environ,
        "PARLEY_NATS_URL": nats_url,
        "PARLEY_DEEPGRAM_URL": provider_url,
        "DEEPGRAM_API_KEY": "k",
        "PARLEY_STT_PORT": "0",
        "PARLEY_AGENTS_DIR": str(ROOT / "agents"),
        "PARLEY_DRAIN_TIMEOUT_S": "1",
        **more,
    }
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.stt", env=env, stderr=file
        )
        try:

            def is_ready() -> bool:
                text = log.read_text()
                assert process.returncode is None, text
                return '"ready"' in text

            await eventually(is_ready, timeout_s=30, interval_s=0.05)
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def speak(bus: Bus, frames: list[bytes], *, sid: str = SID, lost: frozenset[int] = frozenset()) -> None:
    """Publish frames in real time, as the edge does, then end the call."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number, frame in enumerate(frames):
        if number not in lost:
            audio = CallerAudio(epoch=1, sequence=number + 1, at_ms=1000 + number * 20, mulaw=frame)
            await bus.publish(subjects.caller_audio(sid), audio.SerializeToString())
        await asyncio.sleep(max(0.0, began + number * 0.02 - loop.time()))
    await end_call(bus, sid, "completed")


async def test_a_turn_is_transcribed(
    nats_url: str, provider: tuple[DeepgramEmulator, str], tmp_path: Path
) -> None:
    """Speech, words and the end of the turn are logged in order, at their call times."""
    async with stt(nats_url, provider[1], tmp_path / "log"), connect(nats_url, "t", timeout_s=30) as bus:
        await start_call(bus, SID, CallStarted(agent="clinic"))
        speaking = asyncio.create_task(speak(bus, FRAMES))
        bodies = await read_until(bus, SID, CallEnded, timeout_s=60)
        await speaking

    [started], [stopped] = bodies_of(bodies, SpeechStarted), bodies_of(bodies, SpeechStopped)
    [ended] = bodies_of(bodies, TurnEnded)
    assert abs(started.at_ms - 1500 - SPOKEN.audible_start_ms) <= 100
    assert abs(stopped.at_ms - 1500 - SPOKEN.audible_end_ms) <= 100
    assert (ended.turn, ended.text, ended.decided_by) == (1, WRITTEN, "speech_final")
    assert ended.speech_end_ms == stopped.at_ms
    final = next(words for words in bodies_of(bodies, TranscriptUpdated) if words.final)
    assert [word.text for word in final.words] == WRITTEN.split()
    assert abs(final.words[0].start_ms - 1500 - SPOKEN.words[0].start_ms) <= 40
    assert any(not words.final for words in bodies_of(bodies, TranscriptUpdated))


async def test_a_flux_model_ends_turns_itself(
    nats_url: str, provider: tuple[DeepgramEmulator, str], tmp_path: Path
) -> None:
    """Each eager end is followed by a resumption or by the end of the turn."""
    (tmp_path / "flux.yaml").write_text("prompt: x\nstt: {model: flux-general-en}\n")
    agents = {"PARLEY_AGENTS_DIR": str(tmp_path)}
    async with (
        stt(nats_url, provider[1], tmp_path / "log", **agents),
        connect(nats_url, "t", timeout_s=30) as bus,
    ):
        await start_call(bus, SID, CallStarted(agent="flux"))
        speaking = asyncio.create_task(speak(bus, FRAMES))
        bodies = await read_until(bus, SID, CallEnded, timeout_s=60)
        await speaking

    *resumed, eager = bodies_of(bodies, EagerEndOfTurn)
    [ended] = bodies_of(bodies, TurnEnded)
    assert len(bodies_of(bodies, TurnResumed)) == len(resumed)
    assert eager.text == ended.text == TEXT
    assert ended.decided_by == "provider_turn"
    assert bodies.index(eager) < bodies.index(ended)


async def test_lost_frames_do_not_shift_the_times(
    nats_url: str, provider: tuple[DeepgramEmulator, str], tmp_path: Path
) -> None:
    """A gap is replaced by silence of its length."""
    lost = frozenset(range(40, 160, 9))
    async with stt(nats_url, provider[1], tmp_path / "log"), connect(nats_url, "t", timeout_s=30) as bus:
        await start_call(bus, SID, CallStarted(agent="clinic"))
        speaking = asyncio.create_task(speak(bus, FRAMES, lost=lost))
        bodies = await read_until(bus, SID, CallEnded, timeout_s=60)
        await speaking

    words = [word for update in bodies_of(bodies, TranscriptUpdated) if update.final for word in update.words]
    # Formatting depends on where the provider ends a segment, which is not the subject.
    assert [_plain(word.text) for word in words] == [_plain(word) for word in WRITTEN.split()]
    assert abs(words[-1].end_ms - 1500 - SPOKEN.words[-1].end_ms) <= 40


async def test_no_word_is_lost_when_the_connection_is_lost(
    nats_url: str, provider: tuple[DeepgramEmulator, str], tmp_path: Path
) -> None:
    """Audio without a final transcript is resent on the next connection."""
    provider[0].runtime_settings.update(
        {"stt_fault": "close", "stt_fault_after_s": 1.5, "stt_fault_sockets": 1}
    )
    async with stt(nats_url, provider[1], tmp_path / "log"), connect(nats_url, "t", timeout_s=30) as bus:
        await start_call(bus, SID, CallStarted(agent="clinic"))
        speaking = asyncio.create_task(speak(bus, FRAMES))
        bodies = await read_until(bus, SID, CallEnded, timeout_s=60)
        await speaking

    assert [turn.text for turn in bodies_of(bodies, TurnEnded)] == [WRITTEN]
    assert [failed.code for failed in bodies_of(bodies, StageFailed)] == ["unavailable"]


async def test_an_outage_of_seconds_does_not_split_a_turn(
    nats_url: str, provider: tuple[DeepgramEmulator, str], tmp_path: Path
) -> None:
    """The turn waits until the provider has transcribed the resent audio."""
    outage = {"stt_fault": "close", "stt_fault_after_s": 1.5}
    provider[0].runtime_settings.update(outage)
    async with stt(nats_url, provider[1], tmp_path / "log"), connect(nats_url, "t", timeout_s=30) as bus:
        await start_call(bus, SID, CallStarted(agent="clinic"))
        speaking = asyncio.create_task(speak(bus, FRAMES + [SILENCE * 160] * 400))
        await asyncio.sleep(len(FRAMES) * 0.02 + 2.5)
        provider[0].runtime_settings.update({"stt_fault": ""})
        bodies = await read_until(bus, SID, CallEnded, timeout_s=60)
        await speaking

    assert [turn.text.rstrip(".") for turn in bodies_of(bodies, TurnEnded)] == [WRITTEN.rstrip(".")]


async def test_a_connection_that_hung_in_silence_is_replaced_within_the_turn(
    nats_url: str, provider: tuple[DeepgramEmulator, str], tmp_path: Path
) -> None:
    """The failure is detected when the provider does not respond to speech."""
    provider[0].runtime_settings.update(
        {"stt_fault": "hang", "stt_fault_after_s": 0.5, "stt_fault_sockets": 1}
    )
    async with stt(nats_url, provider[1], tmp_path / "log"), connect(nats_url, "t", timeout_s=30) as bus:
        await start_call(bus, SID, CallStarted(agent="clinic"))
        frames = [SILENCE * 160] * 150 + FRAMES + [SILENCE * 160] * 150
        speaking = asyncio.create_task(speak(bus, frames))
        bodies = await read_until(bus, SID, CallEnded, timeout_s=60)
        await speaking

    [turn] = bodies_of(bodies, TurnEnded)
    [failed] = bodies_of(bodies, StageFailed)
    assert turn.text == WRITTEN
    assert failed.code == "timeout"


async def test_a_rejected_key_is_reported_once_for_the_call(
    nats_url: str, provider: tuple[DeepgramEmulator, str], tmp_path: Path
) -> None:
    """One event and one error line name the call and the environment variable."""
    rejected = {"DEEPGRAM_API_KEY": "bad"}
    async with (
        stt(nats_url, provider[1], tmp_path / "log", **rejected),
        connect(nats_url, "t", timeout_s=30) as bus,
    ):
        await start_call(bus, SID, CallStarted(agent="clinic"))
        speaking = asyncio.create_task(speak(bus, FRAMES[:100]))
        bodies = await read_until(bus, SID, CallEnded, timeout_s=60)
        await speaking

    [failed] = bodies_of(bodies, StageFailed)
    assert (failed.code, failed.provider, failed.retryable) == ("rejected", "deepgram", False)
    errors = [line for line in (tmp_path / "log").read_text().splitlines() if '"error"' in line]
    assert len(errors) == 1
    assert SID in errors[0]
    assert "DEEPGRAM_API_KEY" in errors[0]


async def test_an_invalid_message_on_the_bus_is_ignored(
    nats_url: str, provider: tuple[DeepgramEmulator, str], tmp_path: Path
) -> None:
    """Transcription continues after bytes that are not a CallerAudio message."""
    async with stt(nats_url, provider[1], tmp_path / "log"), connect(nats_url, "t", timeout_s=30) as bus:
        await start_call(bus, SID, CallStarted(agent="clinic"))
        speaking = asyncio.create_task(speak(bus, FRAMES))
        await asyncio.sleep(0.5)
        await bus.publish(subjects.caller_audio(SID), b"\xff\xff\xff")
        bodies = await read_until(bus, SID, CallEnded, timeout_s=60)
        await speaking

    assert [turn.text for turn in bodies_of(bodies, TurnEnded)] == [WRITTEN]


async def test_no_word_is_lost_when_the_owner_is_killed(
    nats_url: str, provider: tuple[DeepgramEmulator, str], tmp_path: Path
) -> None:
    """The next owner transcribes the audio after the last final transcript again."""
    async with (
        stt(nats_url, provider[1], tmp_path / "first") as first,
        connect(nats_url, "t", timeout_s=30) as bus,
    ):
        await start_call(bus, SID, CallStarted(agent="clinic"))
        speaking = asyncio.create_task(speak(bus, [*FRAMES, *[SILENCE * 160] * 100]))
        await read_until(bus, SID, SpeechStarted)
        first.kill()
        async with stt(nats_url, provider[1], tmp_path / "second"):
            bodies = await read_until(bus, SID, CallEnded, timeout_s=60)
            await speaking

    assert [turn.text for turn in bodies_of(bodies, TurnEnded)] == [WRITTEN]
    assert len(bodies_of(bodies, StageClaimed)) == 2


async def test_the_words_before_a_hang_up_are_a_turn(
    nats_url: str, provider: tuple[DeepgramEmulator, str], tmp_path: Path
) -> None:
    """The call ends within the last word; the turn follows, and then stt is finished."""
    end_ms = 500 + int(SPOKEN.audible_end_ms)
    async with stt(nats_url, provider[1], tmp_path / "log"), connect(nats_url, "t", timeout_s=30) as bus:
        await start_call(bus, SID, CallStarted(agent="clinic"))
        speaking = asyncio.create_task(speak(bus, FRAMES[: end_ms // 20]))
        bodies = await read_until(bus, SID, StageReleased)
        await speaking

    kinds = [type(body) for body in bodies]
    [turn] = bodies_of(bodies, TurnEnded)
    assert _plain(turn.text) == _plain(WRITTEN)
    assert kinds.index(CallEnded) < kinds.index(TurnEnded)
    assert bodies_of(bodies, StageReleased) == [StageReleased(reason="finished")]


async def test_a_call_that_ended_before_its_claim_is_transcribed(
    nats_url: str, provider: tuple[DeepgramEmulator, str], tmp_path: Path
) -> None:
    """The audio is in the stream."""
    async with connect(nats_url, "t", timeout_s=30) as bus:
        await start_call(bus, SID, CallStarted(agent="clinic"))
        for number, frame in enumerate(FRAMES):
            audio = CallerAudio(epoch=1, sequence=number + 1, at_ms=1000 + number * 20, mulaw=frame)
            await bus.publish(subjects.caller_audio(SID), audio.SerializeToString())
        async with stt(nats_url, provider[1], tmp_path / "log"):
            # The process is ready, and claims the call soon after; a claim before the end is as good.
            await end_call(bus, SID, "completed")
            bodies = await read_until(bus, SID, StageReleased)

    assert _plain(" ".join(turn.text for turn in bodies_of(bodies, TurnEnded))) == _plain(WRITTEN)


async def test_the_next_agent_transcribes_from_the_next_turn_on(
    nats_url: str, provider: tuple[DeepgramEmulator, str], tmp_path: Path
) -> None:
    """After a hand-off to an agent with another kind of turn detection, no word is lost."""
    (tmp_path / "front.yaml").write_text("prompt: x\n")
    (tmp_path / "sales.yaml").write_text("prompt: x\nstt: {model: flux-general-en}\n")
    frames = [*FRAMES, *FRAMES]
    async with (
        stt(nats_url, provider[1], tmp_path / "log", PARLEY_AGENTS_DIR=str(tmp_path)),
        connect(nats_url, "t", timeout_s=30) as bus,
        open_outbox(bus) as outbox,
        open_call_log(bus, outbox, SID, "brain", 1) as brain,
    ):
        await start_call(bus, SID, CallStarted(agent="front"))
        speaking = asyncio.create_task(speak(bus, frames))
        await read_until(bus, SID, TurnEnded, timeout_s=30)
        await brain.append(AgentChanged(agent="sales", from_agent="front", reply_id="r1"))
        bodies = await read_until(bus, SID, CallEnded, timeout_s=60)
        await speaking

    first, second = bodies_of(bodies, TurnEnded)
    assert (first.text, first.decided_by, first.model) == (WRITTEN, "speech_final", "nova-3")
    assert (second.text, second.decided_by, second.model) == (TEXT, "provider_turn", "flux-general-en")
    assert not bodies_of(bodies, StageFailed)


def _plain(word: str) -> str:
    return word.strip(".,").lower()
