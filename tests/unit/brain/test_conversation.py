"""What was said and heard, folded from the log."""

from functools import reduce

from parley.v1.event_pb2 import Event
from parley.v1.playback_pb2 import BargeIn
from parley.v1.reply_pb2 import ReplyCancelled, ReplyFinished, ReplyStarted, ToolCalled, ToolReturned
from parley.v1.speech_pb2 import EagerEndOfTurn
from services.brain.conversation import Conversation, evolve
from tests.unit.brain.event_factories import event, played, playing, reply, turn, voiced


def fold(*events: Event) -> Conversation:
    return reduce(evolve, events, Conversation())


def test_a_turn_is_unanswered_until_a_reply_starts() -> None:
    """The log itself says what is to be done."""
    assert fold(turn(1, "hello")).unanswered_turn == 1
    assert fold(turn(1, "hello"), *reply("r1", 1, "Hi.")).unanswered_turn is None


def test_a_turn_that_is_told_a_second_time_is_not_answered_again() -> None:
    """A successor of stt has heard it too: the bus had not stored the first telling when it took over."""
    first = (turn(1, "hello"), *reply("r1", 1, "Hi."))
    again = (event(EagerEndOfTurn(turn=1, text="hello")), turn(1, "hello"))

    assert fold(*first, *again[:1]).predicted_turn is None
    assert fold(*first, *again) == fold(*first)


def test_only_what_was_heard_is_kept_of_an_interrupted_reply() -> None:
    """To the word, by the voice's own alignment."""
    clauses = ("We open at nine. ", "We close at five.")
    known = fold(
        *reply("r1", 0, *clauses),
        *voiced("r1", *clauses),
        *playing("r1"),
        event(ReplyCancelled(reply_id="r1", reason="barge_in")),
        event(BargeIn(reply_id="r1", played_samples=650 * 8)),
    )

    assert known.reply("r1").played_text == "We open at nine. We close"
    assert known.active_replies == ()


def test_a_reply_made_for_nothing_leaves_its_turn_unanswered() -> None:
    """A successor answers what its forerunner dropped."""
    dropped = event(ReplyCancelled(reply_id="r1", reason="speculation"))

    assert fold(turn(1, "hello"), *reply("r1", 1), dropped).unanswered_turn == 1


def test_an_interrupted_reply_is_not_given_again() -> None:
    """The caller took the turn: the next turn is theirs."""
    dropped = event(ReplyCancelled(reply_id="r1", reason="barge_in"))

    assert fold(turn(1, "hello"), *reply("r1", 1, "Hi."), dropped).unanswered_turn is None


def test_a_tools_result_wants_an_answer_but_not_before_it_is_there() -> None:
    """The model is asked again once every tool has returned."""
    called = event(ToolCalled(tool_call_id="r1-t1", name="look_up", reply_id="r1", turn=1))
    returned = event(ToolReturned(tool_call_id="r1-t1", result="{}"))
    log = [turn(1, "hello"), *reply("r1", 1, reason="tool_calls"), called]

    assert fold(*log).unanswered_turn is None
    assert fold(*log, returned).unanswered_turn == 1
    assert fold(*log, returned, *reply("r2", 1, "Done.")).unanswered_turn is None


def test_uh_huh_amid_speech_wants_no_answer() -> None:
    """A backchannel while much is still to be heard is an aside; near the end it answers."""
    clauses = ("one two three four five six seven eight nine ten " * 3,)
    log = [*reply("r1", 0, *clauses), *voiced("r1", *clauses)]

    assert fold(*log, *playing("r1", 500), turn(1, "uh huh")).unanswered_turn is None
    assert fold(*log, *playing("r1", 2500), turn(1, "okay")).unanswered_turn == 1
    assert fold(*log, *playing("r1", 500), turn(1, "no wait")).unanswered_turn == 1


def test_a_reply_is_active_until_heard_to_its_end() -> None:
    """Playback decides, not the model."""
    log = [*reply("r1", 0, "Hi."), *voiced("r1", "Hi."), *playing("r1")]

    assert [r.reply_id for r in fold(*log).active_replies] == ["r1"]
    assert fold(*log, played("r1", 100)).active_replies == ()


def test_the_brain_is_settled_when_all_that_is_to_be_said_is_known() -> None:
    """A reply that is still spoken does not matter: it is another stage's."""
    answering = fold(turn(1, "hello"), *reply("r1", 1, "Hi.")[:-1])
    tool = ToolCalled(tool_call_id="r1-t1", name="look", reply_id="r1")

    assert fold().is_idle
    assert fold(*reply("r1", 0, "Hello."), *playing("r1")).is_idle
    assert not fold(turn(1, "hello")).is_idle
    assert not answering.is_idle
    assert not fold(event(EagerEndOfTurn(turn=1, text="hello"))).is_idle
    assert not fold(turn(1, "hello"), *reply("r1", 1, "Hi."), event(tool)).is_idle


def test_a_tool_that_was_wanted_and_never_called_leaves_its_turn_unanswered() -> None:
    """The brain died between the two words: the model is asked again, and the tool called once."""
    wanted = (
        turn(1, "friday"),
        event(ReplyStarted(reply_id="r1", turn=1)),
        event(ReplyFinished(reply_id="r1", reason="tool_calls")),
    )
    called = event(ToolCalled(tool_call_id="r1-t1", name="book", reply_id="r1", turn=1))

    assert fold(*wanted).unanswered_turn == 1
    assert fold(*wanted, called).unanswered_turn is None
    assert fold(*wanted, called, event(ToolReturned(tool_call_id="r1-t1", result="{}"))).unanswered_turn == 1
