"""A brain that ends: killed in mid-tool, its successor does what is left; told to, it answers first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from parley.bus import Bus, connect, subjects
from parley.events.envelope import Body, event_body
from parley.events.log import open_call_log
from parley.events.outbox import open_outbox
from parley.runtime.health import serve
from parley.runtime.stage import run_stage
from parley.v1.call_pb2 import CallEnded, CallStarted
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
from services.brain.session import open_service
from services.brain.settings import BrainSettings

CALL = "CA1"
BEFORE: tuple[Body, ...] = (
    ReplyStarted(reply_id="r1", turn=1, kind=REPLY_KIND_ANSWER),
    ReplyClause(reply_id="r1", text="Goodbye."),
    ToolCalled(tool_call_id="r1-t1", name="end_call", arguments="{}", reply_id="r1"),
    ReplyFinished(reply_id="r1", clauses=1, reason="tool_calls"),
)


@asynccontextmanager
async def a_brain(nats_url: str, folder: Path, first_token_ms: int = 5) -> AsyncIterator[asyncio.Event]:
    """A process of the brain, within the test's own, and its model."""
    (folder / "test.yaml").write_text("prompt: Speak.\ngreeting: ''\ntools: [end_call]\n")
    model = OpenAIEmulator(OpenAISandboxSettings(first_token_ms=first_token_ms, tokens_per_s=1000))
    async with serve(model.app(), "127.0.0.1", 0) as port, asyncio.TaskGroup() as tasks:
        settings = BrainSettings(
            nats_url=nats_url,
            agents_dir=str(folder),
            openai_api_key="k",  # type: ignore[arg-type]
            openai_base_url=f"http://127.0.0.1:{port}/v1",
            drain_timeout_s=5,
        )
        stop = asyncio.Event()
        running = run_stage("brain", settings, 0, partial(open_service, settings), stop)
        tasks.create_task(running)
        yield stop
        stop.set()


async def what_a_successor_says(nats_url: str, folder: Path, *more: Body) -> list[Body]:
    """The log of a call whose brain died after these words."""
    async with connect(nats_url, "test", timeout_s=5) as bus, open_outbox(bus) as outbox:
        async with open_call_log(bus, outbox, CALL, "edge", 1) as edge:
            await edge.append(CallStarted(agent="test"))
            await edge.append(TurnEnded(turn=1, text="goodbye", decided_by="speech_final"))
        async with open_call_log(bus, outbox, CALL, "brain", 1) as dead:
            for body in (*BEFORE, *more):
                await dead.append(body)
        await outbox.wait_acked(5)
        await bus.publish_durable(subjects.work("brain", CALL), Work(call_sid=CALL).SerializeToString())
        async with bus.work_queue.claims("brain") as claim:
            # The dead one had claimed it: its successor is the second owner.
            assert await claim(2.0) is not None
        async with open_call_log(bus, outbox, CALL, "test", 1) as seen, a_brain(nats_url, folder):
            said = await _until_returned(seen.__aiter__())
            await asyncio.sleep(0.3)
            await _end(bus)
            return said


async def _until_returned(events: AsyncIterator[object]) -> list[Body]:
    said: list[Body] = []
    async with asyncio.timeout(8):
        async for event in events:
            body = event_body(event)  # type: ignore[arg-type]
            if body is not None:
                said.append(body)
            if isinstance(body, ToolReturned):
                return said
    return said


async def _end(bus: Bus) -> None:
    async with open_outbox(bus) as outbox, open_call_log(bus, outbox, CALL, "edge", 2) as edge:
        await edge.append(CallEnded(reason="agent"))


async def test_a_tool_that_has_no_result_is_run_by_the_successor(nats_url: str, tmp_path: Path) -> None:
    """And what it does to the call is done."""
    said = await what_a_successor_says(nats_url, tmp_path)

    assert [type(body) for body in said[-2:]] == [HangUpRequested, ToolReturned]
    assert [body.tool_call_id for body in said if isinstance(body, ToolReturned)] == ["r1-t1"]
    assert not any(isinstance(body, ToolCalled) for body in said)


async def test_a_call_that_was_to_be_ended_when_the_brain_died_is_ended(
    nats_url: str, tmp_path: Path
) -> None:
    """The result was not told: the successor asks for the end once more, which changes nothing."""
    said = await what_a_successor_says(
        nats_url, tmp_path, HangUpRequested(reason="agent", after_reply_id="r1")
    )

    assert [body.after_reply_id for body in said if isinstance(body, HangUpRequested)] == ["r1"]
    assert sum(isinstance(body, ToolReturned) for body in said) == 1


async def test_a_brain_that_is_told_to_end_answers_first(nats_url: str, tmp_path: Path) -> None:
    """The call is given back when the answer is known, and not before."""
    async with connect(nats_url, "test", timeout_s=5) as bus, open_outbox(bus) as outbox:
        async with open_call_log(bus, outbox, CALL, "edge", 1) as edge:
            await edge.append(CallStarted(agent="test"))
            await edge.append(TurnEnded(turn=1, text="hello", decided_by="speech_final"))
        await outbox.wait_acked(5)
        await bus.publish_durable(subjects.work("brain", CALL), Work(call_sid=CALL).SerializeToString())
        async with open_call_log(bus, outbox, CALL, "test", 1) as seen:
            async with asyncio.timeout(20), a_brain(nats_url, tmp_path, first_token_ms=500) as stop:
                await anext(e async for e in seen if e.HasField("reply_started"))
                stop.set()
                events = seen.__aiter__()
                finished = await anext(e async for e in events if e.HasField("reply_finished"))
            async with bus.work_queue.claims("brain") as claim:
                given_back = await claim(2.0)
                assert given_back is not None
                await given_back.ack()

    assert (finished.epoch, finished.reply_finished.reason) == (1, "stop")
    assert given_back.epoch == 2
