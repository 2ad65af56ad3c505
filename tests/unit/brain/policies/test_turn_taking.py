"""Tests for turn taking."""

from parley.agent_config import AgentConfig, DtmfConfig, LlmConfig, Speculation
from parley.v1.call_pb2 import DtmfPressed
from parley.v1.event_pb2 import Event
from parley.v1.playback_pb2 import PlaybackFinished
from parley.v1.reply_pb2 import (
    DtmfCollected,
    PhrasesChosen,
    ReplyCancelled,
    ReplyClause,
    ReplyFinished,
    ReplyReleased,
    ReplyStarted,
)
from parley.v1.speech_pb2 import EagerEndOfTurn, SpeechStarted, SpeechStopped, TranscriptUpdated, TurnResumed
from services.brain.policies import turn_taking
from services.brain.policies.floor_state import (
    FALSE_BARGE_IN_TIMEOUT_MS,
    NOISE_TIMEOUT_MS,
    REALTIME_NOISE_TIMEOUT_MS,
)
from services.brain.policies.turn_taking import (
    MORE_WORDS_MS,
    MORE_WORDS_TIMEOUT_MS,
    Answer,
    CancelReplies,
    Release,
    Resume,
    Speculate,
    SubmitDtmf,
    WaitUntil,
)
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
    llm=LlmConfig(speculation=Speculation(max_per_turn=2, max_discarded_per_call=3)),
    dtmf=DtmfConfig(inter_digit_timeout_ms=3000),
)
CLAUSES = ("one two three four five six seven eight nine ten " * 3,)
SPEAKING = [
    *reply_events("r1", 0, *CLAUSES),
    *clauses_synthesized("r1", *CLAUSES),
    *playback_started("r1", 300),
]
SPEECH_STARTED, SPEECH_STOPPED = event(SpeechStarted()), event(SpeechStopped())


def decide(*events: Event, now_ms: int = 0) -> turn_taking.Decision | None:
    """Return the decision at `now_ms` after events that all arrived at call time 0."""
    state = BrainState()
    for happening in events:
        state = state.evolve(happening, 0)
    return turn_taking.decide(state.floor, state.conversation, AGENT, now_ms=now_ms)


def test_a_finished_turn_is_answered_at_once() -> None:
    """The brain adds no delay to the endpointing of stt."""
    assert decide(turn_ended(1, "hello")) == Answer(1)


def test_speech_during_a_reply_cancels_it() -> None:
    """The first word that is not a backchannel is enough, before the turn ends."""
    words = event(TranscriptUpdated(turn=1, text="no wait"))

    assert decide(*SPEAKING, SPEECH_STARTED, playback_paused("r1", 310), words) == CancelReplies(("r1",))


def test_a_new_turn_cancels_the_current_reply() -> None:
    """The answer to the new turn follows."""
    assert decide(*SPEAKING, turn_ended(1, "stop")) == CancelReplies(("r1",))


def test_playback_resumes_after_a_cough() -> None:
    """It resumes if no word arrives within the time that a transcript takes."""
    log = [*SPEAKING, SPEECH_STARTED, playback_paused("r1", 310), SPEECH_STOPPED]

    assert decide(*log, now_ms=FALSE_BARGE_IN_TIMEOUT_MS - 1) == WaitUntil(FALSE_BARGE_IN_TIMEOUT_MS)
    assert decide(*log, now_ms=FALSE_BARGE_IN_TIMEOUT_MS) == Resume("r1", "noise")


def test_a_backchannel_does_not_cancel_the_reply() -> None:
    """Playback resumes after an "uh-huh"."""
    log = [
        *SPEAKING,
        SPEECH_STARTED,
        playback_paused("r1", 310),
        event(TranscriptUpdated(turn=1, text="uh huh")),
        SPEECH_STOPPED,
        turn_ended(1, "uh huh"),
    ]

    assert decide(*log, now_ms=FALSE_BARGE_IN_TIMEOUT_MS) == Resume("r1", "backchannel")


def test_playback_resumes_during_continuous_noise() -> None:
    """Speech without words, such as traffic noise, does not silence the agent."""
    log = [*SPEAKING, SPEECH_STARTED, playback_paused("r1", 310)]

    assert decide(*log, now_ms=100) == WaitUntil(NOISE_TIMEOUT_MS)
    assert decide(*log, now_ms=NOISE_TIMEOUT_MS) == Resume("r1", "noise")


