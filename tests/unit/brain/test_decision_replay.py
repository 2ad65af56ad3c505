"""Where the brain of today would act otherwise than was done."""

from parley.agent_config import AgentConfig, Fillers, LlmConfig, Speculation
from parley.events.envelope import Body, wrap
from parley.v1.call_pb2 import CallStarted, StreamStarted
from parley.v1.event_pb2 import Event
from parley.v1.playback_pb2 import PlaybackFinished, PlaybackPaused, PlaybackStarted
from parley.v1.reply_pb2 import (
    REPLY_KIND_ANSWER,
    REPLY_KIND_FILLER,
    REPLY_KIND_GREETING,
    ReplyCancelled,
    ReplyClause,
    ReplyFinished,
    ReplyReleased,
    ReplyResumed,
    ReplyStarted,
)
from parley.v1.speech_pb2 import EagerEndOfTurn, SpeechStarted, SpeechStopped, TranscriptUpdated, TurnEnded
from parley.v1.work_pb2 import StageClaimed
from services.brain.decision_replay import DecisionReplay, Difference

AGENT = AgentConfig(
    prompt="x",
    greeting="Hello.",
    llm=LlmConfig(speculation=Speculation(enabled=False)),
    fillers=Fillers(phrases=("Well,",), after_ms=1500),
)
BEGIN: list[tuple[int, str, Body]] = [
    (0, "webhook", CallStarted()),
    (10, "brain", StageClaimed()),
    (11, "brain", ReplyStarted(reply_id="r1", kind=REPLY_KIND_GREETING)),
    (20, "edge", StreamStarted()),
    (5000, "stt", TurnEnded(turn=1, text="what are your hours")),
]
ANSWER: list[tuple[int, str, Body]] = [
    (5003, "brain", ReplyCancelled(reply_id="r1", reason="barge_in")),
    (5005, "brain", ReplyStarted(reply_id="r2", turn=1, kind=REPLY_KIND_ANSWER)),
    (5400, "brain", ReplyClause(reply_id="r2", text="From eight to six.")),
    (5401, "brain", ReplyFinished(reply_id="r2", clauses=1, reason="stop")),
    (5600, "edge", PlaybackStarted(reply_id="r2", at_ms=5600)),
]


def differences(*said: tuple[int, str, Body], agent: AgentConfig = AGENT) -> list[Difference]:
    """Of a call in which this happened; and nothing more for a minute."""
    rehearsal, found = DecisionReplay(agent), []
    for n, (at_ms, stage, body) in enumerate([*said, (60_000, "recorder", StageClaimed())]):
        event: Event = wrap(
            body,
            call_sid="CA1",
            stage=stage,
            epoch=1,
            sequence=n,
            sent_at_us=at_ms * 1000,
            traceparent="",
        )
        found += rehearsal.feed(event)
    return [difference for difference in found if difference.at_ms < 30_000]


def test_what_was_done_is_what_would_be_done() -> None:
    """To the last act."""
    quiet = AGENT.model_copy(update={"idle": AGENT.idle.model_copy(update={"after_s": 200})})

    assert differences(*BEGIN, *ANSWER, agent=quiet) == []


def test_an_answer_that_was_not_given() -> None:
    """Today it would be."""
    [missing] = differences(*BEGIN, (5003, "brain", ReplyCancelled(reply_id="r1")))

    assert (missing.side, missing.action, missing.at_ms) == ("today", "answer turn 1", 5003)
    assert str(missing) == "answer turn 1; then it did not"


def test_a_guess_that_was_overtaken_by_the_turns_end_is_no_difference() -> None:
    """Both were said at the same moment; one of them is stored first."""
    guessing = AGENT.model_copy(update={"llm": LlmConfig()})
    said: list[tuple[int, str, Body]] = [
        *BEGIN[:4],
        (100, "edge", PlaybackStarted(reply_id="r1", at_ms=100)),
        (900, "edge", PlaybackFinished(reply_id="r1", at_ms=900)),
        (4900, "stt", EagerEndOfTurn(turn=1, text="what are your hours")),
        (4910, "stt", TurnEnded(turn=1, text="what are your hours")),
    ]
    held = ReplyStarted(
        reply_id="r2", turn=1, kind=REPLY_KIND_ANSWER, speculative=True, predicted_text="what are your hours"
    )
    late = ((4905 + by_ms, "brain", body) for by_ms, body in ((10, held), (11, ReplyReleased(reply_id="r2"))))
    spoken = [(at_ms + 100, stage, body) for at_ms, stage, body in ANSWER[2:]]

    assert differences(*said, *late, *spoken, agent=guessing) == []
    far = [(at_ms + 3000, stage, body) for at_ms, stage, body in ((4915, "brain", held),)]
    assert "begin to answer turn 1 on a guess" in [d.action for d in differences(*said, *far, agent=guessing)]


def test_a_filler_that_today_would_not_be_said() -> None:
    """The answer was on its way."""
    filler = (6000, "brain", ReplyStarted(reply_id="r3", turn=1, kind=REPLY_KIND_FILLER))
    found = differences(*BEGIN, *ANSWER[:2], filler, *ANSWER[2:])

    assert [(d.side, d.action) for d in found] == [("then", "filler")]


def test_another_agent_file_acts_otherwise() -> None:
    """One that fills sooner."""
    hasty = AGENT.model_copy(update={"fillers": Fillers(phrases=("Well,",), after_ms=300)})
    slow = [(at_ms + 2000, stage, body) for at_ms, stage, body in ANSWER[2:]]
    found = differences(*BEGIN, *ANSWER[:2], *slow, agent=hasty)

    assert ("today", "filler") in [(d.side, d.action) for d in found]


def test_timers_run_between_events() -> None:
    """A cough is over 550 ms after its end, though nothing happens then."""
    cough: list[tuple[int, str, Body]] = [
        (6000, "stt", SpeechStarted(at_ms=6000)),
        (6001, "edge", PlaybackPaused(reply_id="r2", played_samples=3000, at_ms=6001)),
        (6200, "stt", SpeechStopped(at_ms=6200)),
    ]
    resumed = (6752, "brain", ReplyResumed(reply_id="r2"))
    words = (6300, "stt", TranscriptUpdated(turn=2, text="no wait"))

    assert not any("r2" in d.action for d in differences(*BEGIN, *ANSWER, *cough, resumed))
    assert "play r2 on" in [d.action for d in differences(*BEGIN, *ANSWER, *cough)]
    found = {(d.side, d.action) for d in differences(*BEGIN, *ANSWER, *cough, words, resumed)}
    assert {("then", "play r2 on"), ("today", "drop r2")} <= found
