"""Tests for fillers while the model or a tool keeps the caller waiting."""

from parley.agent_config import AgentConfig, Fillers, Openers
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import (
    REPLY_KIND_ANSWER,
    REPLY_KIND_FILLER,
    ReplyClause,
    ReplyFinished,
    ReplyStarted,
    ToolCalled,
    ToolReturned,
)
from parley.v1.speech_pb2 import SpeechStarted
from services.brain.policies import fillers
from services.brain.policies.fillers import PlayFiller
from services.brain.policies.floor_state import NOISE_TIMEOUT_MS
from services.brain.policies.turn_taking import WaitUntil
from services.brain.state import BrainState
from tests.event_factories import event, reply_events
from tests.unit.brain.event_factories import (
    clauses_synthesized,
    playback_finished,
    playback_paused,
    playback_started,
    turn_ended,
)

AGENT = AgentConfig(
    prompt="x",
    fillers=Fillers(
        after_ms=1500,
        phrases=("One moment.", "Just a second."),
        tool_phrases=("One moment.", "Just a second."),
    ),
    openers=Openers(enabled=True, statements=("Sure.",)),
)
ANSWER_STARTED = [turn_ended(1, "hello"), event(ReplyStarted(reply_id="r1", turn=1, kind=REPLY_KIND_ANSWER))]


def decide(*events: Event, now_ms: int, agent: AgentConfig = AGENT) -> PlayFiller | WaitUntil | None:
    """Return the decision at `now_ms` after events that all arrived at call time 1000."""
    state = BrainState()
    for happening in events:
        state = state.evolve(happening, 1000)
    return fillers.decide(state.latency_wait, state.floor, state.conversation, agent, now_ms=now_ms)


def filler_events(reply_id: str, text: str) -> list[Event]:
    return [
        event(ReplyStarted(reply_id=reply_id, turn=1, kind=REPLY_KIND_FILLER)),
        event(ReplyClause(reply_id=reply_id, text=text)),
        event(ReplyFinished(reply_id=reply_id, clauses=1)),
        playback_finished(reply_id, 500),
    ]


def test_a_filler_bridges_a_slow_model() -> None:
    """A filler is due after the agent's threshold, unless the answer has text."""
    text = event(ReplyClause(reply_id="r1", text="Yes. "))

    assert decide(*ANSWER_STARTED, now_ms=2499) == WaitUntil(2500)
    assert decide(*ANSWER_STARTED, now_ms=2500) == PlayFiller("One moment.")
    assert decide(*ANSWER_STARTED, text, now_ms=9000) is None


def test_a_filler_follows_the_words_of_an_answer_that_has_not_ended() -> None:
    """A model that is about to call a tool may hang; the wait begins when the words have been played."""
    words = [
        event(ReplyClause(reply_id="r1", text="Let me see. ")),
        *clauses_synthesized("r1", "Let me see.", word_ms=1000),
        *playback_started("r1"),
    ]

    assert decide(*ANSWER_STARTED, *words, now_ms=2000) == WaitUntil(4500)
    assert decide(*ANSWER_STARTED, *words, now_ms=4500) == PlayFiller("One moment.")
    within = event(ReplyClause(reply_id="r1", clause=1, text="It is "))
    assert decide(*ANSWER_STARTED, *words, within, now_ms=9000) is None
    finished = event(ReplyFinished(reply_id="r1", clauses=1))
    assert decide(*ANSWER_STARTED, *words, finished, now_ms=9000) is None


def test_a_filler_follows_an_opener_without_an_answer() -> None:
    """An opener does not count as text of the answer."""
    opener = event(ReplyClause(reply_id="r1", text="Sure. "))

    assert decide(*ANSWER_STARTED, opener, now_ms=2500) == PlayFiller("One moment.")


def test_fillers_vary_and_are_limited() -> None:
    """No filler is repeated at once, and one wait has at most three."""
    first, second = filler_events("r2", "One moment."), filler_events("r3", "Just a second.")
    third = filler_events("r4", "One moment.")

    assert decide(*ANSWER_STARTED, *first, now_ms=2499) == WaitUntil(2500)
    assert decide(*ANSWER_STARTED, *first, now_ms=2500) == PlayFiller("Just a second.")
    assert decide(*ANSWER_STARTED, *first, *second, *third, now_ms=99_000) is None


def test_a_single_phrase_is_played_once() -> None:
    """Silence is better than a repetition; an empty list disables fillers."""
    one = AGENT.model_copy(update={"fillers": Fillers(phrases=("One moment.",))})
    none = AGENT.model_copy(update={"fillers": Fillers(phrases=())})

    assert decide(*ANSWER_STARTED, *filler_events("r2", "One moment."), now_ms=99_000, agent=one) is None
    assert decide(*ANSWER_STARTED, now_ms=99_000, agent=none) is None


def test_a_filler_follows_the_words_of_an_answer_that_calls_a_tool() -> None:
    """It does not interrupt them: the end of their audio is estimated, or reported."""
    log = [
        turn_ended(1, "book"),
        *reply_events("r1", 1, "Let me check."),
        *clauses_synthesized("r1", "Let me check."),
    ]
    tool = event(ToolCalled(tool_call_id="r1-t1", name="look_up", reply_id="r1", turn=1))

    assert decide(*log, tool, now_ms=99_000) is None
    assert decide(*log, *playback_started("r1"), tool, now_ms=1000) == WaitUntil(1200)
    assert decide(*log, *playback_started("r1"), playback_paused("r1", 100), tool, now_ms=99_000) is None
    assert decide(*log, tool, playback_finished("r1", 300), now_ms=1200) == PlayFiller("One moment.")


def test_a_filler_covers_the_answer_to_a_slow_tool() -> None:
    """The wait for the model continues that for the tool; after a fast tool it is a wait for the model."""
    tool = event(ToolCalled(tool_call_id="r1-t1", name="look_up", reply_id="r1", turn=1))
    filler = filler_events("r2", "One moment.")
    log = [turn_ended(1, "book"), *reply_events("r1", 1, reason="tool_calls"), tool]
    continued = [
        event(ToolReturned(tool_call_id="r1-t1", result="{}")),
        event(ReplyStarted(reply_id="r3", turn=1, kind=REPLY_KIND_ANSWER)),
    ]

    assert decide(*log, *filler, *continued, now_ms=1200) == PlayFiller("Just a second.")
    assert decide(*log, *continued, now_ms=1200) == WaitUntil(2500)


def test_no_filler_is_played_while_the_caller_speaks() -> None:
    """Nor is one played while a reply is paused for the caller."""
    speaking = [*ANSWER_STARTED, event(SpeechStarted())]

    assert decide(*speaking, now_ms=1600) == WaitUntil(1000 + NOISE_TIMEOUT_MS)
    assert decide(*speaking, now_ms=99_000) == PlayFiller("One moment.")
    assert decide(*ANSWER_STARTED, playback_paused("r1", 0), now_ms=99_000) is None
