"""Hand-offs and collected data with a real brain, real NATS and scripted models."""

import json
from pathlib import Path
from typing import Any

import pytest

from parley.events.envelope import Body
from parley.v1.handoff_pb2 import AgentChanged, DataCollected
from parley.v1.reply_pb2 import (
    REPLY_KIND_ANSWER,
    REPLY_KIND_GREETING,
    REPLY_KIND_HANDOFF,
    PhrasesChosen,
    ReplyCancelled,
    ReplyClause,
    ReplyFinished,
    ReplyStarted,
    ToolCalled,
    ToolReturned,
)
from parley.v1.speech_pb2 import TurnEnded
from tests.event_factories import bodies_of
from tests.integration.brain_agents import AgentsCall, agents_call, write_agent


def hand_off(to: str, summary: str = "Wants to buy.") -> dict[str, Any]:
    """A call of the tool, for a scripted model."""
    return {"name": "hand_off", "arguments": {"agent": to, "reason": "sales", "summary": summary}}


def _results(call: AgentsCall) -> list[dict[str, Any]]:
    return [json.loads(body.result) for body in bodies_of(call.bodies, ToolReturned)]


def write_front(folder: Path, *rules: dict[str, Any], **keys: Any) -> None:
    """Write the agent that answers the call."""
    default: list[dict[str, Any]] = [
        {"when": "buy", "say": "I will put you through to sales.", "call": hand_off("sales")},
        {"when": "quiet", "call": hand_off("sales")},
        {"when": ".", "say": "Front desk here."},
    ]
    handoffs = {"handoffs": [{"agent": "sales", "when": "the caller wants to buy"}]}
    write_agent(folder, "front", [*rules, *default], **{**handoffs, **keys})


def write_sales(folder: Path, *rules: dict[str, Any], **keys: Any) -> None:
    """Write the agent that takes over."""
    default = [
        {"tool_result": "hand_off", "say": "Sales speaking, which flat?"},
        {"when": ".", "say": "Sales again."},
    ]
    write_agent(folder, "sales", [*rules, *default], **keys)


