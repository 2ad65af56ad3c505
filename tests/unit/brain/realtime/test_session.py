"""One session at the provider, with a connection that records its requests."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from parley.audio.audio_output import AudioOutput
from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from parley.providers.latency_limits import LatencyLimit, LimitRange
from parley.providers.llm import ToolCallRequest
from parley.providers.realtime import (
    AudioDelta,
    CallerText,
    HistoryItem,
    ItemProgressed,
    RealtimeEvent,
    RealtimeUsage,
    ResponseDone,
    ResponseRequest,
    SpokenText,
    SpokenTextDelta,
    ToolCallReceived,
    ToolOutput,
    TurnCommitted,
)
from parley.v1.reply_pb2 import ReplyClause, ReplyFinished, ToolCalled, ToolReturned
from parley.v1.synthesis_pb2 import ClauseSynthesized, SynthesisFinished, SynthesisStarted
from services.brain.conversation import Conversation
from services.brain.conversation_fold import evolve
from services.brain.generation.reply_builder import ReplyBuilder
from services.brain.realtime.history import SessionStart
from services.brain.realtime.progress import Speaker
from services.brain.realtime.response_limits import ResponseLimits
from services.brain.realtime.responses import Answer, FixedText, Response
from services.brain.realtime.session import Session
from services.brain.realtime.wakeups import Wakeups
from services.brain.realtime.word_positions import SpeakingRate
from tests.event_factories import event
from tests.eventually import eventually
from tests.unit.parley.audio.test_audio_output import FakeBus

_AUDIO = b"\x10" * 8000
_AT_ONCE, _NEVER = LimitRange(0.01, 0.01, 0.01), LimitRange(60, 60, 60)
_COMPLETE = (
    SpokenTextDelta("r2.1", "i1", "We are "),
    AudioDelta("r2.1", "i1", _AUDIO),
    ItemProgressed("r2.1", "i1", complete=True),
)


class _Connection:
    """Records requests; the test delivers events."""

    def __init__(self) -> None:
        self.requests: list[tuple[Any, ...]] = []
        self._on_event: asyncio.Future[Callable[[RealtimeEvent], Awaitable[None]]] = asyncio.Future()

    async def send(self, mulaw: bytes) -> None:
        self.requests.append(("send", mulaw))

    async def add(self, item_id: str, item: HistoryItem) -> None:
        self.requests.append(("add", item_id, item))

    async def remove(self, item_id: str) -> None:
        self.requests.append(("remove", item_id))

    async def truncate(self, item_id: str, played_ms: int) -> None:
        self.requests.append(("truncate", item_id, played_ms))

    async def respond(self, request: ResponseRequest) -> None:
        self.requests.append(("respond", request.tag))

    async def cancel(self, tag: str) -> None:
        self.requests.append(("cancel", tag))

    async def run(self, on_event: Callable[[RealtimeEvent], Awaitable[None]]) -> None:
        self._on_event.set_result(on_event)
        await asyncio.Event().wait()

    async def deliver(self, *events: RealtimeEvent) -> None:
        on_event = await self._on_event
        for each in events:
            await on_event(each)


class _Fixture:
    """A session and what it reports."""

    def __init__(self, *, has_alternative: bool = False) -> None:
        self.connection = _Connection()
        self.caller: list[RealtimeEvent] = []
        self.usage: list[tuple[str, RealtimeUsage]] = []
        self.bodies: list[object] = []
        self.late: list[object] = []
        self.bus = FakeBus()
        self.session = Session(
            self.connection,
            Conversation(),
            Wakeups(),
            on_caller=self._on_caller,
            report_usage=lambda reply_id, usage: self.usage.append((reply_id, usage)),
            has_alternative=has_alternative,
        )
        self.speaker = Speaker(
            "openai",
            "m",
            AudioOutput(self.bus, "CA1", 1),
            SpeakingRate(),
            lambda: 5,
            ResponseLimits(*map(LatencyLimit, (_NEVER, _NEVER, _NEVER, _AT_ONCE))),
        )

    async def _on_caller(self, event: RealtimeEvent) -> None:
        self.caller.append(event)

    async def emit(self, bodies: Any) -> None:
        self.bodies += bodies

    async def emit_late(self, bodies: Any) -> None:
        self.late += bodies

    def answer(self, tag: str = "r2.1") -> Answer:
        builder = ReplyBuilder(tag.partition(".")[0], 1)
        return Answer(builder, ResponseRequest(tag), self.speaker, "route", self.emit, self.emit_late)

    def kinds(self) -> list[str]:
        return [type(body).__name__ for body in self.bodies]


@pytest.fixture
async def fixture() -> Any:
    made = _Fixture()
    running = asyncio.ensure_future(made.session.run())
    yield made
    running.cancel()
    await asyncio.wait([running])


def _same(conversation: Conversation) -> Conversation:
    return conversation


def _respond(fixture: _Fixture, response: Response, limit_s: float = 5.0) -> asyncio.Task[None]:
    return asyncio.ensure_future(fixture.session.respond(response, limit_s))


async def test_an_answer_becomes_the_events_of_a_reply(fixture: _Fixture) -> None:
    """Text and audio in the order of a cascade, and the audio ends before the text does."""
    task = _respond(fixture, fixture.answer())
    await asyncio.sleep(0)
    await fixture.connection.deliver(
        SpokenTextDelta("r2.1", "i1", "We are open. And "),
        AudioDelta("r2.1", "i1", _AUDIO),
        SpokenTextDelta("r2.1", "i1", "so on."),
        ToolCallReceived("r2.1", ToolCallRequest("c1", "book", "{}", {"call_id": "c1"})),
        ResponseDone("r2.1", "completed", usage=RealtimeUsage(input=3)),
    )
    await task
    kinds = fixture.kinds()
    assert kinds.index("SynthesisStarted") < kinds.index("SynthesisFinished") < kinds.index("ReplyFinished")
    assert kinds[-1] == "ToolCalled"
    assert fixture.usage == [("r2", RealtimeUsage(input=3))]
    [finished] = [b for b in fixture.bodies if isinstance(b, ReplyFinished)]
    # The words that are audible are a clause, although their sentence is not complete.
    texts = [body.text for body in fixture.bodies if isinstance(body, ReplyClause)]
    assert texts == ["We are open. ", "And ", "so on."]
    assert (finished.clauses, finished.reason) == (3, "tool_calls")
    assert len([b for b in fixture.bodies if isinstance(b, ClauseSynthesized)]) == 3
    assert fixture.bus.published[-1][1].last
    assert fixture.session.is_free


async def test_a_fixed_text_has_its_words_already(fixture: _Fixture) -> None:
    """Only its audio is added, from where the audio of the reply ends."""
    text = FixedText("r1", [(2, "Hello.")], 800, ResponseRequest("r1.1"), fixture.speaker, fixture.emit)
    task = _respond(fixture, text)
    await asyncio.sleep(0)
    await fixture.connection.deliver(AudioDelta("r1.1", "i1", _AUDIO), ResponseDone("r1.1", "completed"))
    await task
    started, clause, finished = fixture.bodies
    assert isinstance(started, SynthesisStarted)
    assert isinstance(clause, ClauseSynthesized)
    assert (clause.clause, clause.start_sample, clause.end_sample) == (2, 800, 8800)
    assert finished == SynthesisFinished(reply_id="r1", samples=8800)
    assert fixture.bus.published[0][1].offset_samples == 800


async def test_a_stopped_answer_is_cancelled_and_its_rest_dropped(fixture: _Fixture) -> None:
    """The session is free when the provider has confirmed it."""
    task = _respond(fixture, fixture.answer())
    await asyncio.sleep(0)
    await fixture.connection.deliver(AudioDelta("r2.1", "i1", _AUDIO))
    task.cancel()
    await asyncio.wait([task])
    published = len(fixture.bus.published)
    await asyncio.sleep(0)
    assert ("cancel", "r2.1") in fixture.connection.requests
    assert not fixture.session.is_free
    await fixture.connection.deliver(AudioDelta("r2.1", "i1", _AUDIO), ResponseDone("r2.1", "cancelled"))
    assert len(fixture.bus.published) == published
    assert fixture.session.is_free


@pytest.mark.parametrize(
    ("done", "kind"),
    [
        (ResponseDone("r2.1", "failed", error=ProviderUnavailable("openai", "x")), ProviderUnavailable),
        (ResponseDone("r2.1", "completed"), ProviderError),
    ],
)
async def test_an_answer_that_fails_or_is_empty(
    fixture: _Fixture, done: ResponseDone, kind: type[ProviderError]
) -> None:
    """It is requested again by the generator."""
    task = _respond(fixture, fixture.answer())
    await asyncio.sleep(0)
    await fixture.connection.deliver(done)
    with pytest.raises(kind):
        await task


async def test_silence_of_the_provider_is_limited(fixture: _Fixture) -> None:
    """The response is cancelled."""
    with pytest.raises(ProviderTimeout):
        await fixture.session.respond(fixture.answer(), 0.01)
    await asyncio.sleep(0)
    assert ("cancel", "r2.1") in fixture.connection.requests


async def test_a_lost_session_fails_its_response(fixture: _Fixture) -> None:
    """Without a request to cancel it."""
    task = _respond(fixture, fixture.answer())
    await asyncio.sleep(0)
    fixture.session.end(ProviderUnavailable("openai", "lost"))
    with pytest.raises(ProviderUnavailable):
        await task
    assert ("cancel", "r2.1") not in fixture.connection.requests


@pytest.mark.parametrize(
    ("played", "request_"),
    [(8000, []), (4000, [("truncate", "i1", 500)]), (0, [("remove", "i1")])],
)
async def test_what_was_not_played_is_forgotten(
    fixture: _Fixture, played: int, request_: list[tuple[Any, ...]]
) -> None:
    """Exactly, in the audio of the item."""
    task = _respond(fixture, fixture.answer())
    await asyncio.sleep(0)
    await fixture.connection.deliver(
        SpokenTextDelta("r2.1", "i1", "Yes."),
        AudioDelta("r2.1", "i1", _AUDIO),
        ResponseDone("r2.1", "completed"),
    )
    await task
    fixture.session.forget_unplayed("r2", played)
    await asyncio.sleep(0)
    assert fixture.connection.requests[1:] == request_


async def test_results_and_material_are_replaced(fixture: _Fixture) -> None:
    """The result of a tool replaces the note that it is running; material is for one answer."""
    session, conversation = fixture.session, Conversation()
    for body in (
        ToolCalled(tool_call_id="turn1-0123456789ab", name="book", arguments="{}", reply_id="r1"),
        ToolReturned(tool_call_id="turn1-0123456789ab", result="{}"),
    ):
        conversation = evolve(conversation, event(body))
        await session.items.update(partial(_same, conversation))
    await session.items.set_material("pages")
    await session.items.set_material("")
    kinds = [(request[0], type(request[-1]).__name__) for request in fixture.connection.requests]
    assert kinds == [
        ("add", "CalledTool"),
        ("add", "ToolOutput"),
        ("remove", "str"),
        ("add", "ToolOutput"),
        ("add", "CallerText"),
        ("remove", "str"),
    ]


async def test_results_are_added_before_the_next_answer(fixture: _Fixture) -> None:
    """The caller's next turn follows them; the answer does not add them again."""
    conversation = Conversation()
    for body in (
        ToolCalled(tool_call_id="turn1-0123456789ab", name="wait", arguments="{}", reply_id="r1"),
        ToolReturned(tool_call_id="turn1-0123456789ab", result="{}"),
    ):
        conversation = evolve(conversation, event(body))
    fixture.session.update_items(lambda: conversation)
    await eventually(lambda: len(fixture.connection.requests) == 2)
    await fixture.session.items.update(lambda: conversation)
    assert [request[0] for request in fixture.connection.requests] == ["add", "add"]


