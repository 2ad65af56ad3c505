"""tts against a real bus and a provider on loopback: speaking, failing, dropping, taking over."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from parley.bus import Bus, connect, subjects
from parley.events.envelope import Body, event_body
from parley.events.log import CallEventLog, open_call_log
from parley.events.outbox import open_outbox
from parley.runtime.stage import run_stage
from parley.v1.audio_pb2 import AgentAudio
from parley.v1.call_pb2 import CallEnded, CallStarted
from parley.v1.reply_pb2 import ReplyCancelled, ReplyClause, ReplyFinished, ReplyStarted
from parley.v1.synthesis_pb2 import ClauseSynthesized, SynthesisFinished, SynthesisStarted
from parley.v1.work_pb2 import StageFailed, Work
from services.tts.publish import AudioOut
from services.tts.settings import TtsSettings
from services.tts.speak import open_speaking
from tests.event_factories import bodies_of
from tests.integration.tts_provider import Provider, running_provider, sound_of
from tests.nats_server import free_port

CALL = "CA1"


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """A provider that does as it is told."""
    async with running_provider() as running:
        yield running


@dataclass(slots=True)
class Desk:
    """A call from the brain's side, and the ear of the edge."""

    brain: CallEventLog
    bus: Bus
    call_sid: str
    audio: list[AgentAudio] = field(default_factory=list)
    events: list[Body] = field(default_factory=list)

    async def reply(self, reply_id: str, *clauses: str, finish: bool = True) -> None:
        """The brain says a reply, whole."""
        await self.brain.append(ReplyStarted(reply_id=reply_id))
        for number, text in enumerate(clauses):
            await self.brain.append(ReplyClause(reply_id=reply_id, clause=number, text=text))
        if finish:
            await self.finish(reply_id, len(clauses))

    async def finish(self, reply_id: str, clauses: int) -> None:
        """No more text comes."""
        await self.brain.append(ReplyFinished(reply_id=reply_id, clauses=clauses, reason="stop"))

    def heard(self, reply_id: str) -> bytes:
        """The reply's sound as one who goes by offset has it."""
        sound = b""
        for chunk in self.audio:
            if chunk.reply_id == reply_id:
                assert chunk.offset_samples <= len(sound), "a gap"
                sound += chunk.mulaw[len(sound) - chunk.offset_samples :]
        return sound

    def finished(self, reply_id: str) -> SynthesisFinished | None:
        """Whether tts is done with a reply, by its word and by its sound."""
        if not any(chunk.last for chunk in self.audio if chunk.reply_id == reply_id):
            return None
        return next(
            (e for e in self.events if isinstance(e, SynthesisFinished) and e.reply_id == reply_id), None
        )

    async def until(self, true: Callable[[], object], timeout_s: float = 8) -> None:
        """Wait for something to become true."""
        async with asyncio.timeout(timeout_s):
            while not true():  # noqa: ASYNC110 - the test's own lists have no events
                await asyncio.sleep(0.01)


async def _listen(desk: Desk) -> None:
    async with desk.bus.subscribe(subjects.agent_audio(desk.call_sid)) as live:
        async for message in live:
            desk.audio.append(AgentAudio.FromString(message.data))


async def _read(desk: Desk) -> None:
    async for event in desk.brain:
        body = event_body(event)
        if body is not None:
            desk.events.append(body)


@asynccontextmanager
async def a_call(nats_url: str, call_sid: str = CALL, agent: str = "test") -> AsyncIterator[Desk]:
    """A call that looks for a voice."""
    async with (
        connect(nats_url, "test", timeout_s=5) as bus,
        open_outbox(bus) as outbox,
        open_call_log(bus, outbox, call_sid, "brain", 1) as brain,
        asyncio.TaskGroup() as tasks,
    ):
        desk = Desk(brain, bus, call_sid)
        listening = [tasks.create_task(_listen(desk)), tasks.create_task(_read(desk))]
        await brain.append(CallStarted(agent=agent))
        await outbox.wait_acked(5)
        await bus.publish_durable(subjects.work("tts", call_sid), Work(call_sid=call_sid).SerializeToString())
        yield desk
        for task in listening:
            task.cancel()