async def test_the_next_agent_answers_with_its_own_model_and_keeps_the_call(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event precedes the first reply of the next agent, which also answers the turns after it."""
    write_front(tmp_path)
    write_sales(tmp_path, language="de", llm={"model": str(tmp_path / "models" / "sales.yaml")})

    async with agents_call(nats_url, tmp_path, monkeypatch, "front") as call:
        await call.speak("I want to buy a flat")
        await call.until_reply("Sales speaking")
        await call.speak("the one by the river")
        await call.until_reply("Sales again")

    [changed] = bodies_of(call.bodies, AgentChanged)
    assert (changed.agent, changed.from_agent, changed.summary) == ("sales", "front", "Wants to buy.")
    started = [body.reply_id for body in bodies_of(call.bodies, ReplyStarted)]
    order = [body for body in call.bodies if isinstance(body, AgentChanged | ReplyStarted)]
    assert order.index(changed) == started.index(changed.reply_id) + 1
    assert call.replies() == [
        ("answer", "I will put you through to sales."),
        ("answer", "Sales speaking, which flat?"),
        ("answer", "Sales again."),
    ]
    assert [body.language for body in bodies_of(call.bodies, PhrasesChosen)][-1] == "de"


async def test_announcement_and_greeting_cover_a_silent_hand_off(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model of the next agent answers the caller has answered its greeting."""
    handoff = {"agent": "sales", "when": "buying", "announce": "One moment, I connect you.", "greeting": True}
    write_front(tmp_path, handoffs=[handoff])
    write_sales(tmp_path, greeting="Sales, this is Max.")

    async with agents_call(nats_url, tmp_path, monkeypatch, "front") as call:
        await call.speak("quiet please")
        await call.until_reply("this is Max")
        await call.speak("hello Max")
        await call.until_reply("Sales again")

    assert call.replies()[1:] == [
        ("handoff", "One moment, I connect you."),
        ("greeting", "Sales, this is Max."),
        ("answer", "Sales again."),
    ]
    assert _results(call)[0] == {
        "handed_over_to": "sales",
        "said_to_the_caller": "One moment, I connect you.",
    }


async def test_the_next_agent_sees_the_hand_off_after_an_announcement(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise its model would answer the caller's words as if nothing had happened."""
    handoff = {"agent": "sales", "when": "buying", "announce": "One moment, I connect you."}
    write_front(tmp_path, handoffs=[handoff])
    write_sales(tmp_path)

    async with agents_call(nats_url, tmp_path, monkeypatch, "front") as call:
        await call.speak("quiet please")
        await call.until_reply("Sales")

    assert call.replies()[1:] == [
        ("handoff", "One moment, I connect you."),
        ("answer", "Sales speaking, which flat?"),
    ]


async def test_a_broken_agent_is_reported_and_the_current_one_stays(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model learns that the agent is not available; nothing changes."""
    write_front(tmp_path, {"tool_result": "hand_off", "say": "I cannot reach sales, let me help."})
    (tmp_path / "sales.yaml").write_text("prompt: [")

    async with agents_call(nats_url, tmp_path, monkeypatch, "front") as call:
        await call.speak("I want to buy a flat")
        await call.until_reply("let me help")
        await call.speak("all right")
        await call.until_reply("Front desk here")

    assert not bodies_of(call.bodies, AgentChanged)
    assert "not available" in _results(call)[0]["error"]


async def test_agents_that_pass_a_call_back_are_stopped(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a word of the caller, a call does not return to an agent; afterwards it may."""
    write_front(tmp_path)
    back = {"call": hand_off("front"), "when": "buy|back"}
    write_sales(
        tmp_path,
        {"tool_result": "hand_off", "after": "put you through", "call": hand_off("front")},
        {"tool_result": "hand_off", "say": "Then I help you."},
        back,
        handoffs=[{"agent": "front", "when": "never"}],
    )

    async with agents_call(nats_url, tmp_path, monkeypatch, "front") as call:
        await call.speak("I want to buy a flat")
        await call.until_reply("Then I help you")
        await call.speak("take me back")
        await call.until(lambda body: isinstance(body, AgentChanged) and body.agent == "front")
        await call.until_reply("Done.")

    assert [body.agent for body in bodies_of(call.bodies, AgentChanged)] == ["sales", "front"]
    assert "has just come from 'front'" in _results(call)[1]["error"]


async def test_a_summary_replaces_the_dialogue(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next agent's model receives the summary and the caller's last words, not what came before."""
    write_front(tmp_path, handoffs=[{"agent": "sales", "when": "buying", "history": "summary"}])
    write_sales(tmp_path, {"tool_result": "hand_off", "turn": 3, "say": "Too much."})

    async with agents_call(nats_url, tmp_path, monkeypatch, "front") as call:
        await call.speak("hello there")
        await call.until_reply("Front desk")
        await call.speak("I want to buy a flat")
        # Its second user message: the first one is the summary.
        await call.until_reply("Sales speaking")

    assert "Too much." not in str(call.replies())


def _requested(**arguments: str) -> tuple[Body, ...]:
    """The events of a brain that died when its model had requested a hand-off without a word."""
    call = json.dumps({"agent": "sales", "reason": "buying", "summary": "Ann", **arguments})
    return (
        TurnEnded(turn=1, text="quiet please", decided_by="speech_final"),
        ReplyStarted(reply_id="r1", turn=1, kind=REPLY_KIND_ANSWER),
        ReplyFinished(reply_id="r1", clauses=0, reason="tool_calls"),
        ToolCalled(tool_call_id="t1", name="hand_off", arguments=call, reply_id="r1", turn=1),
    )


_ANNOUNCED: tuple[Body, ...] = (
    ReplyStarted(reply_id="r2", kind=REPLY_KIND_HANDOFF),
    ReplyClause(reply_id="r2", text="I connect you."),
    ReplyFinished(reply_id="r2", clauses=1, reason="stop"),
)
_CHANGED = AgentChanged(
    agent="sales",
    from_agent="front",
    reply_id="r1",
    tool_call_id="t1",
    greeting="Sales, this is Max.",
)
_RETURNED = ToolReturned(tool_call_id="t1", result="{}")
_GREETING: tuple[Body, ...] = (
    ReplyStarted(reply_id="r3", kind=REPLY_KIND_GREETING),
    ReplyClause(reply_id="r3", text="Sales, this is Max."),
    ReplyFinished(reply_id="r3", clauses=1, reason="stop"),
)
_STEPS: tuple[Body, ...] = (*_ANNOUNCED, _CHANGED, _RETURNED, *_GREETING)


@pytest.mark.parametrize("died_after", range(len(_STEPS) + 1))
async def test_a_brain_that_dies_within_a_hand_off_is_continued(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, died_after: int
) -> None:
    """Whichever event was its last: one announcement, one change and one greeting, all in this order."""
    handoff = {"agent": "sales", "when": "buying", "announce": "I connect you.", "greeting": True}
    write_front(tmp_path, handoffs=[handoff])
    write_sales(tmp_path, greeting="Sales, this is Max.")
    past = (*_requested(), *_STEPS[:died_after])

    async with agents_call(nats_url, tmp_path, monkeypatch, "front", *past) as call:
        if died_after < len(_STEPS):
            await call.until_agent("sales")
        await call.speak("hello Max")
        await call.until_reply("Sales again")

    assert len(bodies_of(call.bodies, AgentChanged)) == 1
    assert len(bodies_of(call.bodies, ToolReturned)) == 1
    cancelled = {body.reply_id for body in bodies_of(call.bodies, ReplyCancelled)}
    replies = [
        (kind, text)
        for (kind, text), body in zip(call.replies(), bodies_of(call.bodies, ReplyStarted), strict=True)
        if body.reply_id not in cancelled or text
    ]
    spoken = [text for kind, text in replies if kind in ("handoff", "greeting")]
    assert spoken[-1] == "Sales, this is Max."
    assert spoken.count("I connect you.") == 1


FIELDS = [
    {"name": "full_name", "type": "name", "required": True, "confirm": "spell"},
    {"name": "phone", "type": "phone", "required": True, "confirm": "read_back"},
    {"name": "visit", "type": "date", "confirm": "none"},
]


async def test_data_is_normalized_confirmed_and_corrected(
    nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A confirmation in the same turn does not count; a correction must be confirmed again."""

    def save(confirmed: list[str], **values: str) -> dict[str, Any]:
        return {"name": "save_data", "arguments": {"values": values, "confirmed": confirmed}}

    rules: list[dict[str, Any]] = [
        {"when": "my name", "call": save(["full_name"], full_name="ann smith", phone="020 7946 0018")},
        {"when": "no", "call": save([], phone="020 7946 0019")},
        {"when": "yes", "call": save(["full_name", "phone"])},
    ]
    rules = [
        r for rule in rules for r in (rule, {**rule, "call": [], "tool_result": "save_data", "say": "ok"})
    ]
    write_agent(tmp_path, "front", rules, collect=FIELDS)

    async with agents_call(nats_url, tmp_path, monkeypatch, "front") as call:
        for text in ("my name is Ann Smith", "no, 19 at the end", "yes"):
            await call.speak(text)
            await call.until_reply("ok")

    saved = [(b.field, b.value, b.confirmed, b.turn) for b in bodies_of(call.bodies, DataCollected)]
    assert saved == [
        ("full_name", "Ann Smith", False, 1),
        ("phone", "+442079460018", False, 1),
        ("phone", "+442079460019", False, 2),
        ("full_name", "Ann Smith", True, 3),
        ("phone", "+442079460019", True, 3),
    ]
    first, second, third = _results(call)
    assert first["read_back"] == {
        "full_name": "Ann Smith: A, N, N; S, M, I, T, H",
        "phone": "0 2 0, 7 9 4 6, 0 0 1 8",
    }
    assert second["saved"] == {"phone": "+442079460019"}
    assert third["complete"]