def test_speech_without_words_may_be_long_in_realtime() -> None:
    """A transcriber may write nothing before the speech has ended; then the usual limit counts."""
    agent = AGENT.model_copy(update={"mode": "realtime"})
    state = BrainState()
    for each in (*SPEAKING, SPEECH_STARTED, playback_paused("r1", 310)):
        state = state.evolve(each, 0)
    waiting = turn_taking.decide(state.floor, state.conversation, agent, now_ms=NOISE_TIMEOUT_MS)
    assert waiting == WaitUntil(REALTIME_NOISE_TIMEOUT_MS)


def test_words_of_the_next_turn_cancel_an_answer_before_its_playback() -> None:
    """The caller continued to speak after the end of the turn."""
    log = [turn_ended(1, "my number is"), *reply_events("r1", 1, "Yes?")]

    assert decide(*log, event(TranscriptUpdated(turn=2, text="five five"))) == CancelReplies(("r1",))
    assert decide(*log, event(TranscriptUpdated(turn=1, text="my number is"))) is None


def predicted(text: str, turn: int = 1) -> Event:
    return event(EagerEndOfTurn(turn=turn, text=text))


def speculative_reply(reply_id: str, text: str = "book a visit", turn: int = 1) -> list[Event]:
    """An answer to a predicted turn."""
    return [
        event(ReplyStarted(reply_id=reply_id, turn=turn, speculative=True, predicted_text=text)),
        event(ReplyClause(reply_id=reply_id, text="Yes.")),
    ]


def test_a_predicted_turn_is_answered_speculatively() -> None:
    """The turn is answered once, and not while the agent speaks."""
    assert decide(predicted("book a visit")) == Speculate(1)
    assert decide(predicted("book a visit"), *speculative_reply("r1")) is None
    assert decide(*SPEAKING, predicted("right")) is None


def test_a_correct_prediction_releases_the_reply() -> None:
    """Differences in case and punctuation do not matter; the turn is then answered."""
    log = [predicted("book a visit"), *speculative_reply("r1"), turn_ended(1, "Book a visit.")]

    assert decide(*log) == Release("r1")
    assert decide(*log, event(ReplyReleased(reply_id="r1"))) is None


def test_a_turn_that_ends_before_its_speculative_reply_starts_is_compared_as_well() -> None:
    """Events sent at the same time can be in the log in either order."""
    ended = turn_ended(1, "Book a visit.")
    correct = decide(predicted("book a visit"), ended, *speculative_reply("r1"))
    wrong = decide(predicted("book"), ended, *speculative_reply("r1", "book"))

    assert correct == Release("r1")
    assert wrong == CancelReplies(("r1",), "speculation")


def test_a_speculative_reply_without_text_is_released_or_cancelled() -> None:
    """A reply that only calls a tool must not stay speculative: it would block all later replies."""
    log = [
        predicted("book a visit"),
        event(ReplyStarted(reply_id="r1", turn=1, speculative=True, predicted_text="book a visit")),
        event(ReplyFinished(reply_id="r1", reason="tool_calls")),
    ]
    ended = turn_ended(1, "Book a visit.")

    assert decide(*log) is None
    assert decide(*log, ended) == Release("r1")
    assert decide(*log, event(TurnResumed(turn=1))) == CancelReplies(("r1",), "speculation")
    assert decide(*log, ended, event(ReplyReleased(reply_id="r1"))) == Answer(1)


def test_a_speculative_reply_of_another_turn_is_cancelled() -> None:
    """The current turn needs its own answer."""
    log = [
        turn_ended(1, "book a visit"),
        *reply_events("r1", 1, "Yes."),
        event(PlaybackFinished(reply_id="r1")),
    ]
    cancelled = CancelReplies(("r2",), "speculation")

    assert decide(*log, *speculative_reply("r2"), turn_ended(2, "goodbye")) == cancelled


def test_a_wrong_prediction_cancels_the_reply() -> None:
    """The caller continued, or the transcript of the turn changed."""
    log = [predicted("book"), *speculative_reply("r1", "book")]
    cancelled = CancelReplies(("r1",), "speculation")
    ended = turn_ended(1, "book a visit")

    assert decide(*log, event(TurnResumed(turn=1))) == cancelled
    assert decide(*log, predicted("book a visit")) == cancelled
    assert decide(*log, ended) == cancelled
    assert decide(*log, ended, event(ReplyCancelled(reply_id="r1", reason="speculation"))) == Answer(1)


