"""tts with a real bus and an emulated provider: synthesis, failures, cancelled replies, takeover."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest

from cli.free_port import free_port
from parley.audio.audio_output import AudioOutput
from parley.bus import Bus, connect, subjects
from parley.events.envelope import Body, event_body
from parley.events.log import CallEventLog, open_call_log
from parley.events.outbox import open_outbox
from parley.runtime.stage import run_stage
from parley.v1.audio_pb2 import AgentAudio
from parley.v1.call_pb2 import CallEnded, CallStarted
from parley.v1.handoff_pb2 import AgentChanged
from parley.v1.reply_pb2 import ReplyCancelled, ReplyClause, ReplyFinished, ReplyStarted
from parley.v1.synthesis_pb2 import ClauseSynthesized, SynthesisFinished, SynthesisStarted
from parley.v1.work_pb2 import StageFailed, Work
from services.tts.progress import TTS
from services.tts.session import open_service
from services.tts.settings import TtsSettings
from tests.event_factories import bodies_of
from tests.eventually import eventually
from tests.integration.tts_provider import Provider, audio_of, running_provider

CALL = "CA1"


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """A provider that fails as planned."""
    async with running_provider() as running:
        yield running


@dataclass(slots=True)
class TtsCall:
    """A call as the brain and the edge see it."""

    brain: CallEventLog
    bus: Bus
    call_sid: str
    audio: list[AgentAudio] = field(default_factory=list)
    events: list[Body] = field(default_factory=list)

    async def reply(self, reply_id: str, *clauses: str, finish: bool = True) -> None:
        """Publish a reply with all its clauses."""
        await self.brain.append(ReplyStarted(reply_id=reply_id))
        for number, text in enumerate(clauses):
            await self.brain.append(ReplyClause(reply_id=reply_id, clause=number, text=text))
        if finish:
            await self.finish(reply_id, len(clauses))

    async def finish(self, reply_id: str, clauses: int) -> None:
        """Publish the end of the text."""
        await self.brain.append(ReplyFinished(reply_id=reply_id, clauses=clauses, reason="stop"))

    def audio_by_offset(self, reply_id: str) -> bytes:
        """The reply's audio as assembled by a player that works by offset."""
        audio = b""
        for chunk in self.audio:
            if chunk.reply_id == reply_id:
                assert chunk.offset_samples <= len(audio), "a gap"
                audio += chunk.mulaw[len(audio) - chunk.offset_samples :]
        return audio

    def finished(self, reply_id: str) -> SynthesisFinished | None:
        """The end of a reply, once both its event and its audio have arrived."""
        if not any(chunk.last for chunk in self.audio if chunk.reply_id == reply_id):
            return None
        return next(
            (e for e in self.events if isinstance(e, SynthesisFinished) and e.reply_id == reply_id), None
        )


async def _receive_audio(call: TtsCall) -> None:
    async with call.bus.subscribe(subjects.agent_audio(call.call_sid)) as live:
        async for message in live:
            call.audio.append(AgentAudio.FromString(message.data))


async def _read_log(call: TtsCall) -> None:
    async for event in call.brain:
        body = event_body(event)
        if body is not None:
            call.events.append(body)


@asynccontextmanager
async def open_call(nats_url: str, call_sid: str = CALL, agent: str = "test") -> AsyncIterator[TtsCall]:
    """A call that waits for a tts worker."""
    async with (
        connect(nats_url, "test", timeout_s=30) as bus,
        open_outbox(bus) as outbox,
        open_call_log(bus, outbox, call_sid, "brain", 1) as brain,
        asyncio.TaskGroup() as tasks,
    ):
        call = TtsCall(brain, bus, call_sid)
        following = [tasks.create_task(_receive_audio(call)), tasks.create_task(_read_log(call))]
        await brain.append(CallStarted(agent=agent))
        await outbox.wait_acked(5)
        await bus.publish_durable(subjects.work("tts", call_sid), Work(call_sid=call_sid).SerializeToString())
        yield call
        for task in following:
            task.cancel()


