"""Who has the floor."""

from parley.agent_config import AgentConfig, DtmfConfig, LlmConfig, Speculation
from parley.v1.call_pb2 import DtmfPressed
from parley.v1.event_pb2 import Event
from parley.v1.playback_pb2 import PlaybackFinished
from parley.v1.reply_pb2 import (
    DtmfCollected,
    ReplyCancelled,
    ReplyClause,
    ReplyFinished,
    ReplyReleased,
    ReplyStarted,
)
from parley.v1.speech_pb2 import EagerEndOfTurn, SpeechStarted, SpeechStopped, TranscriptUpdated, TurnResumed
from services.brain import conversation
from services.brain.conversation import Conversation
from services.brain.policies import turn_taking
from services.brain.policies.turn_taking import (
    FALSE_BARGE_IN_TIMEOUT_MS,
    NOISE_TIMEOUT_MS,
    Answer,
    CancelReplies,
    FloorState,
    Release,
    Resume,
    Speculate,
    SubmitDtmf,
    WaitUntil,
)
from tests.unit.brain.event_factories import event, held, played, playing, reply, turn, voiced

AGENT = AgentConfig(
    prompt="x",
    llm=LlmConfig(speculation=Speculation(max_per_turn=2, max_discarded_per_call=3)),
    dtmf=DtmfConfig(inter_digit_timeout_ms=3000),
)
CLAUSES = ("one two three four five six seven eight nine ten " * 3,)
SPEAKING = [*reply("r1", 0, *CLAUSES), *voiced("r1", *CLAUSES), *playing("r1", 300)]


def decide(*events: Event, now_ms: int = 0) -> turn_taking.Decision | None:
    known, floor = Conversation(), FloorState()
    for happened in events:
        known = conversation.evolve(known, happened)
        floor = turn_taking.evolve(floor, happened, now_ms=0)
    return turn_taking.decide(floor, known, AGENT, now_ms=now_ms)


def test_a_finished_turn_is_answered_at_once() -> None:
    """No wait of our own."""
    assert decide(turn(1, "hello")) == Answer(1)


def test_words_over_the_agent_take_the_floor() -> None:
    """The first word that is no backchannel is enough; the turn's end is not awaited."""
    heard = event(TranscriptUpdated(turn=1, text="no wait"))

    assert decide(*SPEAKING, event(SpeechStarted()), held("r1", 310), heard) == CancelReplies(("r1",))


def test_a_new_turn_drops_what_is_still_to_be_heard() -> None:
    """Then it is answered."""
    assert decide(*SPEAKING, turn(1, "stop")) == CancelReplies(("r1",))


def test_a_cough_is_waited_out_then_the_agent_plays_on() -> None:
    """No word within the time that a transcript takes."""
    log = [*SPEAKING, event(SpeechStarted()), held("r1", 310), event(SpeechStopped())]

    assert decide(*log, now_ms=FALSE_BARGE_IN_TIMEOUT_MS - 1) == WaitUntil(FALSE_BARGE_IN_TIMEOUT_MS)
    assert decide(*log, now_ms=FALSE_BARGE_IN_TIMEOUT_MS) == Resume("r1")


def test_a_backchannel_does_not_stop_the_agent() -> None:
    """Uh-huh."""
    log = [
        *SPEAKING,
        event(SpeechStarted()),
        held("r1", 310),
        event(TranscriptUpdated(turn=1, text="uh huh")),
    ]
    log += [event(SpeechStopped()), turn(1, "uh huh")]

    assert decide(*log, now_ms=FALSE_BARGE_IN_TIMEOUT_MS) == Resume("r1")


def test_endless_noise_does_not_silence_the_agent() -> None:
    """A street is no speech."""
    log = [*SPEAKING, event(SpeechStarted()), held("r1", 310)]

    assert decide(*log, now_ms=100) == WaitUntil(NOISE_TIMEOUT_MS)
    assert decide(*log, now_ms=NOISE_TIMEOUT_MS) == Resume("r1")


def test_a_caller_who_goes_on_before_the_answer_is_heard_is_listened_to() -> None:
    """Words of the next turn drop an answer that was on its way."""
    log = [turn(1, "my number is"), *reply("r1", 1, "Yes?")]

    assert decide(*log, event(TranscriptUpdated(turn=2, text="five five"))) == CancelReplies(("r1",))
    assert decide(*log, event(TranscriptUpdated(turn=1, text="my number is"))) is None


def eager(text: str, turn: int = 1) -> Event:
    return event(EagerEndOfTurn(turn=turn, text=text))


def begun(reply_id: str, guess: str = "book a visit", turn: int = 1) -> list[Event]:
    """An answer on a guess."""
    return [
        event(ReplyStarted(reply_id=reply_id, turn=turn, speculative=True, predicted_text=guess)),
        event(ReplyClause(reply_id=reply_id, text="Yes.")),
    ]


def test_a_turn_that_is_probably_over_is_thought_about() -> None:
    """Once; and not while the agent is heard."""
    assert decide(eager("book a visit")) == Speculate(1)
    assert decide(eager("book a visit"), *begun("r1")) is None
    assert decide(*SPEAKING, eager("right")) is None


