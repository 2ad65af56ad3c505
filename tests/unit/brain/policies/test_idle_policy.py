"""When nobody speaks, and when a call has gone on for too long."""

from parley.agent_config import AgentConfig, Idle
from parley.v1.call_pb2 import StreamStarted, StreamStopped
from parley.v1.event_pb2 import Event
from parley.v1.playback_pb2 import PlaybackFinished
from parley.v1.reply_pb2 import (
    REPLY_KIND_IDLE_PROMPT,
    REPLY_KIND_WARNING,
    HangUpRequested,
    ReplyCancelled,
    ReplyClause,
    ReplyFinished,
    ReplyKind,
    ReplyStarted,
)
from parley.v1.speech_pb2 import SpeechStarted, SpeechStopped
from services.brain import conversation
from services.brain.conversation import Conversation
from services.brain.policies import idle_policy, turn_taking
from services.brain.policies.idle_policy import EndCall, IdlePrompt, IdleState, WarnMaxDuration
from services.brain.policies.turn_taking import FloorState, WaitUntil
from tests.unit.brain.event_factories import event, played, playing, reply, turn, voiced

AGENT = AgentConfig(prompt="x", idle=Idle(timeout_s=8, prompts=("Hello?", "Anybody?")), max_call_s=600)
OPEN = event(StreamStarted())


def heard(reply_id: str, kind: ReplyKind) -> list[Event]:
    """A reply of a kind, from its start to its last sample."""
    return [
        event(ReplyStarted(reply_id=reply_id, kind=kind)),
        event(ReplyClause(reply_id=reply_id, text="x")),
        event(ReplyFinished(reply_id=reply_id, clauses=1)),
        event(PlaybackFinished(reply_id=reply_id, played_samples=1)),
    ]


def decide(*events: Event, now_ms: int) -> idle_policy.Decision | None:
    """All events at call time 1000, then this."""
    known, floor, quiet = Conversation(), FloorState(), IdleState()
    for happened in events:
        known = conversation.evolve(known, happened)
        floor = turn_taking.evolve(floor, happened, now_ms=1000)
        quiet = idle_policy.evolve(quiet, happened, now_ms=1000)
    return idle_policy.decide(quiet, floor, known, AGENT, now_ms=now_ms)


def test_silence_is_asked_into_then_left() -> None:
    """Each prompt after the same wait; then goodbye."""
    first, second = heard("r1", REPLY_KIND_IDLE_PROMPT), heard("r2", REPLY_KIND_IDLE_PROMPT)

    assert decide(OPEN, now_ms=8999) == WaitUntil(9000)
    assert decide(OPEN, now_ms=9000) == IdlePrompt("Hello?")
    assert decide(OPEN, *first, now_ms=9000) == IdlePrompt("Anybody?")
    assert decide(OPEN, *first, *second, now_ms=9000) == EndCall(AGENT.idle.goodbye, "silence")


def test_a_turn_of_the_caller_begins_the_count_anew() -> None:
    """They were there after all."""
    log = [
        OPEN,
        *heard("r1", REPLY_KIND_IDLE_PROMPT),
        turn(1, "yes"),
        *reply("r2", 1, "Good."),
        played("r2", 1),
    ]

    assert decide(*log, now_ms=9000) == IdlePrompt("Hello?")


def test_nothing_is_asked_while_somebody_speaks_or_thinks() -> None:
    """Nor without a stream, nor while an answer is on its way."""
    speaking = [*reply("r1", 0, "Hello."), *voiced("r1", "Hello."), *playing("r1")]

    assert decide(now_ms=99_000) is None
    assert decide(OPEN, event(StreamStopped()), now_ms=99_000) is None
    assert decide(OPEN, *speaking, now_ms=99_000) is None
    assert decide(OPEN, turn(1, "hello"), now_ms=99_000) is None
    assert decide(OPEN, event(SpeechStarted()), now_ms=99_000) is None
    assert decide(OPEN, event(SpeechStarted()), event(SpeechStopped()), now_ms=99_000) == IdlePrompt("Hello?")


def test_a_call_may_not_go_on_for_ever() -> None:
    """A warning once, half a minute before; then goodbye."""
    warned = heard("r1", REPLY_KIND_WARNING)

    assert decide(OPEN, now_ms=570_000) == WarnMaxDuration(AGENT.max_call_warning)
    assert decide(OPEN, *warned, now_ms=600_000) == EndCall(AGENT.idle.goodbye, "max_call_s")


def test_after_the_goodbye_nothing_more_is_said() -> None:
    """Unless the caller spoke into it."""
    bye = [*heard("r1", REPLY_KIND_IDLE_PROMPT), event(HangUpRequested(after_reply_id="r1"))]

    assert decide(OPEN, *bye, now_ms=99_000) is None
    assert decide(OPEN, *bye, event(ReplyCancelled(reply_id="r1")), now_ms=99_000) is not None