@asynccontextmanager
async def run_worker(
    nats_url: str,
    provider_url: str,
    folder: Path,
    *,
    key: str = "key",
    keep_alive_s: float = 15.0,
    voice: str = "{voice: voice-1, text_normalization: off}",
) -> AsyncIterator[asyncio.Task[None]]:
    """Run a tts process as tasks of the test."""
    # No phrases to cache: the tests count what is sent.
    no_phrases = "prompt: Speak.\napology: '...'\nfillers: {phrases: []}\n"
    (folder / "odd.yaml").write_text(f"{no_phrases}tts: {{voice: odd-voice}}\n")
    (folder / "test.yaml").write_text(f"{no_phrases}tts: {voice}\n")
    settings = TtsSettings(
        nats_url=nats_url,
        tts_port=0,
        agents_dir=str(folder),
        tts_first_audio_timeout_s=1.0,
        drain_timeout_s=1,
    )
    environment = {
        "PARLEY_ELEVENLABS_URL": provider_url,
        "ELEVENLABS_API_KEY": key,
        "PARLEY_TTS_FIRST_AUDIO_TIMEOUT_S": "1.0",
        "PARLEY_TTS_KEEP_ALIVE_S": str(keep_alive_s),
    }
    stop = asyncio.Event()
    with patch.dict(os.environ, environment):
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(
                run_stage(
                    "tts",
                    settings,
                    0,
                    lambda telemetry: open_service(settings, telemetry),
                    stop,
                    folds=(TTS,),
                )
            )
            try:
                yield running
            finally:
                stop.set()


@pytest.fixture
async def call(nats_url: str, provider: Provider, tmp_path: Path) -> AsyncIterator[TtsCall]:
    """A call with a tts worker."""
    async with open_call(nats_url) as call, run_worker(nats_url, provider.url, tmp_path):
        yield call
        await call.brain.append(CallEnded(reason="hangup"))


async def test_a_reply_is_synthesized_clause_by_clause(call: TtsCall, provider: Provider) -> None:
    """The audio has no gap, each clause has its exact end and words, and the reply's end follows."""
    await call.reply("r1", "Hello there. ", "How are you?")
    await eventually(lambda: call.finished("r1"))

    first, second = audio_of("Hello there."), audio_of("How are you?")
    assert call.audio_by_offset("r1") == first + second
    assert all(len(chunk.mulaw) <= 1600 for chunk in call.audio)
    assert [chunk.sequence for chunk in call.audio] == list(range(1, len(call.audio) + 1))
    assert call.audio[-1].last
    assert len(bodies_of(call.events, SynthesisStarted)) == 1
    clauses = bodies_of(call.events, ClauseSynthesized)
    assert [(c.clause, c.start_sample, c.end_sample) for c in clauses] == [
        (0, 0, len(first)),
        (1, len(first), len(first + second)),
    ]
    assert [(w.text, w.start_ms, w.end_ms) for w in clauses[0].words] == [
        ("Hello", 0, 250),
        ("there.", 300, 550),
    ]
    finished = call.finished("r1")
    assert finished is not None
    assert finished.samples == len(first + second)
    assert provider.queries[0]["output_format"] == "ulaw_8000"
    assert provider.headers[0]["xi-api-key"] == "key"


async def test_text_is_synthesized_before_the_reply_is_complete(call: TtsCall) -> None:
    """The first clause is completed while the brain still generates."""
    await call.reply("r1", "One moment. ", finish=False)
    await eventually(lambda: bodies_of(call.events, ClauseSynthesized))
    # Longer than the time limit for audio, which does not apply while no text is sent.
    await asyncio.sleep(0.6)

    assert call.audio_by_offset("r1") == audio_of("One moment.")
    assert call.finished("r1") is None
    await call.finish("r1", 1)
    await eventually(lambda: call.finished("r1"))
    assert not bodies_of(call.events, StageFailed)


async def test_replies_do_not_wait_for_each_other(call: TtsCall, provider: Provider) -> None:
    """A reply is synthesized while another waits for its text, each in a separate context."""
    await call.reply("r1", "First. ", finish=False)
    await call.reply("r2", "Second.")
    await eventually(lambda: call.finished("r2"))
    await call.finish("r1", 1)
    await eventually(lambda: call.finished("r1"))

    assert call.audio_by_offset("r1") == audio_of("First.")
    assert call.audio_by_offset("r2") == audio_of("Second.")
    assert provider.websockets == 1


