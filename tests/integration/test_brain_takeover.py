"""Tests for a brain that ends: after a crash the next owner completes its tool calls; a drain waits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from parley.agent_store import AgentBucket
from parley.bus import Bus, connect, streams, subjects
from parley.events.envelope import Body, event_body, parse
from parley.events.log import open_call_log
from parley.events.outbox import open_outbox
from parley.runtime.health import serve
from parley.runtime.stage import run_stage
from parley.v1.call_pb2 import CallEnded, CallStarted
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import (
    REPLY_KIND_ANSWER,
    HangUpRequested,
    ReplyClause,
    ReplyFinished,
    ReplyStarted,
    ToolCalled,
    ToolReturned,
)
from parley.v1.speech_pb2 import TurnEnded
from parley.v1.work_pb2 import Work
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
from services.brain.service import open_service
from services.brain.session_log import BRAIN
from services.brain.settings import BrainSettings
from tests.event_factories import bodies_of

CALL = "CA1"
BEFORE_CRASH: tuple[Body, ...] = (
    ReplyStarted(reply_id="r1", turn=1, kind=REPLY_KIND_ANSWER),
    ReplyClause(reply_id="r1", text="Goodbye."),
    ToolCalled(tool_call_id="r1-t1", name="end_call", arguments="{}", reply_id="r1"),
    ReplyFinished(reply_id="r1", clauses=1, reason="tool_calls"),
)


@asynccontextmanager
async def running_brain(
    nats_url: str, folder: Path, environment: pytest.MonkeyPatch, first_token_ms: int = 5
) -> AsyncIterator[asyncio.Event]:
    """Run a brain within the test's process, with the model's emulator; yield the event that stops it."""
    (folder / "test.yaml").write_text("prompt: Speak.\ngreeting: ''\ntools: [end_call]\n")
    emulator = OpenAIEmulator(OpenAISandboxSettings(first_token_ms=first_token_ms, tokens_per_s=1000))
    async with serve(emulator.app(), "127.0.0.1", 0) as port, asyncio.TaskGroup() as tasks:
        environment.setenv("OPENAI_API_KEY", "k")
        environment.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{port}/v1")
        settings = BrainSettings(nats_url=nats_url, agents_dir=str(folder), drain_timeout_s=5)
        stop = asyncio.Event()
        tasks.create_task(
            run_stage("brain", settings, 0, partial(open_service, settings), stop, folds=(BRAIN,))
        )
        yield stop
        stop.set()


async def events_after_takeover(
    nats_url: str, folder: Path, environment: pytest.MonkeyPatch, *more: Body
) -> list[Body]:
    """Return the events of the call after the crash of a brain that had appended `more`."""
    async with connect(nats_url, "test", timeout_s=30) as bus, open_outbox(bus) as outbox:
        async with open_call_log(bus, outbox, CALL, "edge", 1) as edge:
            await edge.append(CallStarted(agent="test"))
            await edge.append(TurnEnded(turn=1, text="goodbye", decided_by="speech_final"))
        async with open_call_log(bus, outbox, CALL, "brain", 1) as crashed:
            for body in (*BEFORE_CRASH, *more):
                await crashed.append(body)
        await outbox.wait_acked(5)
        await bus.publish_durable(subjects.work("brain", CALL), Work(call_sid=CALL).SerializeToString())
        async with bus.work_queue.claims("brain") as claim:
            # The crashed brain had claimed the call: the next owner is the second.
            assert await claim(2.0) is not None
        async with (
            open_call_log(bus, outbox, CALL, "test", 1) as observer,
            running_brain(nats_url, folder, environment),
        ):
            found = await _until_tool_returned(observer.__aiter__())
            await asyncio.sleep(0.3)
            await _end(bus)
            return found


async def _until_tool_returned(events: AsyncIterator[Event]) -> list[Body]:
    found: list[Body] = []
    async with asyncio.timeout(30):
        async for event in events:
            body = event_body(event)
            if body is not None:
                found.append(body)
            if isinstance(body, ToolReturned):
                return found
    return found


async def _end(bus: Bus) -> None:
    async with open_outbox(bus) as outbox, open_call_log(bus, outbox, CALL, "edge", 2) as edge:
        await edge.append(CallEnded(reason="agent"))


async def test_the_next_owner_runs_a_tool_call_without_a_result(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hang-up that end_call causes is requested as well."""
    found = await events_after_takeover(nats_url, tmp_path, monkeypatch)

    assert [type(body) for body in found[-2:]] == [HangUpRequested, ToolReturned]
    assert [body.tool_call_id for body in bodies_of(found, ToolReturned)] == ["r1-t1"]
    assert not bodies_of(found, ToolCalled)


