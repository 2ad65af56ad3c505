"""Tests for the notes that replace the older turns of a call."""

import asyncio
from typing import cast

from parley.agent_config import AgentConfig, History, LlmConfig
from parley.events.envelope import Body
from parley.events.log import CallEventLog
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import ConversationSummarized
from services.brain.generation.summarizer import Summarizer, SummaryResult
from services.brain.history_limiter import HistoryLimiter
from services.brain.session_log import SessionLog
from services.brain.window import Earlier, Split
from tests.event_factories import event
from tests.unit.brain.event_factories import playback_finished, turn_ended
from tests.unit.brain.policies.test_history_policy import dialogue, exchange


class FakeLog:
    """A call log that stores the appended events."""

    def __init__(self) -> None:
        self.appended: list[Body] = []

    def now_ms(self) -> int:
        """Return a fixed call time."""
        return 1000

    async def append(self, body: Body) -> Event:
        """Store the body; return its event."""
        self.appended.append(body)
        return event(body)


class FakeSummarizer:
    """Records what is requested."""

    def __init__(self) -> None:
        self.requested: list[Split] = []
        self.running = False

    def start(self, _earlier: Earlier, split: Split, _tasks: asyncio.TaskGroup) -> None:
        """Record a request."""
        self.requested.append(split)
        self.running = True

    def stop(self) -> None:
        """End the request."""
        self.running = False


class Harness:
    """A limiter of at most four turns."""

    def __init__(self, *log: Event) -> None:
        agent = AgentConfig(prompt="x", llm=LlmConfig(history=History(max_turns=4)))
        self.stored = FakeLog()
        self.log = SessionLog(cast("CallEventLog", self.stored))
        self.summarizer = FakeSummarizer()
        self.limiter = HistoryLimiter(agent, self.log, cast("Summarizer", self.summarizer))
        self.read(*log)

    def read(self, *log: Event) -> None:
        """Apply events of the call."""
        for happening in log:
            self.log.apply(happening)

    async def limit(self) -> None:
        """Run the limiter once."""
        async with asyncio.TaskGroup() as tasks:
            await self.limiter.limit(tasks)


async def test_notes_replace_the_older_turns() -> None:
    """They are requested once; turns in between stay whole."""
    harness = Harness(*dialogue(5))
    await harness.limit()
    await harness.limit()
    assert [split.last_turn for split in harness.summarizer.requested] == [3]

    harness.read(playback_finished("r5", 100), *exchange(6))
    await harness.limiter.on_result(SummaryResult("r3", 3, "Ann.", "test", "small"))

    [summarized] = harness.stored.appended
    assert summarized == ConversationSummarized(
        through_reply_id="r3", through_turn=3, text="Ann.", provider="test", model="small"
    )
    conversation = harness.log.conversation
    assert conversation.earlier == Earlier(last_turn=3, summary="Ann.")
    assert [conversation.turn(number) is not None for number in (3, 4, 6)] == [False, True, True]
    assert not harness.summarizer.running


async def test_a_failure_is_not_repeated_at_once() -> None:
    """A request is made again after some more turns."""
    harness = Harness(*dialogue(5))
    await harness.limit()
    await harness.limiter.on_result(SummaryResult("r3", 3))
    await harness.limit()
    assert len(harness.summarizer.requested) == 1
    assert not harness.stored.appended

    for number in (6, 7, 8):
        harness.read(playback_finished(f"r{number - 1}", 100), *exchange(number))
    await harness.limit()
    assert len(harness.summarizer.requested) == 2


async def test_a_stopped_request_is_repeated_later() -> None:
    """An answer was needed in between."""
    harness = Harness(*dialogue(5))
    await harness.limit()
    harness.limiter.stop()
    assert not harness.summarizer.running

    await harness.limit()
    assert len(harness.summarizer.requested) == 2


async def test_overdue_turns_are_left_out_but_earlier_notes_stay() -> None:
    """The prompt mentions that something is missing."""
    harness = Harness(*dialogue(5))
    await harness.limiter.on_result(SummaryResult("r3", 3, "Ann.", "test", "small"))
    more = [e for number in range(6, 13) for e in (*exchange(number), playback_finished(f"r{number}", 100))]
    harness.read(*more, turn_ended(13, "and"))
    await harness.limit()

    left_out = harness.stored.appended[-1]
    assert left_out == ConversationSummarized(
        through_reply_id="r11", through_turn=11, text="Ann.", incomplete=True
    )
    assert harness.log.conversation.earlier == Earlier(11, "Ann.", incomplete=True)
    assert harness.log.conversation.unanswered_turn == 13