async def test_replies_without_a_free_context_use_the_other_transport(
    call: TtsCall, provider: Provider
) -> None:
    """Replies without a free context use HTTP."""
    for n in range(7):
        await call.reply(f"r{n}", f"Reply {n}. ", finish=False)
    await eventually(lambda: len(bodies_of(call.events, SynthesisStarted)) == 7)
    for n in range(7):
        await call.finish(f"r{n}", 1)
    await eventually(lambda: len(bodies_of(call.events, SynthesisFinished)) == 7)

    assert [call.audio_by_offset(f"r{n}") for n in range(7)] == [audio_of(f"Reply {n}.") for n in range(7)]
    assert provider.websockets == 1


@pytest.mark.parametrize("snake_case", [True, False])
async def test_both_spellings_of_fields_are_read(call: TtsCall, provider: Provider, snake_case: bool) -> None:
    """The fields may be ContextId or context_id, isFinal or is_final."""
    provider.snake_case = snake_case
    await call.reply("r1", "Hello.")
    await eventually(lambda: call.finished("r1"))

    assert call.audio_by_offset("r1") == audio_of("Hello.")


async def test_without_alignment_clauses_share_the_audio(call: TtsCall, provider: Provider) -> None:
    """Each clause is published, and their ends are in order."""
    provider.aligned = False
    await call.reply("r1", "Hello there. ", "How are you?")
    await eventually(lambda: call.finished("r1"))

    clauses = bodies_of(call.events, ClauseSynthesized)
    assert [c.clause for c in clauses] == [0, 1]
    assert clauses[0].end_sample == clauses[1].start_sample
    assert clauses[1].end_sample == len(call.audio_by_offset("r1"))


async def test_a_missing_end_of_stream_is_not_waited_for(call: TtsCall, provider: Provider) -> None:
    """The reply ends once all characters have audio, although no final frame arrives."""
    provider.final = False
    await call.reply("r1", "Goodbye.")
    await eventually(lambda: call.finished("r1"))

    assert call.audio_by_offset("r1") == audio_of("Goodbye.")
    assert provider.texts() == ["Goodbye. "]


async def test_no_audio_is_lost_when_the_websocket_is_lost(call: TtsCall, provider: Provider) -> None:
    """The clause is synthesized again; published audio is neither repeated nor lost."""
    provider.break_after_chunks = 7
    await call.reply("r1", "Hello there. ", "How are you?")
    await eventually(lambda: call.finished("r1"))

    assert call.audio_by_offset("r1") == audio_of("Hello there.") + audio_of("How are you?")
    assert sum(len(chunk.mulaw) for chunk in call.audio) == len(call.audio_by_offset("r1"))
    assert provider.texts() == ["Hello there. ", "How are you? ", "How are you? "]
    assert provider.websockets == 2
    assert not provider.requests
    assert not bodies_of(call.events, StageFailed)


async def test_a_silent_provider_gets_a_new_websocket(call: TtsCall, provider: Provider) -> None:
    """The clause is synthesized again if no audio follows its text."""
    provider.hang_after_chunks = 2
    await call.reply("r1", "Hello there.")
    await eventually(lambda: call.finished("r1"))

    assert call.audio_by_offset("r1") == audio_of("Hello there.")
    assert provider.websockets == 2


@pytest.mark.parametrize(
    "garbage",
    ["no json", "[1]", '{"audio": "***", "contextId": "CA1.r1.1"}', '{"error": "boom", "message": "?"}'],
)
async def test_no_audio_is_lost_after_a_malformed_response(
    call: TtsCall, provider: Provider, garbage: str
) -> None:
    """A request with a malformed response is repeated."""
    provider.garbage = garbage
    await call.reply("r1", "Hello there.")
    await eventually(lambda: call.finished("r1"))

    assert call.audio_by_offset("r1") == audio_of("Hello there.")
    assert provider.websockets == 2


@pytest.mark.parametrize(
    "frame", ['{"odd": 1}', '{"contextId": 7, "audio": "AAAA"}', '{"type": "flush_done"}']
)
async def test_unknown_frames_are_skipped(call: TtsCall, provider: Provider, frame: str) -> None:
    """Frames of a later version of the API have no effect."""
    provider.garbage = frame
    await call.reply("r1", "Hello there.")
    await eventually(lambda: call.finished("r1"))

    assert call.audio_by_offset("r1") == audio_of("Hello there.")
    assert provider.websockets == 1


