"""Who has the floor."""

from parley.v1.event_pb2 import Event
from parley.v1.speech_pb2 import SpeechStarted, SpeechStopped, WordsHeard
from services.brain import conversation, turn_taking
from services.brain.conversation import Conversation
from services.brain.turn_taking import FALSE_ALARM_MS, NOISE_MS, Answer, Drop, Floor, Resume, WaitUntil
from tests.unit.brain.said import event, held, playing, reply, turn, voiced

CLAUSES = ("one two three four five six seven eight nine ten " * 3,)
SPEAKING = [*reply("r1", 0, *CLAUSES), *voiced("r1", *CLAUSES), *playing("r1", 300)]


def decide(*events: Event, now_ms: int = 0) -> turn_taking.Decision | None:
    known, floor = Conversation(), Floor()
    for happened in events:
        known = conversation.evolve(known, happened)
        floor = turn_taking.evolve(floor, happened, now_ms=0)
    return turn_taking.decide(floor, known, now_ms=now_ms)


def test_a_finished_turn_is_answered_at_once() -> None:
    """No wait of our own."""
    assert decide(turn(1, "hello")) == Answer(1)


def test_words_over_the_agent_take_the_floor() -> None:
    """The first word that is no backchannel is enough; the turn's end is not awaited."""
    heard = event(WordsHeard(turn=1, text="no wait"))

    assert decide(*SPEAKING, event(SpeechStarted()), held("r1", 310), heard) == Drop(("r1",))


def test_a_new_turn_drops_what_is_still_to_be_heard() -> None:
    """Then it is answered."""
    assert decide(*SPEAKING, turn(1, "stop")) == Drop(("r1",))


def test_a_cough_is_waited_out_then_the_agent_plays_on() -> None:
    """No word within the time that a transcript takes."""
    log = [*SPEAKING, event(SpeechStarted()), held("r1", 310), event(SpeechStopped())]

    assert decide(*log, now_ms=FALSE_ALARM_MS - 1) == WaitUntil(FALSE_ALARM_MS)
    assert decide(*log, now_ms=FALSE_ALARM_MS) == Resume("r1")


def test_a_backchannel_does_not_stop_the_agent() -> None:
    """Uh-huh."""
    log = [*SPEAKING, event(SpeechStarted()), held("r1", 310), event(WordsHeard(turn=1, text="uh huh"))]
    log += [event(SpeechStopped()), turn(1, "uh huh")]

    assert decide(*log, now_ms=FALSE_ALARM_MS) == Resume("r1")


def test_endless_noise_does_not_silence_the_agent() -> None:
    """A street is no speech."""
    log = [*SPEAKING, event(SpeechStarted()), held("r1", 310)]

    assert decide(*log, now_ms=100) == WaitUntil(NOISE_MS)
    assert decide(*log, now_ms=NOISE_MS) == Resume("r1")


def test_a_caller_who_goes_on_before_the_answer_is_heard_is_listened_to() -> None:
    """Words of the next turn drop an answer that was on its way."""
    log = [turn(1, "my number is"), *reply("r1", 1, "Yes?")]

    assert decide(*log, event(WordsHeard(turn=2, text="five five"))) == Drop(("r1",))
    assert decide(*log, event(WordsHeard(turn=1, text="my number is"))) is None
