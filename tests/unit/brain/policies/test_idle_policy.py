"""Tests for idle callers."""

from parley.agent_config import AgentConfig, Idle, Limits
from parley.v1.call_pb2 import StreamStarted, StreamStopped
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import (
    REPLY_KIND_IDLE_PROMPT,
    HangUpRequested,
    ReplyCancelled,
    ReplyClause,
    ReplyFinished,
    ReplyKind,
    ReplyStarted,
)
from parley.v1.speech_pb2 import SpeechStarted, TranscriptUpdated
from services.brain.policies import idle_policy
from services.brain.policies.idle_policy import EndCall, IdlePrompt
from services.brain.policies.turn_taking import WaitUntil
from services.brain.state import BrainState
from tests.event_factories import event, reply_events
from tests.unit.brain.event_factories import (
    clauses_synthesized,
    playback_finished,
    playback_started,
    turn_ended,
)

AGENT = AgentConfig(
    prompt="x", idle=Idle(timeout_s=8, prompts=("Hello?", "Anybody?")), limits=Limits(max_call_s=600)
)
OPEN = event(StreamStarted())


def played_reply(reply_id: str, kind: ReplyKind) -> list[Event]:
    """A reply of a kind, from its start to the end of its playback."""
    return [
        event(ReplyStarted(reply_id=reply_id, kind=kind)),
        event(ReplyClause(reply_id=reply_id, text="x")),
        event(ReplyFinished(reply_id=reply_id, clauses=1)),
        playback_finished(reply_id, 1),
    ]


def decide(*events: Event, now_ms: int) -> idle_policy.Decision | None:
    """Return the decision at `now_ms` after events that all arrived at call time 1000."""
    state = BrainState()
    for happening in events:
        state = state.evolve(happening, 1000)
    return idle_policy.decide(state.idle, state.floor, state.conversation, AGENT, now_ms=now_ms)


def test_an_idle_caller_is_prompted_before_the_call_ends() -> None:
    """Each prompt follows the same silence; the goodbye follows the last prompt."""
    first = played_reply("r1", REPLY_KIND_IDLE_PROMPT)
    second = played_reply("r2", REPLY_KIND_IDLE_PROMPT)

    assert decide(OPEN, now_ms=8999) == WaitUntil(9000)
    assert decide(OPEN, now_ms=9000) == IdlePrompt("Hello?")
    assert decide(OPEN, *first, now_ms=9000) == IdlePrompt("Anybody?")
    assert decide(OPEN, *first, *second, now_ms=9000) == EndCall(AGENT.idle.goodbye, "silence")


def test_a_turn_of_the_caller_resets_the_prompts() -> None:
    """The next silence starts with the first prompt."""
    log = [
        OPEN,
        *played_reply("r1", REPLY_KIND_IDLE_PROMPT),
        turn_ended(1, "yes"),
        *reply_events("r2", 1, "Good."),
        playback_finished("r2", 1),
    ]

    assert decide(*log, now_ms=9000) == IdlePrompt("Hello?")


def test_no_prompt_interrupts_speech_or_an_answer() -> None:
    """A caller without a stream is not prompted either."""
    speaking = [
        *reply_events("r1", 0, "Hello."),
        *clauses_synthesized("r1", "Hello."),
        *playback_started("r1"),
    ]

    assert decide(now_ms=99_000) is None
    assert decide(OPEN, event(StreamStopped()), now_ms=99_000) is None
    assert decide(OPEN, *speaking, now_ms=99_000) is None
    assert decide(OPEN, turn_ended(1, "hello"), now_ms=99_000) is None


def decide_at(*timed: tuple[int, Event], now_ms: int) -> idle_policy.Decision | None:
    """Return the decision after events that arrived at different call times."""
    state = BrainState()
    for at_ms, happening in timed:
        state = state.evolve(happening, at_ms)
    return idle_policy.decide(state.idle, state.floor, state.conversation, AGENT, now_ms=now_ms)


def test_noise_and_music_do_not_count_as_speech() -> None:
    """Voice activity without words delays the prompt by the time that words take, and no longer."""
    music = [(at_ms, event(SpeechStarted())) for at_ms in range(1000, 9000, 700)]
    late = (8900, event(SpeechStarted()))

    assert decide_at((1000, OPEN), *music, now_ms=11_500) == IdlePrompt("Hello?")
    assert decide_at((1000, OPEN), late, now_ms=9000) == WaitUntil(10_900)
    assert decide_at((1000, OPEN), late, (9500, event(SpeechStarted())), now_ms=9500) == IdlePrompt("Hello?")


def test_a_long_turn_with_words_is_not_idle() -> None:
    """However long the turn is."""
    words = [
        (at_ms, event(TranscriptUpdated(turn=1, text=f"word {at_ms}"))) for at_ms in range(1000, 99_000, 1000)
    ]

    assert decide_at((1000, OPEN), (1000, event(SpeechStarted())), *words, now_ms=99_000) == WaitUntil(
        106_000
    )


def test_a_requested_pause_is_granted() -> None:
    """Then the usual prompts follow; words end it."""
    waiting = [OPEN, turn_ended(1, "Hold on a second, let me look.")]
    back = [*waiting, turn_ended(2, "so"), *reply_events("r1", 2, "Good."), playback_finished("r1", 1)]

    assert decide(*waiting, now_ms=60_999) == WaitUntil(61_000)
    assert decide(*waiting, now_ms=61_000) == IdlePrompt("Hello?")
    assert decide(*waiting, *played_reply("r1", REPLY_KIND_IDLE_PROMPT), now_ms=9000) == IdlePrompt(
        "Anybody?"
    )
    assert decide(*back, now_ms=9000) == IdlePrompt("Hello?")


def test_nothing_follows_the_goodbye() -> None:
    """Prompts resume only if the caller interrupts the goodbye."""
    goodbye = [
        *played_reply("r1", REPLY_KIND_IDLE_PROMPT),
        event(HangUpRequested(after_reply_id="r1")),
    ]

    assert decide(OPEN, *goodbye, now_ms=99_000) is None
    assert decide(OPEN, *goodbye, event(ReplyCancelled(reply_id="r1")), now_ms=99_000) is not None