async def test_a_cancelled_reply_is_not_synthesized_further(call: TtsCall, provider: Provider) -> None:
    """Its context is closed, its later clauses are not sent, the next reply is synthesized."""
    await call.reply("r1", "I was about to say. ", finish=False)
    await eventually(lambda: bodies_of(call.events, ClauseSynthesized))
    await call.brain.append(ReplyCancelled(reply_id="r1", reason="barge_in"))
    await call.brain.append(ReplyClause(reply_id="r1", clause=1, text="More."))
    await call.reply("r2", "Yes?")
    await eventually(lambda: call.finished("r2"))

    assert provider.texts() == ["I was about to say. ", "Yes? "]
    assert {"context_id": "CA1.r1.1", "close_context": True} in provider.messages
    assert call.finished("r1") is None


async def test_a_reply_without_text_ends(call: TtsCall) -> None:
    """An empty last chunk and an end event with no samples are published."""
    await call.reply("r1")
    await eventually(lambda: call.finished("r1"))

    assert [(c.reply_id, c.mulaw, c.last) for c in call.audio] == [("r1", b"", True)]


async def test_an_idle_websocket_gets_keep_alive_messages(
    nats_url: str, provider: Provider, tmp_path: Path
) -> None:
    """The first reply still uses the first WebSocket."""
    async with open_call(nats_url) as call, run_worker(nats_url, provider.url, tmp_path, keep_alive_s=0.1):
        await eventually(lambda: len(provider.messages) >= 3)
        await call.reply("r1", "Hello.")
        await eventually(lambda: call.finished("r1"))
        await call.brain.append(CallEnded(reason="hangup"))

    assert [m["text"] for m in provider.messages[:3]] == [" ", "", ""]
    assert provider.websockets == 1


async def test_a_rejected_websocket_is_replaced_by_http(
    nats_url: str, provider: Provider, tmp_path: Path
) -> None:
    """One request is made per clause, with the text before it; the clauses' ends are exact."""
    provider.reject_websocket = 403
    async with open_call(nats_url) as call, run_worker(nats_url, provider.url, tmp_path):
        await call.reply("r1", "Hello there. ", "How are you?")
        await eventually(lambda: call.finished("r1"))
        await call.brain.append(CallEnded(reason="hangup"))

    assert call.audio_by_offset("r1") == audio_of("Hello there.") + audio_of("How are you?")
    clauses = bodies_of(call.events, ClauseSynthesized)
    assert clauses[0].end_sample == len(audio_of("Hello there."))
    assert [r.get("previous_text") for r in provider.requests] == [None, "Hello there. "]
    assert provider.requests[0]["model_id"] == "eleven_flash_v2_5"


@pytest.mark.parametrize("in_band", [True, False])
async def test_a_rejected_key_fails_the_reply_with_few_requests(
    nats_url: str, provider: Provider, tmp_path: Path, in_band: bool
) -> None:
    """The reply ends, the log has one failure, the provider gets few requests."""
    provider.reject_http = 401
    if in_band:
        provider.error_frame = {"message": "no", "error": "invalid_api_key", "code": 1008}
    else:
        provider.reject_websocket = 401
    async with open_call(nats_url) as call, run_worker(nats_url, provider.url, tmp_path):
        for n in range(3):
            await call.reply(f"r{n}", "Hello.")
            await eventually(partial(call.finished, f"r{n}"))
        await call.brain.append(CallEnded(reason="hangup"))

    failed = bodies_of(call.events, StageFailed)
    assert [(f.code, f.provider, f.retryable) for f in failed] == [("rejected", "elevenlabs", False)]
    assert "Hello" not in failed[0].message
    assert [c.last for c in call.audio] == [True] * 3
    assert len(provider.requests) == 1
    assert len(provider.headers) <= 3


async def test_no_audio_is_lost_when_a_response_is_truncated(
    nats_url: str, provider: Provider, tmp_path: Path
) -> None:
    """The clause is requested again, and the part already published is not published twice."""
    provider.reject_websocket, provider.break_http = 500, True
    async with open_call(nats_url) as call, run_worker(nats_url, provider.url, tmp_path):
        await call.reply("r1", "Hello there.")
        await eventually(lambda: call.finished("r1"))
        await call.brain.append(CallEnded(reason="hangup"))

    assert call.audio_by_offset("r1") == audio_of("Hello there.")
    assert sum(len(chunk.mulaw) for chunk in call.audio) == len(call.audio_by_offset("r1"))
    assert len(provider.requests) == 2