def test_speculation_is_limited() -> None:
    """By default there are at most two per turn, and three discarded ones per call."""
    wrong = [
        happening
        for n in (1, 2)
        for happening in (
            predicted(f"text {n}"),
            *speculative_reply(f"r{n}", f"text {n}"),
            event(TurnResumed(turn=1)),
            event(ReplyCancelled(reply_id=f"r{n}", reason="speculation")),
        )
    ]
    answered = [turn_ended(1, "book"), *reply_events("r3", 1)]

    assert decide(*wrong[:5], predicted("text 3")) == Speculate(1)
    assert decide(*wrong, predicted("text 3")) is None
    assert decide(*wrong, *answered, predicted("more", 2)) == Speculate(2)


def digit(pressed: str) -> Event:
    return event(DtmfPressed(digit=pressed))


def test_digits_are_collected_until_the_terminator_or_a_pause() -> None:
    """The collected input then needs an answer."""
    assert decide(digit("1"), digit("2"), now_ms=2999) == WaitUntil(3000)
    assert decide(digit("1"), digit("2"), now_ms=3000) == SubmitDtmf("12", "timeout")
    assert decide(digit("1"), digit("2"), digit("#")) == SubmitDtmf("12", "terminator")
    assert decide(digit("1"), event(DtmfCollected(digits="1"))) == Answer(0)


def test_a_digit_cancels_the_reply_and_delays_the_answer_to_speech() -> None:
    """Speech and digits are answered together."""
    assert decide(*SPEAKING, digit("1")) == CancelReplies(("r1",))
    assert decide(digit("1"), turn_ended(1, "my code is")) == WaitUntil(3000)


def test_playback_resumes_at_once_after_a_recognised_backchannel() -> None:
    """The timeout does not apply once the turn is a known backchannel."""
    log = [*SPEAKING, SPEECH_STARTED, playback_paused("r1", 310), SPEECH_STOPPED, turn_ended(1, "uh huh")]

    assert decide(*log) == Resume("r1", "backchannel")


def test_an_idle_prompt_is_not_cancelled_by_earlier_words() -> None:
    """A prompt belongs to no turn; only words of the next turn interrupt it."""
    log = [turn_ended(1, "yes"), *reply_events("r1", 1, "Good."), playback_finished("r1", 500)]
    prompted = [*log, *reply_events("r2", 0, "Are you still there?"), *playback_started("r2")]

    assert decide(*prompted) is None
    assert decide(*prompted, event(TranscriptUpdated(turn=2, text="i am"))) == CancelReplies(("r2",))


def test_digits_during_speech_wait_for_the_end_of_the_turn() -> None:
    """The wait is limited to 3 s after the last digit."""
    log = [
        event(TranscriptUpdated(turn=1, text="my code is")),
        digit("1"),
        event(DtmfCollected(digits="1")),
    ]

    assert decide(*log, now_ms=100) == WaitUntil(3000)
    assert decide(*log, now_ms=3000) == Answer(0)
    assert decide(*log, turn_ended(1, "my code is"), now_ms=100) == Answer(1)


QUESTION = ("We have a free place on Tuesday. ", "Shall I book it for you at ten o'clock in the morning?")


def question_played(played_ms: int) -> list[Event]:
    """A reply with a question at its end that has been played up to a position; each word takes 250 ms."""
    return [
        *reply_events("r1", 0, *QUESTION),
        *clauses_synthesized("r1", *QUESTION, word_ms=250),
        *playback_started("r1", played_ms),
    ]


WITHIN_MS, WHOLE_MS = 3250, 4750
"""Positions within the question, and at its end."""


def test_an_early_answer_waits_for_the_end_of_the_question() -> None:
    """The caller understands the question before its end."""
    early = [
        *question_played(WITHIN_MS),
        SPEECH_STARTED,
        playback_paused("r1", WITHIN_MS),
        SPEECH_STOPPED,
        turn_ended(1, "Sure."),
    ]

    assert decide(*early) == Resume("r1", "backchannel")
    ended = [*early, event(PlaybackFinished(reply_id="r1", played_samples=WHOLE_MS * 8))]
    assert decide(*ended) == WaitUntil(MORE_WORDS_MS)
    assert decide(*ended, now_ms=MORE_WORDS_MS) == Answer(1)


