"""Tests for the comparison of a recorded call with the current policies."""

from parley.agent_config import AgentConfig, Fillers, Greeting, LlmConfig, Speculation
from parley.events.envelope import Body
from parley.v1.call_pb2 import CallStarted, StreamStarted
from parley.v1.playback_pb2 import PlaybackFinished, PlaybackPaused, PlaybackStarted
from parley.v1.reply_pb2 import (
    REPLY_KIND_ANSWER,
    REPLY_KIND_FILLER,
    REPLY_KIND_GREETING,
    FallbackRequested,
    ReplyCancelled,
    ReplyClause,
    ReplyFinished,
    ReplyReleased,
    ReplyResumed,
    ReplyStarted,
    ToolCalled,
    ToolReturned,
)
from parley.v1.speech_pb2 import EagerEndOfTurn, SpeechStarted, SpeechStopped, TranscriptUpdated, TurnEnded
from parley.v1.work_pb2 import StageClaimed
from services.brain.decision_replay import DecisionReplay, Difference
from tests.event_factories import event

TimedEvents = list[tuple[int, str, Body]]
"""Call time in ms, stage and body."""

AGENT = AgentConfig(
    prompt="x",
    greeting=Greeting(text="Hello."),
    llm=LlmConfig(speculation=Speculation(enabled=False)),
    fillers=Fillers(phrases=("Well,",), after_ms=1500),
)
BEGIN: TimedEvents = [
    (0, "webhook", CallStarted()),
    (10, "brain", StageClaimed()),
    (11, "brain", ReplyStarted(reply_id="r1", kind=REPLY_KIND_GREETING)),
    (20, "edge", StreamStarted()),
    (5000, "stt", TurnEnded(turn=1, text="what are your hours")),
]
ANSWER: TimedEvents = [
    (5003, "brain", ReplyCancelled(reply_id="r1", reason="barge_in")),
    (5005, "brain", ReplyStarted(reply_id="r2", turn=1, kind=REPLY_KIND_ANSWER)),
    (5400, "brain", ReplyClause(reply_id="r2", text="From eight to six.")),
    (5401, "brain", ReplyFinished(reply_id="r2", clauses=1, reason="stop")),
    (5600, "edge", PlaybackStarted(reply_id="r2", at_ms=5600)),
]


def differences(*recorded: tuple[int, str, Body], agent: AgentConfig = AGENT) -> list[Difference]:
    """Replay a call that continues for a minute; return the differences of its first 30 s."""
    replay, found = DecisionReplay(agent), []
    for at_ms, stage, body in [*recorded, (60_000, "recorder", StageClaimed())]:
        found += replay.feed(event(body, at_ms=at_ms, stage=stage))
    return [difference for difference in found if difference.at_ms < 30_000]


def test_a_call_without_differences_reports_nothing() -> None:
    """The current policies take every recorded action again."""
    patient = AGENT.model_copy(update={"idle": AGENT.idle.model_copy(update={"timeout_s": 200})})

    assert differences(*BEGIN, *ANSWER, agent=patient) == []


def test_a_fallback_that_stt_requests_is_not_a_decision_of_the_brain() -> None:
    """The request causes no difference."""
    patient = AGENT.model_copy(update={"idle": AGENT.idle.model_copy(update={"timeout_s": 200})})
    requested = (5700, "stt", FallbackRequested(reason="stt_unavailable"))

    assert differences(*BEGIN, *ANSWER, requested, agent=patient) == []


def test_a_missing_answer_is_a_difference() -> None:
    """The current code would have answered."""
    [missing] = differences(*BEGIN, (5003, "brain", ReplyCancelled(reply_id="r1")))

    assert (missing.side, missing.action, missing.at_ms) == ("current", "answer turn 1", 5003)
    assert str(missing) == "answer turn 1; only current"