async def test_a_stream_without_audio_is_a_failure(call: TtsCall, provider: Provider) -> None:
    """The next route is used."""
    provider.silent = True
    await call.reply("r1", "Hello there.")
    await eventually(lambda: call.finished("r1"))

    assert call.audio_by_offset("r1") == audio_of("Hello there.")
    assert len(provider.requests) == 1


async def test_a_wrong_voice_does_not_affect_other_calls(
    nats_url: str, provider: Provider, tmp_path: Path
) -> None:
    """Calls of another agent are served."""
    provider.reject_voice = "odd-voice"
    async with (
        open_call(nats_url) as healthy,
        open_call(nats_url, "CA2", "odd") as failing,
        run_worker(nats_url, provider.url, tmp_path),
    ):
        await failing.reply("r1", "This is not played.")
        await healthy.reply("r1", "Hello.")
        await eventually(lambda: healthy.finished("r1"))
        await eventually(lambda: bodies_of(failing.events, StageFailed))
        for call in (failing, healthy):
            await call.brain.append(CallEnded(reason="hangup"))

    assert healthy.audio_by_offset("r1") == audio_of("Hello.")
    assert not bodies_of(healthy.events, StageFailed)
    assert failing.audio_by_offset("r1") == b""


async def test_no_provider_fails_the_reply(nats_url: str, provider: Provider, tmp_path: Path) -> None:
    """The reply ends, and the failure is reported."""
    provider.url = f"http://127.0.0.1:{free_port()}"
    async with open_call(nats_url) as call, run_worker(nats_url, provider.url, tmp_path):
        await call.reply("r1", "Hello.")
        await eventually(lambda: call.finished("r1"))
        await eventually(lambda: bodies_of(call.events, StageFailed))
        await call.brain.append(CallEnded(reason="hangup"))

    assert [f.code for f in bodies_of(call.events, StageFailed)] == ["unavailable"]


async def test_the_next_owner_continues_where_the_log_ends(
    nats_url: str, provider: Provider, tmp_path: Path
) -> None:
    """An unfinished reply continues with its next clause; finished and cancelled ones do not change."""
    async with open_call(nats_url) as call:
        async with run_worker(nats_url, provider.url, tmp_path):
            await call.reply("r1", "Done.")
            await call.reply("r2", "Dropped. ", finish=False)
            await call.reply("r3", "Hello there. ", finish=False)
            await eventually(lambda: len(bodies_of(call.events, ClauseSynthesized)) == 3)
            await call.brain.append(ReplyCancelled(reply_id="r2", reason="barge_in"))
        before = len(provider.texts())
        await call.brain.append(ReplyClause(reply_id="r3", clause=1, text="How are you?"))
        await call.finish("r3", 2)
        async with run_worker(nats_url, provider.url, tmp_path):
            await eventually(lambda: call.finished("r3"))
            await call.brain.append(CallEnded(reason="hangup"))

    assert provider.texts()[before:] == ["How are you? "]
    assert call.audio_by_offset("r3") == audio_of("Hello there.") + audio_of("How are you?")
    assert {chunk.epoch for chunk in call.audio} == {1, 2}
    assert [v.reply_id for v in bodies_of(call.events, SynthesisStarted)].count("r3") == 1


async def test_the_next_owner_repeats_the_unfinished_clause_of_a_killed_one(
    nats_url: str, provider: Provider, tmp_path: Path
) -> None:
    """Half of a clause was published: it is synthesized again at the same offsets."""
    whole = audio_of("Hello there.")
    async with open_call(nats_url) as call, open_outbox(call.bus) as outbox:
        async with (
            call.bus.work_queue.claims("tts") as claim,
            open_call_log(call.bus, outbox, CALL, "tts", 1) as killed,
        ):
            assert await claim(1.0) is not None
            await call.reply("r1", "Oh. ", "Hello there.")
            await killed.append(SynthesisStarted(reply_id="r1"))
            out = AudioOutput(call.bus, CALL, 1)
            await out.publish("r1", 0, audio_of("Oh.") + whole[:2000])
            await killed.append(ClauseSynthesized(reply_id="r1", clause=0, end_sample=len(audio_of("Oh."))))
        async with run_worker(nats_url, provider.url, tmp_path):
            await eventually(lambda: call.finished("r1"))
            await call.brain.append(CallEnded(reason="hangup"))

    assert provider.texts() == ["Hello there. "]
    assert call.audio_by_offset("r1") == audio_of("Oh.") + whole
    again = next(chunk for chunk in call.audio if chunk.epoch == 2)
    assert again.offset_samples == len(audio_of("Oh."))
    assert len(bodies_of(call.events, SynthesisStarted)) == 1