async def test_a_restored_result_can_be_replaced(fixture: _Fixture) -> None:
    """Its item is found by the call."""
    items = (CallerText("hi"), ToolOutput("c1", "running"))
    await fixture.session.items.restore(SessionStart("x", items))
    assert [request[1] for request in fixture.connection.requests] == ["h_1", "h_2"]


async def test_events_of_the_caller_are_passed_on(fixture: _Fixture) -> None:
    """And those of unknown responses are dropped."""
    await fixture.connection.deliver(
        TurnCommitted("i1"), AudioDelta("", "x", _AUDIO), ResponseDone("", "failed")
    )
    assert fixture.caller == [TurnCommitted("i1")]
    assert fixture.bus.published == []
    assert not [body for body in fixture.bodies if isinstance(body, ReplyClause)]


async def test_an_answer_with_complete_items_ends(fixture: _Fixture) -> None:
    """Its end is not waited for any longer; it is cancelled when another response is requested."""
    task = _respond(fixture, fixture.answer())
    await asyncio.sleep(0)
    await fixture.connection.deliver(*_COMPLETE, SpokenText("r2.1", "i1", "We are open."))
    await task
    texts = [body.text for body in fixture.bodies if isinstance(body, ReplyClause)]
    assert "".join(texts) == "We are open."
    assert fixture.kinds().count("ClauseSynthesized") == len(texts)
    assert fixture.session.is_free
    task = _respond(fixture, fixture.answer("r3.1"))
    await eventually(lambda: ("cancel", "r2.1") in fixture.connection.requests)
    assert ("respond", "r3.1") not in fixture.connection.requests
    await fixture.connection.deliver(ResponseDone("r2.1", "cancelled"))
    await eventually(lambda: ("respond", "r3.1") in fixture.connection.requests)
    assert fixture.kinds().count("ReplyFinished") == 1
    task.cancel()
    await asyncio.wait([task])