def test_a_right_guess_is_let_go() -> None:
    """Case and full stops do not make it wrong; then the turn is answered."""
    log = [eager("book a visit"), *begun("r1"), turn(1, "Book a visit.")]

    assert decide(*log) == Release("r1")
    assert decide(*log, event(ReplyReleased(reply_id="r1"))) is None


def test_a_guess_is_as_right_when_the_turns_end_is_stored_before_the_answers_beginning() -> None:
    """As a successor finds them, when both were said at the same moment."""
    assert decide(eager("book a visit"), turn(1, "Book a visit."), *begun("r1")) == Release("r1")
    wrong = decide(eager("book"), turn(1, "book a visit"), *begun("r1", "book"))
    assert wrong == CancelReplies(("r1",), "speculation")


def test_a_guess_that_wants_nothing_but_a_tool_waits_like_any_other() -> None:
    """One that is forgotten would be held back for ever, and all that is said after it."""
    log = [
        eager("book a visit"),
        event(ReplyStarted(reply_id="r1", turn=1, speculative=True, predicted_text="book a visit")),
        event(ReplyFinished(reply_id="r1", reason="tool_calls")),
    ]

    assert decide(*log) is None
    assert decide(*log, turn(1, "Book a visit.")) == Release("r1")
    assert decide(*log, event(TurnResumed(turn=1))) == CancelReplies(("r1",), "speculation")
    released = [*log, turn(1, "Book a visit."), event(ReplyReleased(reply_id="r1"))]
    assert decide(*released) == Answer(1)


def test_a_guess_of_another_turn_is_no_answer_to_this_one() -> None:
    """It had been answered otherwise; what is said now must not be answered with it."""
    log = [turn(1, "book a visit"), *reply("r1", 1, "Yes."), event(PlaybackFinished(reply_id="r1"))]

    assert decide(*log, *begun("r2"), turn(2, "goodbye")) == CancelReplies(("r2",), "speculation")


def test_a_wrong_guess_leaves_no_trace() -> None:
    """The caller went on, said something else, or the provider thought again."""
    dropped = CancelReplies(("r1",), "speculation")

    assert decide(eager("book"), *begun("r1", "book"), event(TurnResumed(turn=1))) == dropped
    assert decide(eager("book"), *begun("r1", "book"), eager("book a visit")) == dropped
    log = [eager("book"), *begun("r1", "book"), turn(1, "book a visit")]
    assert decide(*log) == dropped
    assert decide(*log, event(ReplyCancelled(reply_id="r1", reason="speculation"))) == Answer(1)


def test_guesses_are_bounded() -> None:
    """Twice in a turn, three times for nothing in a call; and the agent file can turn them off."""
    wrong = [
        happened
        for n in (1, 2)
        for happened in (
            eager(f"guess {n}"),
            *begun(f"r{n}", f"guess {n}"),
            event(TurnResumed(turn=1)),
            event(ReplyCancelled(reply_id=f"r{n}", reason="speculation")),
        )
    ]

    assert decide(*wrong[:5], eager("again")) == Speculate(1)
    assert decide(*wrong, eager("again")) is None
    assert decide(*wrong, turn(1, "book"), *reply("r3", 1), eager("more", 2)) == Speculate(2)


def key(digit: str) -> Event:
    return event(DtmfPressed(digit=digit))


def test_keys_are_collected_until_the_end_key_or_a_pause() -> None:
    """Then they are one input, which wants an answer."""
    assert decide(key("1"), key("2"), now_ms=2999) == WaitUntil(3000)
    assert decide(key("1"), key("2"), now_ms=3000) == SubmitDtmf("12", "timeout")
    assert decide(key("1"), key("2"), key("#")) == SubmitDtmf("12", "terminator")
    assert decide(key("1"), event(DtmfCollected(digits="1"))) == Answer(0)


def test_a_key_stops_the_agent_and_speech_waits_for_the_keys() -> None:
    """Both are answered together."""
    assert decide(*SPEAKING, key("1")) == CancelReplies(("r1",))
    assert decide(key("1"), turn(1, "my code is")) == WaitUntil(3000)


def test_an_uh_huh_is_played_over_at_once() -> None:
    """As soon as it is known to be one."""
    log = [*SPEAKING, event(SpeechStarted()), held("r1", 310), event(SpeechStopped()), turn(1, "uh huh")]

    assert decide(*log) == Resume("r1")


def test_what_is_said_unasked_is_not_dropped_for_words_before_it() -> None:
    """An idle prompt belongs to no turn; the words of the last one are no interruption of it."""
    log = [turn(1, "yes"), *reply("r1", 1, "Good."), played("r1", 500)]
    asked = [*log, *reply("r2", 0, "Are you still there?"), *playing("r2")]

    assert decide(*asked) is None
    assert decide(*asked, event(TranscriptUpdated(turn=2, text="i am"))) == CancelReplies(("r2",))


def test_keys_pressed_amid_words_wait_for_them() -> None:
    """Not for ever."""
    log = [event(TranscriptUpdated(turn=1, text="my code is")), key("1"), event(DtmfCollected(digits="1"))]

    assert decide(*log, now_ms=100) == WaitUntil(3000)
    assert decide(*log, now_ms=3000) == Answer(0)
    assert decide(*log, turn(1, "my code is"), now_ms=100) == Answer(1)