async def test_replies_succeed_although_contexts_never_end(call: TtsCall, provider: Provider) -> None:
    """Contexts are counted by their final frames; without them a new WebSocket is opened."""
    provider.final = False
    for n in range(5):
        await call.reply(f"r{n}", f"Reply {n}.")
        await eventually(partial(call.finished, f"r{n}"))

    assert [call.audio_by_offset(f"r{n}") for n in range(5)] == [audio_of(f"Reply {n}.") for n in range(5)]
    assert (provider.websockets, provider.requests) == (2, [])


async def test_an_unknown_provider_fails_the_call_with_a_reason(
    nats_url: str, provider: Provider, tmp_path: Path
) -> None:
    """The log names the key of the agent file; the brain then requests the fallback."""
    (tmp_path / "typo.yaml").write_text("prompt: Speak.\ntts: {provider: elevenlabz}\n")
    async with open_call(nats_url, agent="typo") as call, run_worker(nats_url, provider.url, tmp_path):
        await eventually(lambda: bodies_of(call.events, StageFailed))
        await call.brain.append(CallEnded(reason="hangup"))

    failed = bodies_of(call.events, StageFailed)[0]
    assert (failed.code, failed.provider, failed.retryable) == ("rejected", "elevenlabz", False)
    assert "tts.provider: no provider 'elevenlabz' is installed" in failed.message


_SALES = "prompt: x\napology: '...'\nfillers: {phrases: []}\ntts: {voice: voice-2, text_normalization: off}\n"


async def test_each_agent_of_a_call_has_its_own_voice(
    nats_url: str, provider: Provider, tmp_path: Path
) -> None:
    """Words of the previous agent keep its voice, also those that arrive after the hand-off."""
    (tmp_path / "sales.yaml").write_text(_SALES)
    (tmp_path / "broken.yaml").write_text("prompt: [")
    async with open_call(nats_url) as call, run_worker(nats_url, provider.url, tmp_path):
        await call.reply("r1", "I connect you. ", finish=False)
        await call.brain.append(AgentChanged(agent="sales", from_agent="test", reply_id="r1"))
        await call.reply("r2", "Sales speaking. ")
        await call.brain.append(ReplyClause(reply_id="r1", clause=1, text="One moment. "))
        await call.finish("r1", 2)
        await eventually(lambda: call.finished("r1") and call.finished("r2"))
        await call.brain.append(AgentChanged(agent="test", from_agent="sales", reply_id="r2"))
        await call.reply("r3", "Front desk again. ")
        await call.brain.append(AgentChanged(agent="broken", from_agent="test", reply_id="r3"))
        await call.reply("r4", "Still here. ")
        await eventually(lambda: call.finished("r3") and call.finished("r4"))

    assert {text: voice for voice, text in provider.spoken} == {
        "I connect you.": "voice-1",
        "Sales speaking.": "voice-2",
        "One moment.": "voice-1",
        "Front desk again.": "voice-1",
        "Still here.": "voice-1",
    }


async def test_the_next_owner_speaks_with_the_voice_of_the_reply(
    nats_url: str, provider: Provider, tmp_path: Path
) -> None:
    """A reply that the previous owner left unfinished keeps the agent that started it."""
    (tmp_path / "sales.yaml").write_text(_SALES)
    async with open_call(nats_url) as call:
        await call.reply("r1", "I connect you. ")
        await call.brain.append(AgentChanged(agent="sales", from_agent="test", reply_id="r1"))
        await call.reply("r2", "Sales speaking. ")
        async with run_worker(nats_url, provider.url, tmp_path):
            await eventually(lambda: call.finished("r1") and call.finished("r2"))

    assert sorted(provider.spoken) == [("voice-1", "I connect you."), ("voice-2", "Sales speaking.")]
