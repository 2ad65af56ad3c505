"""Tests for answers that begin again."""

from parley.v1.reply_pb2 import REPLY_KIND_ANSWER
from services.brain.conversation import Conversation
from services.brain.generation.repetitions import Repetitions, spoken_clauses
from services.brain.items import CallerTurn
from services.brain.reply import Reply


def reply(*clauses: str, finished: str, cancelled: str = "") -> Reply:
    return Reply("r1", 1, REPLY_KIND_ANSWER, clauses=tuple(clauses), finished=finished, cancelled=cancelled)


def test_the_clauses_of_an_interrupted_answer_count() -> None:
    """They were played, and the answer is continued."""
    turn = CallerTurn(1, "hello")
    conversation = Conversation(items=(turn, reply("Sure, ", "we can. ", finished="interrupted")))
    assert spoken_clauses(conversation) == {"sure,", "we can."}


def test_only_sentences_before_a_tool_call_count() -> None:
    """A first word may begin the next answer as well."""
    turn = CallerTurn(1, "hello")
    conversation = Conversation(items=(turn, reply("Sure, ", "let me see. ", finished="tool_calls")))
    assert spoken_clauses(conversation) == {"let me see."}


def test_answers_to_earlier_inputs_do_not_count() -> None:
    """The caller may ask the same twice."""
    items = (reply("We can. ", finished="interrupted"), CallerTurn(2, "really?"))
    assert spoken_clauses(Conversation(items=items)) == frozenset()


def test_repetitions_at_the_beginning_are_left_out() -> None:
    """After the first new clause everything is spoken."""
    repetitions = Repetitions({"sure,", "we can."})
    assert repetitions.new(["Sure, "]) == []
    assert repetitions.new(["We can. ", "On Friday. "]) == ["On Friday. "]
    assert repetitions.new(["We can. "]) == ["We can. "]
    assert repetitions.found