async def test_a_call_after_a_long_pause_is_made(fixture: _Fixture) -> None:
    """The model has reasoned for longer than the reply could wait; the limit grows."""
    call = ToolCallRequest("c1", "book", "{}", {"call_id": "c1"})
    task = _respond(fixture, fixture.answer())
    await asyncio.sleep(0)
    await fixture.connection.deliver(*_COMPLETE)
    await task
    progress = ItemProgressed("r2.1", "i2", complete=True, call=call)
    received = ToolCallReceived("r2.1", call)
    await fixture.connection.deliver(progress, received, received, ResponseDone("r2.1", "completed"))
    assert [(body.name, body.reply_id) for body in fixture.late if isinstance(body, ToolCalled)] == [
        ("book", "r2")
    ]
    assert len(fixture.late) == 1
    assert "ToolCalled" not in fixture.kinds()
    assert ("cancel", "r2.1") not in fixture.connection.requests


async def test_words_after_the_end_of_a_reply_are_stopped(fixture: _Fixture) -> None:
    """They can no longer be spoken; the model must not believe that they were."""
    task = _respond(fixture, fixture.answer())
    await asyncio.sleep(0)
    await fixture.connection.deliver(*_COMPLETE)
    await task
    published = len(fixture.bus.published)
    await fixture.connection.deliver(SpokenText("r2.1", "i1", "We are "), AudioDelta("r2.1", "i2", _AUDIO))
    await eventually(lambda: ("remove", "i2") in fixture.connection.requests)
    assert ("cancel", "r2.1") in fixture.connection.requests
    assert len(fixture.bus.published) == published