def test_more_words_after_an_early_answer_belong_to_it() -> None:
    """They are waited for, and answered together."""
    ended = [
        *question_played(WITHIN_MS),
        turn_ended(1, "Sure."),
        event(PlaybackFinished(reply_id="r1", played_samples=WHOLE_MS * 8)),
    ]
    more = [*ended, SPEECH_STARTED, event(TranscriptUpdated(turn=2, text="but at eleven"))]

    assert decide(*ended, SPEECH_STARTED, now_ms=MORE_WORDS_MS) == WaitUntil(NOISE_TIMEOUT_MS)
    assert decide(*more, now_ms=1000) == WaitUntil(MORE_WORDS_TIMEOUT_MS)
    assert decide(*more, turn_ended(2, "but at eleven"), now_ms=1000) == Answer(2)


def test_a_request_to_wait_stops_the_agent_and_gets_no_answer() -> None:
    """Not even a speculative one."""
    words = event(TranscriptUpdated(turn=1, text="hold on a second"))
    cancelled = event(ReplyCancelled(reply_id="r1", reason="barge_in"))

    assert decide(*SPEAKING, words) == CancelReplies(("r1",))
    assert decide(*SPEAKING, words, cancelled, turn_ended(1, "Hold on a second, let me look.")) is None
    assert decide(predicted("Hold on a second.")) is None
    assert decide(turn_ended(1, "Hold on, that's wrong.")) == Answer(1)


def test_an_uninterruptible_reply_is_finished_before_the_answer() -> None:
    """The caller's words over it are answered afterwards."""
    notice = [
        event(ReplyStarted(reply_id="r1", uninterruptible=True)),
        *reply_events("r1", 0, *CLAUSES)[1:],
        *clauses_synthesized("r1", *CLAUSES),
        *playback_started("r1", 300),
    ]
    words = [*notice, event(TranscriptUpdated(turn=1, text="hello?")), turn_ended(1, "Hello?")]

    assert decide(*notice, event(TranscriptUpdated(turn=1, text="hello?"))) is None
    assert decide(*words, event(DtmfPressed(digit="1")), now_ms=1) == WaitUntil(3000)
    assert decide(*words) is None
    assert decide(*words, event(PlaybackFinished(reply_id="r1"))) == Answer(1)


def test_the_answer_replaces_a_greeting_that_waits_for_a_notice() -> None:
    """The caller who speaks during the notice wants an answer; the notice itself is finished."""
    notice = [
        event(ReplyStarted(reply_id="r1", uninterruptible=True)),
        *reply_events("r1", 0, *CLAUSES)[1:],
        *clauses_synthesized("r1", *CLAUSES),
        *playback_started("r1", 300),
        *reply_events("r2", 0, "Hello."),
    ]

    assert decide(*notice) is None
    assert decide(*notice, turn_ended(1, "What are your hours?")) == CancelReplies(("r2",))


def test_words_that_were_withdrawn_interrupt_nothing() -> None:
    """The recogniser changed its mind, or they were an echo of the agent."""
    withdrawn = [event(TranscriptUpdated(turn=1, text="how can")), event(TranscriptUpdated(turn=1))]

    assert decide(*SPEAKING, *withdrawn) is None


def test_backchannels_are_those_of_the_chosen_language() -> None:
    """The brain appends the language of the agent file."""
    words = event(TranscriptUpdated(turn=1, text="genau"))

    assert decide(*SPEAKING, words) == CancelReplies(("r1",))
    assert decide(event(PhrasesChosen(language="de")), *SPEAKING, words) is None


def test_a_backchannel_does_not_interrupt_the_end_of_the_reply() -> None:
    """Its role was decided when it ended, in whatever position the reply is now."""
    log = [*SPEAKING, event(TranscriptUpdated(turn=1, text="uh huh")), turn_ended(1, "uh huh")]

    assert decide(*log, *playback_started("r1", 2500)) is None
    assert decide(*log[:-1], *playback_started("r1", 2500)) is None


def test_words_are_judged_by_what_has_been_played_when_they_are_spoken() -> None:
    """The log has a position only every few seconds: a "yes" after the question is an answer."""
    clauses = ("Shall I book Tuesday at ten for you? ", "Wednesday and Thursday would be possible too.")
    log = [
        *reply_events("r1", 0, *clauses),
        *clauses_synthesized("r1", *clauses),
        *playback_started("r1", 1),
        event(TranscriptUpdated(turn=1, text="Yes.")),
    ]

    assert decide(*log, now_ms=300) is None
    assert decide(*log, now_ms=1100) == CancelReplies(("r1",))