def test_a_superseded_speculation_is_not_a_difference() -> None:
    """Events sent at the same time can be in the log in either order."""
    speculating = AGENT.model_copy(update={"llm": LlmConfig()})
    predicted: TimedEvents = [
        *BEGIN[:4],
        (100, "edge", PlaybackStarted(reply_id="r1", at_ms=100)),
        (900, "edge", PlaybackFinished(reply_id="r1", at_ms=900)),
        (4900, "stt", EagerEndOfTurn(turn=1, text="what are your hours")),
        (4910, "stt", TurnEnded(turn=1, text="what are your hours")),
    ]
    started = ReplyStarted(
        reply_id="r2", turn=1, kind=REPLY_KIND_ANSWER, speculative=True, predicted_text="what are your hours"
    )
    released: TimedEvents = [(4915, "brain", started), (4916, "brain", ReplyReleased(reply_id="r2"))]
    answer = [(at_ms + 100, stage, body) for at_ms, stage, body in ANSWER[2:]]
    late: TimedEvents = [(7915, "brain", started)]

    assert differences(*predicted, *released, *answer, agent=speculating) == []
    actions = [d.action for d in differences(*predicted, *late, agent=speculating)]
    assert "speculate on turn 1" in actions


def test_a_filler_that_the_current_code_does_not_play_is_a_difference() -> None:
    """The recorded answer was early enough to need no filler."""
    filler = (6000, "brain", ReplyStarted(reply_id="r3", turn=1, kind=REPLY_KIND_FILLER))
    found = differences(*BEGIN, *ANSWER[:2], filler, *ANSWER[2:])

    assert [(d.side, d.action) for d in found] == [("recorded", "play a filler")]


def test_another_agent_file_can_cause_differences() -> None:
    """An agent file with a lower threshold plays fillers earlier."""
    hasty = AGENT.model_copy(update={"fillers": Fillers(phrases=("Well,",), after_ms=300)})
    slow = [(at_ms + 2000, stage, body) for at_ms, stage, body in ANSWER[2:]]
    found = differences(*BEGIN, *ANSWER[:2], *slow, agent=hasty)

    assert ("current", "play a filler") in [(d.side, d.action) for d in found]


def test_timers_expire_between_events() -> None:
    """Playback resumes 550 ms after a cough, although no event arrives at that time."""
    cough: TimedEvents = [
        (6000, "stt", SpeechStarted(at_ms=6000)),
        (6001, "edge", PlaybackPaused(reply_id="r2", played_samples=3000, at_ms=6001)),
        (6200, "stt", SpeechStopped(at_ms=6200)),
    ]
    resumed = (6752, "brain", ReplyResumed(reply_id="r2"))
    words = (6300, "stt", TranscriptUpdated(turn=2, text="no wait"))

    assert not any("r2" in d.action for d in differences(*BEGIN, *ANSWER, *cough, resumed))
    assert "resume r2" in [d.action for d in differences(*BEGIN, *ANSWER, *cough)]
    found = {(d.side, d.action) for d in differences(*BEGIN, *ANSWER, *cough, words, resumed)}
    assert {("recorded", "resume r2"), ("current", "cancel r2")} <= found


def test_a_goodbye_that_a_failed_tool_retracts_is_no_difference() -> None:
    """It is dropped in consequence of the result; the turn is then answered again."""
    goodbye: TimedEvents = [
        *ANSWER[:3],
        (5401, "brain", ReplyFinished(reply_id="r2", clauses=1, reason="tool_calls")),
        (5402, "brain", ToolCalled(tool_call_id="t1", name="book", reply_id="r2", turn=1)),
        (5403, "brain", ToolCalled(tool_call_id="t2", name="end_call", reply_id="r2", turn=1)),
        (6000, "brain", ToolReturned(tool_call_id="t1", result="{}", failed=True)),
        (6001, "brain", ReplyCancelled(reply_id="r2", reason="tool_failed")),
        (6002, "brain", ToolReturned(tool_call_id="t2", result="{}", failed=True)),
        (6005, "brain", ReplyStarted(reply_id="r3", turn=1, kind=REPLY_KIND_ANSWER)),
        (6400, "brain", ReplyClause(reply_id="r3", text="It is not booked.")),
        (6401, "brain", ReplyFinished(reply_id="r3", clauses=1, reason="stop")),
        (6600, "edge", PlaybackStarted(reply_id="r3", at_ms=6600)),
    ]

    assert differences(*BEGIN, *goodbye) == []
    assert [str(d) for d in differences(*BEGIN, *goodbye[:9])] == ["answer turn 1; only current"]