async def test_an_interruption_also_stops_a_late_call(fixture: _Fixture) -> None:
    """As it stops a call of an answer in progress."""
    task = _respond(fixture, fixture.answer())
    await asyncio.sleep(0)
    await fixture.connection.deliver(*_COMPLETE)
    await task
    fixture.session.stop("r2")
    call = ToolCallReceived("r2.1", ToolCallRequest("c1", "book", "{}", {"call_id": "c1"}))
    await fixture.connection.deliver(call)
    assert fixture.late == []
    assert not fixture.session.is_free


async def test_a_call_of_an_answer_without_an_end_is_made(fixture: _Fixture) -> None:
    """Its arguments are complete; the confirmation that follows is no second call."""
    call = ToolCallRequest("c1", "book", "{}", {"call_id": "c1"})
    for confirmed in ((), (ToolCallReceived("r2.1", call), ToolCallReceived("r2.1", call))):
        fixture.bodies.clear()
        task = _respond(fixture, fixture.answer())
        await asyncio.sleep(0)
        progress = ItemProgressed("r2.1", "i2", complete=True, call=call)
        await fixture.connection.deliver(*_COMPLETE, progress, *confirmed)
        await task
        assert fixture.kinds().count("ToolCalled") == 1
        await fixture.connection.deliver(ResponseDone("r2.1", "cancelled"))