async def test_a_requested_hang_up_survives_the_crash(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a result in the log the next owner repeats the request, which has no further effect."""
    found = await events_after_takeover(
        nats_url, tmp_path, monkeypatch, HangUpRequested(reason="agent", after_reply_id="r1")
    )

    assert [body.after_reply_id for body in bodies_of(found, HangUpRequested)] == ["r1"]
    assert len(bodies_of(found, ToolReturned)) == 1


async def test_a_draining_brain_finishes_its_answer(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The brain releases the call only when the answer is complete."""
    async with connect(nats_url, "test", timeout_s=30) as bus, open_outbox(bus) as outbox:
        async with open_call_log(bus, outbox, CALL, "edge", 1) as edge:
            await edge.append(CallStarted(agent="test"))
            await edge.append(TurnEnded(turn=1, text="hello", decided_by="speech_final"))
        await outbox.wait_acked(5)
        await bus.publish_durable(subjects.work("brain", CALL), Work(call_sid=CALL).SerializeToString())
        async with open_call_log(bus, outbox, CALL, "test", 1) as observer:
            async with (
                asyncio.timeout(20),
                running_brain(nats_url, tmp_path, monkeypatch, first_token_ms=500) as stop,
            ):
                await anext(e async for e in observer if e.HasField("reply_started"))
                stop.set()
                events = observer.__aiter__()
                finished = await anext(e async for e in events if e.HasField("reply_finished"))
            async with bus.work_queue.claims("brain") as claim:
                released = await claim(2.0)
                assert released is not None
                await released.ack()

    assert (finished.epoch, finished.reply_finished.reason) == (1, "stop")
    # The stopping worker may have received the message once more, and returned it.
    assert released.epoch > finished.epoch


async def test_a_brain_on_another_machine_continues_with_the_calls_version(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own file has been edited since the call began; the call's parameters are in the texts."""
    text = "prompt: Speak.\ngreeting: Hello {{ parameters.name }}.\n"
    async with connect(nats_url, "test", timeout_s=30) as bus, open_outbox(bus) as outbox:
        version = await AgentBucket(bus).add("test", text, timeout_s=5)
        async with open_call_log(bus, outbox, CALL, "edge", 1) as edge:
            await edge.append(CallStarted(agent="test", agent_version=version, parameters={"name": "Ana"}))
        await outbox.wait_acked(5)
        await bus.publish_durable(subjects.work("brain", CALL), Work(call_sid=CALL).SerializeToString())
        async with running_brain(nats_url, tmp_path, monkeypatch):
            async with bus.subscribe(subjects.call_event(CALL, "reply_clause")) as live:
                stored = await bus.streams.read(streams.CALLS, subjects.call_event(CALL, "reply_clause"))
                async with asyncio.timeout(30):
                    data = stored[0].data if stored else (await anext(aiter(live))).data
            event = parse(data)
            assert event is not None
            assert event.reply_clause.text == "Hello Ana."
            async with open_call_log(bus, outbox, CALL, "edge", 1) as edge:
                await edge.append(CallEnded(reason="hangup"))
            await outbox.wait_acked(5)
