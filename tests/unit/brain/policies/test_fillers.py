"""What the caller hears while the model or a tool takes its time."""

from parley.agent_config import AgentConfig, Fillers, Openers
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import REPLY_KIND_FILLER, ReplyClause, ReplyFinished, ReplyStarted, ToolCalled
from parley.v1.speech_pb2 import SpeechStarted
from services.brain import conversation
from services.brain.conversation import Conversation
from services.brain.policies import fillers, turn_taking
from services.brain.policies.fillers import PlayFiller, WaitState
from services.brain.policies.turn_taking import FloorState, WaitUntil
from tests.unit.brain.event_factories import event, held, played, playing, reply, turn, voiced

AGENT = AgentConfig(
    prompt="x",
    fillers=Fillers(after_ms=1500, phrases=("One moment.", "Just a second.")),
    openers=Openers(enabled=True, statements=("Sure.",)),
)


def decide(*events: Event, now_ms: int, agent: AgentConfig = AGENT) -> PlayFiller | WaitUntil | None:
    """All events at call time 1000, then this."""
    known, floor, waiting = Conversation(), FloorState(), WaitState()
    for happened in events:
        known = conversation.evolve(known, happened)
        floor = turn_taking.evolve(floor, happened, now_ms=1000)
        waiting = fillers.evolve(waiting, happened, now_ms=1000)
    return fillers.decide(waiting, floor, known, agent, now_ms=now_ms)


def asked() -> list[Event]:
    return [turn(1, "hello"), event(ReplyStarted(reply_id="r1", turn=1, kind=2))]


def filled(reply_id: str, text: str) -> list[Event]:
    return [
        event(ReplyStarted(reply_id=reply_id, turn=1, kind=REPLY_KIND_FILLER)),
        event(ReplyClause(reply_id=reply_id, text=text)),
        event(ReplyFinished(reply_id=reply_id, clauses=1)),
        played(reply_id, 500),
    ]


def test_a_slow_model_is_filled_for() -> None:
    """After the agent's threshold, not once its words are there."""
    text = event(ReplyClause(reply_id="r1", text="Yes. "))

    assert decide(*asked(), now_ms=2499) == WaitUntil(2500)
    assert decide(*asked(), now_ms=2500) == PlayFiller("One moment.")
    assert decide(*asked(), text, now_ms=9000) is None


def test_an_opener_is_no_answer_yet() -> None:
    """The dead air after it is filled too."""
    opener = event(ReplyClause(reply_id="r1", text="Sure. "))

    assert decide(*asked(), opener, now_ms=2500) == PlayFiller("One moment.")


def test_they_vary_and_come_to_an_end() -> None:
    """Never twice in a row, three in one wait."""
    first, second = filled("r2", "One moment."), filled("r3", "Just a second.")

    assert decide(*asked(), *first, now_ms=2499) == WaitUntil(2500)
    assert decide(*asked(), *first, now_ms=2500) == PlayFiller("Just a second.")
    assert decide(*asked(), *first, *second, *filled("r4", "One moment."), now_ms=99_000) is None


def test_a_single_phrase_is_said_once() -> None:
    """Rather silence than a parrot; none means none."""
    one = AGENT.model_copy(update={"fillers": Fillers(phrases=("One moment.",))})
    none = AGENT.model_copy(update={"fillers": Fillers(phrases=())})

    assert decide(*asked(), *filled("r2", "One moment."), now_ms=99_000, agent=one) is None
    assert decide(*asked(), now_ms=99_000, agent=none) is None


def test_a_slow_tool_is_filled_for_once_the_agent_has_finished_speaking() -> None:
    """Not into its own words."""
    said = [turn(1, "book"), *reply("r1", 1, "Let me check."), *voiced("r1", "Let me check.")]
    tool = event(ToolCalled(tool_call_id="r1-t1", name="look_up", reply_id="r1", turn=1))

    assert decide(*said, *playing("r1"), tool, now_ms=99_000) is None
    assert decide(*said, tool, played("r1", 300), now_ms=2500) == PlayFiller("One moment.")


def test_nothing_is_said_into_the_callers_words() -> None:
    """Nor while a reply is held for them."""
    assert decide(*asked(), event(SpeechStarted()), now_ms=99_000) is None
    assert decide(*asked(), held("r1", 0), now_ms=99_000) is None