async def test_an_item_in_progress_is_waited_for(fixture: _Fixture) -> None:
    """A tool call may follow the words of an answer."""
    task = _respond(fixture, fixture.answer())
    await asyncio.sleep(0)
    await fixture.connection.deliver(*_COMPLETE, ItemProgressed("r2.1", "i2"))
    done, _ = await asyncio.wait([task], timeout=0.05)
    assert not done
    await fixture.connection.deliver(ResponseDone("r2.1", "completed"))
    await task


@pytest.mark.parametrize(
    ("errors", "alternative", "ends"),
    [
        ([ProviderRejected("openai", "no credit left")], False, True),
        ([ProviderRateLimited("openai", "x")], True, True),
        ([ProviderRateLimited("openai", "x")], False, False),
        ([ProviderUnavailable("openai", "x")], True, False),
        ([ProviderUnavailable("openai", "x")] * 2, True, True),
        ([ProviderTimeout("openai", "x")], True, True),
    ],
)
async def test_failures_that_end_the_session(
    errors: list[ProviderError], alternative: bool, ends: bool
) -> None:
    """All responses share them, or another model is better."""
    fixture = _Fixture(has_alternative=alternative)
    running = asyncio.ensure_future(fixture.session.run())
    for number, error in enumerate(errors):
        tag = f"r2.{number}"
        task = _respond(fixture, fixture.answer(tag))
        await asyncio.sleep(0)
        await fixture.connection.deliver(ResponseDone(tag, "failed", error=error))
        with pytest.raises(type(error)):
            await task
    # A session that continues waits for events.
    await asyncio.wait([running], timeout=2 if ends else 0.02)
    assert running.done() is ends
    running.cancel()
    with pytest.raises((BaseExceptionGroup, asyncio.CancelledError)):
        await running


async def test_words_are_in_the_log_before_their_audio_is_played(fixture: _Fixture) -> None:
    """After a kill in between, the next owner would otherwise repeat them."""
    waits: list[tuple[str, int, int]] = []

    async def wait_until_logged(reply_id: str, clauses: int) -> None:
        waits.append((reply_id, clauses, len(fixture.bus.published)))

    fixture.speaker = replace(fixture.speaker, wait_until_logged=wait_until_logged)
    task = _respond(fixture, fixture.answer())
    await asyncio.sleep(0)
    await fixture.connection.deliver(
        SpokenTextDelta("r2.1", "i1", "We are "),
        AudioDelta("r2.1", "i1", _AUDIO),
        ResponseDone("r2.1", "completed"),
    )
    await task
    assert waits[0] == ("r2", 1, 0)
    kinds = fixture.kinds()
    assert kinds.index("SynthesisStarted") < kinds.index("ReplyClause")


async def test_a_session_that_does_not_confirm_a_cancellation_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection hangs: the next response would hang as well."""
    monkeypatch.setattr("services.brain.realtime.session._CONFIRM_S", 0.01)
    fixture = _Fixture()
    running = asyncio.ensure_future(fixture.session.run())
    with pytest.raises(ProviderTimeout):
        await fixture.session.respond(fixture.answer(), 0.01)
    with pytest.raises(BaseExceptionGroup) as raised:
        await running
    assert raised.group_contains(ProviderTimeout)