@asynccontextmanager
async def a_worker(
    nats_url: str, provider_url: str, folder: Path, *, key: str = "key", keep_alive_s: float = 15.0
) -> AsyncIterator[asyncio.Task[None]]:
    """A process of tts, within the test's own."""
    (folder / "odd.yaml").write_text("prompt: Speak.\nfillers: {phrases: []}\ntts: {voice: odd-voice}\n")
    (folder / "test.yaml").write_text(
        "prompt: Speak.\nfillers: {phrases: []}\ntts: {voice: voice-1, model: m1}\n"
    )
    settings = TtsSettings(
        nats_url=nats_url,
        tts_port=0,
        agents_dir=str(folder),
        elevenlabs_url=provider_url,
        elevenlabs_api_key=SecretStr(key),
        tts_first_audio_timeout_s=1.0,
        tts_keep_alive_s=keep_alive_s,
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


@pytest.fixture
async def desk(nats_url: str, provider: Provider, tmp_path: Path) -> AsyncIterator[Desk]:
    """A call with a voice."""
    async with a_call(nats_url) as desk, a_worker(nats_url, provider.url, tmp_path):
        yield desk
        await desk.brain.append(CallEnded(reason="hangup"))


async def test_a_reply_is_spoken_clause_by_clause(desk: Desk, provider: Provider) -> None:
    """Sound without gap, clauses with exact ends and words, the end told."""
    await desk.reply("r1", "Hello there. ", "How are you?")
    await desk.until(lambda: desk.finished("r1"))

    first, second = sound_of("Hello there."), sound_of("How are you?")
    assert desk.heard("r1") == first + second
    assert all(len(chunk.mulaw) <= 1600 for chunk in desk.audio)
    assert [chunk.sequence for chunk in desk.audio] == list(range(1, len(desk.audio) + 1))
    assert desk.audio[-1].last
    assert len(bodies_of(desk.events, SynthesisStarted)) == 1
    clauses = bodies_of(desk.events, ClauseSynthesized)
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
    assert provider.queries[0]["output_format"] == "ulaw_8000"
    assert provider.headers[0]["xi-api-key"] == "key"


async def test_text_is_spoken_before_the_reply_is_complete(desk: Desk) -> None:
    """The first clause sounds and is told complete while the brain still thinks."""
    await desk.reply("r1", "One moment. ", finish=False)
    await desk.until(lambda: bodies_of(desk.events, ClauseSynthesized))
    # Longer than the provider may be late: nothing is owed, so nothing is late.
    await asyncio.sleep(0.6)

    assert desk.heard("r1") == sound_of("One moment.")
    assert desk.finished("r1") is None
    await desk.finish("r1", 1)
    await desk.until(lambda: desk.finished("r1"))
    assert not bodies_of(desk.events, StageFailed)


async def test_replies_do_not_wait_for_each_other(desk: Desk, provider: Provider) -> None:
    """A reply is spoken while another still waits for its text, each in a context of its own."""
    await desk.reply("r1", "First. ", finish=False)
    await desk.reply("r2", "Second.")
    await desk.until(lambda: desk.finished("r2"))
    await desk.finish("r1", 1)
    await desk.until(lambda: desk.finished("r1"))

    assert desk.heard("r1") == sound_of("First.")
    assert desk.heard("r2") == sound_of("Second.")
    assert provider.sockets == 1


async def test_more_replies_than_the_provider_has_contexts(desk: Desk, provider: Provider) -> None:
    """None is lost: those that find no room are spoken in another way."""
    for n in range(7):
        await desk.reply(f"r{n}", f"Reply {n}. ", finish=False)
    await desk.until(lambda: len(bodies_of(desk.events, SynthesisStarted)) == 7)
    for n in range(7):
        await desk.finish(f"r{n}", 1)
    await desk.until(lambda: len(bodies_of(desk.events, SynthesisFinished)) == 7)

    assert [desk.heard(f"r{n}") for n in range(7)] == [sound_of(f"Reply {n}.") for n in range(7)]
    assert provider.sockets == 1


@pytest.mark.parametrize("snake_case", [True, False])
async def test_both_spellings_are_understood(desk: Desk, provider: Provider, snake_case: bool) -> None:
    """ContextId or context_id, isFinal or is_final."""
    provider.snake_case = snake_case
    await desk.reply("r1", "Hello.")
    await desk.until(lambda: desk.finished("r1"))

    assert desk.heard("r1") == sound_of("Hello.")


async def test_without_alignment_clauses_share_the_sound(desk: Desk, provider: Provider) -> None:
    """No clause is left untold, and the ends are in order."""
    provider.aligned = False
    await desk.reply("r1", "Hello there. ", "How are you?")
    await desk.until(lambda: desk.finished("r1"))

    clauses = bodies_of(desk.events, ClauseSynthesized)
    assert [c.clause for c in clauses] == [0, 1]
    assert clauses[0].end_sample == clauses[1].start_sample
    assert clauses[1].end_sample == len(desk.heard("r1"))


async def test_a_missing_last_word_is_not_waited_for(desk: Desk, provider: Provider) -> None:
    """All characters have sounded and no final frame comes: the reply ends all the same, by one socket."""
    provider.final = False
    await desk.reply("r1", "Goodbye.")
    await desk.until(lambda: desk.finished("r1"))

    assert desk.heard("r1") == sound_of("Goodbye.")
    assert provider.texts() == ["Goodbye. "]


async def test_a_broken_socket_costs_no_sound(desk: Desk, provider: Provider) -> None:
    """The clause is made again over a new socket; what was published is neither repeated nor lost."""
    provider.break_after_pieces = 7
    await desk.reply("r1", "Hello there. ", "How are you?")
    await desk.until(lambda: desk.finished("r1"))

    assert desk.heard("r1") == sound_of("Hello there.") + sound_of("How are you?")
    assert sum(len(chunk.mulaw) for chunk in desk.audio) == len(desk.heard("r1"))
    assert provider.texts() == ["Hello there. ", "How are you? ", "How are you? "]
    assert provider.sockets == 2
    assert not provider.requests
    assert not bodies_of(desk.events, StageFailed)


async def test_a_silent_provider_is_left_for_a_new_socket(desk: Desk, provider: Provider) -> None:
    """Text sent, no sound: the watchdog has the clause made again."""
    provider.hang_after_pieces = 2
    await desk.reply("r1", "Hello there.")
    await desk.until(lambda: desk.finished("r1"))

    assert desk.heard("r1") == sound_of("Hello there.")
    assert provider.sockets == 2


@pytest.mark.parametrize(
    "garbage",
    ["no json", "[1]", '{"audio": "***", "contextId": "CA1.r1.1"}', '{"error": "boom", "message": "?"}'],
)
async def test_garbage_costs_a_socket_and_no_sound(desk: Desk, provider: Provider, garbage: str) -> None:
    """A provider that says something senseless is asked again."""
    provider.garbage = garbage
    await desk.reply("r1", "Hello there.")
    await desk.until(lambda: desk.finished("r1"))

    assert desk.heard("r1") == sound_of("Hello there.")
    assert provider.sockets == 2


@pytest.mark.parametrize(
    "frame", ['{"odd": 1}', '{"contextId": 7, "audio": "AAAA"}', '{"type": "flush_done"}']
)
async def test_unknown_frames_are_passed_over(desk: Desk, provider: Provider, frame: str) -> None:
    """What this version does not know does no harm."""
    provider.garbage = frame
    await desk.reply("r1", "Hello there.")
    await desk.until(lambda: desk.finished("r1"))

    assert desk.heard("r1") == sound_of("Hello there.")
    assert provider.sockets == 1


async def test_a_dropped_reply_is_not_made_further(desk: Desk, provider: Provider) -> None:
    """Its context is closed, its later clauses are not sent, the next reply is spoken."""
    await desk.reply("r1", "I was about to say. ", finish=False)
    await desk.until(lambda: bodies_of(desk.events, ClauseSynthesized))
    await desk.brain.append(ReplyCancelled(reply_id="r1", reason="barge_in"))
    await desk.brain.append(ReplyClause(reply_id="r1", clause=1, text="More."))
    await desk.reply("r2", "Yes?")
    await desk.until(lambda: desk.finished("r2"))

    assert provider.texts() == ["I was about to say. ", "Yes? "]
    assert {"context_id": "CA1.r1.1", "close_context": True} in provider.messages
    assert desk.finished("r1") is None


async def test_a_reply_without_text_ends(desk: Desk) -> None:
    """An empty last chunk, no samples."""
    await desk.reply("r1")
    await desk.until(lambda: desk.finished("r1"))

    assert [(c.reply_id, c.mulaw, c.last) for c in desk.audio] == [("r1", b"", True)]


async def test_an_idle_voice_shows_signs_of_life(nats_url: str, provider: Provider, tmp_path: Path) -> None:
    """The provider is told that the call goes on; the first word still goes over the first socket."""
    async with a_call(nats_url) as desk, a_worker(nats_url, provider.url, tmp_path, keep_alive_s=0.1):
        await desk.until(lambda: len(provider.messages) >= 3)
        await desk.reply("r1", "Hello.")
        await desk.until(lambda: desk.finished("r1"))
        await desk.brain.append(CallEnded(reason="hangup"))

    assert [m["text"] for m in provider.messages[:3]] == [" ", "", ""]
    assert provider.sockets == 1


async def test_a_refused_socket_is_replaced_by_http(
    nats_url: str, provider: Provider, tmp_path: Path
) -> None:
    """A request per clause, with what was said before; ends are exact."""
    provider.refuse_socket = 403
    async with a_call(nats_url) as desk, a_worker(nats_url, provider.url, tmp_path):
        await desk.reply("r1", "Hello there. ", "How are you?")
        await desk.until(lambda: desk.finished("r1"))
        await desk.brain.append(CallEnded(reason="hangup"))

    assert desk.heard("r1") == sound_of("Hello there.") + sound_of("How are you?")
    clauses = bodies_of(desk.events, ClauseSynthesized)
    assert clauses[0].end_sample == len(sound_of("Hello there."))
    assert [r.get("previous_text") for r in provider.requests] == [None, "Hello there. "]
    assert provider.requests[0]["model_id"] == "m1"


@pytest.mark.parametrize("in_band", [True, False])
async def test_a_refused_key_fails_the_reply_and_does_not_spin(
    nats_url: str, provider: Provider, tmp_path: Path, in_band: bool
) -> None:
    """The reply has an end, the log one failure, the provider few requests."""
    provider.refuse_http = 401
    if in_band:
        provider.error_frame = {"message": "no", "error": "invalid_api_key", "code": 1008}
    else:
        provider.refuse_socket = 401
    async with a_call(nats_url) as desk, a_worker(nats_url, provider.url, tmp_path):
        for n in range(3):
            await desk.reply(f"r{n}", "Hello.")
            await desk.until(partial(desk.finished, f"r{n}"))
        await desk.brain.append(CallEnded(reason="hangup"))

    failed = bodies_of(desk.events, StageFailed)
    assert [(f.code, f.provider, f.retryable) for f in failed] == [("rejected", "elevenlabs", False)]
    assert "Hello" not in failed[0].message
    assert [c.last for c in desk.audio] == [True] * 3
    assert len(provider.requests) == 1
    assert len(provider.headers) <= 3


async def test_http_that_breaks_off_costs_no_sound(nats_url: str, provider: Provider, tmp_path: Path) -> None:
    """The clause is asked for again; what was published of it is not published twice."""
    provider.refuse_socket, provider.break_http = 500, True
    async with a_call(nats_url) as desk, a_worker(nats_url, provider.url, tmp_path):
        await desk.reply("r1", "Hello there.")
        await desk.until(lambda: desk.finished("r1"))
        await desk.brain.append(CallEnded(reason="hangup"))

    assert desk.heard("r1") == sound_of("Hello there.")
    assert sum(len(chunk.mulaw) for chunk in desk.audio) == len(desk.heard("r1"))
    assert len(provider.requests) == 2


async def test_a_mute_provider_is_a_broken_one(desk: Desk, provider: Provider) -> None:
    """It says that it has finished and gave no sound: the next way is taken."""
    provider.mute = True
    await desk.reply("r1", "Hello there.")
    await desk.until(lambda: desk.finished("r1"))

    assert desk.heard("r1") == sound_of("Hello there.")
    assert len(provider.requests) == 1


async def test_one_call_without_a_voice_does_not_touch_another(
    nats_url: str, provider: Provider, tmp_path: Path
) -> None:
    """A wrong voice in one agent file; calls of the other agent speak on."""
    provider.refuse_voice = "odd-voice"
    async with (
        a_call(nats_url) as well,
        a_call(nats_url, "CA2", "odd") as ill,
        a_worker(nats_url, provider.url, tmp_path),
    ):
        await ill.reply("r1", "Nobody hears this.")
        await well.reply("r1", "Hello.")
        await well.until(lambda: well.finished("r1"))
        await ill.until(lambda: bodies_of(ill.events, StageFailed))
        for desk in (ill, well):
            await desk.brain.append(CallEnded(reason="hangup"))

    assert well.heard("r1") == sound_of("Hello.")
    assert not bodies_of(well.events, StageFailed)
    assert ill.heard("r1") == b""


async def test_no_provider_at_all_fails_the_reply(nats_url: str, provider: Provider, tmp_path: Path) -> None:
    """Nobody listens at the address: the reply has an end, the failure is told."""
    provider.url = f"http://127.0.0.1:{free_port()}"
    async with a_call(nats_url) as desk, a_worker(nats_url, provider.url, tmp_path):
        await desk.reply("r1", "Hello.")
        await desk.until(lambda: desk.finished("r1"))
        await desk.until(lambda: bodies_of(desk.events, StageFailed))
        await desk.brain.append(CallEnded(reason="hangup"))

    assert [f.code for f in bodies_of(desk.events, StageFailed)] == ["unavailable"]


async def test_a_successor_goes_on_where_the_log_ends(
    nats_url: str, provider: Provider, tmp_path: Path
) -> None:
    """A reply voiced in part goes on with its next clause; finished and dropped ones are left alone."""
    async with a_call(nats_url) as desk:
        async with a_worker(nats_url, provider.url, tmp_path):
            await desk.reply("r1", "Done.")
            await desk.reply("r2", "Dropped. ", finish=False)
            await desk.reply("r3", "Hello there. ", finish=False)
            await desk.until(lambda: len(bodies_of(desk.events, ClauseSynthesized)) == 3)
            await desk.brain.append(ReplyCancelled(reply_id="r2", reason="barge_in"))
        before = len(provider.texts())
        await desk.brain.append(ReplyClause(reply_id="r3", clause=1, text="How are you?"))
        await desk.finish("r3", 2)
        async with a_worker(nats_url, provider.url, tmp_path):
            await desk.until(lambda: desk.finished("r3"))
            await desk.brain.append(CallEnded(reason="hangup"))

    assert provider.texts()[before:] == ["How are you? "]
    assert desk.heard("r3") == sound_of("Hello there.") + sound_of("How are you?")
    assert {chunk.epoch for chunk in desk.audio} == {1, 2}
    assert [v.reply_id for v in bodies_of(desk.events, SynthesisStarted)].count("r3") == 1


async def test_a_successor_of_a_killed_owner_repeats_the_clause_in_hand(
    nats_url: str, provider: Provider, tmp_path: Path
) -> None:
    """Half of a clause was published: it is made again at its own offsets, so that no sample is missing."""
    whole = sound_of("Hello there.")
    async with a_call(nats_url) as desk, open_outbox(desk.bus) as outbox:
        async with (
            desk.bus.work_queue.claims("tts") as claim,
            open_call_log(desk.bus, outbox, CALL, "tts", 1) as killed,
        ):
            assert await claim(1.0) is not None
            await desk.reply("r1", "Oh. ", "Hello there.")
            await killed.append(SynthesisStarted(reply_id="r1"))
            out = AudioOut(desk.bus, CALL, 1)
            await out.publish("r1", 0, sound_of("Oh.") + whole[:2000])
            await killed.append(ClauseSynthesized(reply_id="r1", clause=0, end_sample=len(sound_of("Oh."))))
        async with a_worker(nats_url, provider.url, tmp_path):
            await desk.until(lambda: desk.finished("r1"))
            await desk.brain.append(CallEnded(reason="hangup"))

    assert provider.texts() == ["Hello there. "]
    assert desk.heard("r1") == sound_of("Oh.") + whole
    again = next(chunk for chunk in desk.audio if chunk.epoch == 2)
    assert again.offset_samples == len(sound_of("Oh."))
    assert len(bodies_of(desk.events, SynthesisStarted)) == 1


async def test_contexts_that_never_end_cost_a_socket_not_a_reply(desk: Desk, provider: Provider) -> None:
    """The provider's room is counted by its final frames; when none come a new socket has room again."""
    provider.final = False
    for n in range(5):
        await desk.reply(f"r{n}", f"Reply {n}.")
        await desk.until(partial(desk.finished, f"r{n}"))

    assert [desk.heard(f"r{n}") for n in range(5)] == [sound_of(f"Reply {n}.") for n in range(5)]
    assert (provider.sockets, provider.requests) == (2, [])
