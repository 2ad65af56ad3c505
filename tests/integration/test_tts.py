"""tts against a real bus and a vendor on loopback: speaking, failing, dropping, taking over."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from parley import streams, subjects
from parley.bus import Bus, connect
from parley.envelope import Body, body_of
from parley.event_log import CallLog, open_call_log
from parley.outbox import open_outbox
from parley.stage import run_stage
from parley.v1.audio_pb2 import AgentAudio
from parley.v1.call_pb2 import CallEnded, CallStarted
from parley.v1.reply_pb2 import ReplyDropped, ReplyFinished, ReplyStarted, ReplyText
from parley.v1.voice_pb2 import ClauseVoiced, VoiceFinished, VoiceStarted
from parley.v1.work_pb2 import StageFailed, Work
from services.tts.settings import TtsSettings
from services.tts.speak import open_speaking
from tests.integration.tts_vendor import Vendor, running_vendor, sound_of

CALL = "CA1"


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    """A vendor that does as it is told."""
    async with running_vendor() as running:
        yield running


@dataclass(slots=True)
class Desk:
    """A call from the brain's side, and the ear of the edge."""

    brain: CallLog
    bus: Bus
    audio: list[AgentAudio] = field(default_factory=list)
    events: list[Body] = field(default_factory=list)

    async def reply(self, reply_id: str, *clauses: str, finish: bool = True) -> None:
        """The brain says a reply, whole."""
        await self.brain.say(ReplyStarted(reply_id=reply_id))
        for number, text in enumerate(clauses):
            await self.brain.say(ReplyText(reply_id=reply_id, clause=number, text=text))
        if finish:
            await self.finish(reply_id, len(clauses))

    async def finish(self, reply_id: str, clauses: int) -> None:
        """No more text comes."""
        await self.brain.say(ReplyFinished(reply_id=reply_id, clauses=clauses, reason="stop"))

    def heard(self, reply_id: str) -> bytes:
        """The reply's sound as one who goes by offset has it."""
        sound = b""
        for chunk in self.audio:
            if chunk.reply_id == reply_id:
                assert chunk.offset_samples <= len(sound), "a gap"
                sound += chunk.mulaw[len(sound) - chunk.offset_samples :]
        return sound

    def said(self, kind: type[Body]) -> list[Body]:
        """What tts said of one kind."""
        return [e for e in self.events if isinstance(e, kind)]

    def finished(self, reply_id: str) -> VoiceFinished | None:
        """Whether tts is done with a reply."""
        return next((e for e in self.events if isinstance(e, VoiceFinished) and e.reply_id == reply_id), None)

    async def until(self, true: Callable[[], object], timeout_s: float = 8) -> None:
        """Wait for something to become true."""
        async with asyncio.timeout(timeout_s):
            while not true():  # noqa: ASYNC110 - the test's own lists have no events
                await asyncio.sleep(0.01)


async def _listen(desk: Desk) -> None:
    async with desk.bus.subscribe(subjects.agent_audio(CALL)) as live:
        async for message in live:
            desk.audio.append(AgentAudio.FromString(message.data))


async def _read(desk: Desk) -> None:
    async for event in desk.brain:
        body = body_of(event)
        if body is not None:
            desk.events.append(body)


@asynccontextmanager
async def a_call(nats_url: str) -> AsyncIterator[Desk]:
    """A call that looks for a voice."""
    async with (
        connect(nats_url, "test", timeout_s=5) as bus,
        open_outbox(bus) as outbox,
        open_call_log(bus, outbox, CALL, "brain", 1) as brain,
        asyncio.TaskGroup() as tasks,
    ):
        desk = Desk(brain, bus)
        listening = [tasks.create_task(_listen(desk)), tasks.create_task(_read(desk))]
        await brain.say(CallStarted(agent="test"))
        await outbox.settle(5)
        await bus.publish_stored(subjects.work("tts", CALL), Work(call_sid=CALL).SerializeToString())
        yield desk
        for task in listening:
            task.cancel()


@asynccontextmanager
async def a_worker(nats_url: str, vendor: Vendor, folder: Path) -> AsyncIterator[asyncio.Task[None]]:
    """A process of tts, within the test's own."""
    (folder / "test.yaml").write_text("prompt: Speak.\nspeaking: {voice: v1, model: m1}\n")
    settings = TtsSettings(
        nats_url=nats_url,
        http_port=0,
        agents_dir=str(folder),
        elevenlabs_url=vendor.url,
        elevenlabs_api_key=SecretStr("key"),
        tts_late_after_s=0.4,
        drain_timeout_s=1,
    )
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(
            run_stage("tts", settings, 0, lambda telemetry: open_speaking(settings, telemetry), stop)
        )
        try:
            yield running
        finally:
            stop.set()


Scene = Callable[[Desk], Awaitable[None]]


@pytest.fixture
async def desk(nats_url: str, vendor: Vendor, tmp_path: Path) -> AsyncIterator[Desk]:
    """A call with a voice."""
    async with a_call(nats_url) as desk, a_worker(nats_url, vendor, tmp_path):
        yield desk
        await desk.brain.say(CallEnded(reason="hangup"))


async def test_a_reply_is_spoken_clause_by_clause(desk: Desk, vendor: Vendor) -> None:
    """Sound without gap, clauses with exact ends and words, the end told."""
    await desk.reply("r1", "Hello there. ", "How are you?")
    await desk.until(lambda: desk.finished("r1"))

    first, second = sound_of("Hello there."), sound_of("How are you?")
    assert desk.heard("r1") == first + second
    assert all(len(chunk.mulaw) <= 1600 for chunk in desk.audio)
    assert [chunk.sequence for chunk in desk.audio] == list(range(1, len(desk.audio) + 1))
    assert desk.audio[-1].last
    assert len(desk.said(VoiceStarted)) == 1
    clauses = [c for c in desk.said(ClauseVoiced) if isinstance(c, ClauseVoiced)]
    assert [(c.clause, c.start_sample, c.end_sample) for c in clauses] == [
        (0, 0, len(first)),
        (1, len(first), len(first + second)),
    ]
    assert [(w.text, w.start_ms, w.end_ms) for w in clauses[0].words] == [
        ("Hello", 0, 250),
        ("there.", 300, 550),
    ]
    finished = desk.finished("r1")
    assert finished is not None
    assert finished.samples == len(first + second)
    assert vendor.queries[0]["output_format"] == "ulaw_8000"
    assert vendor.headers[0]["xi-api-key"] == "key"
