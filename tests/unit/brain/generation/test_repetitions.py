"""Tests for answers that begin again."""

import pytest

from parley.v1.reply_pb2 import REPLY_KIND_ANSWER
from services.brain.conversation import Conversation
from services.brain.generation.repetitions import Repetitions, Spoken, spoken_of
from services.brain.items import CallerTurn, Item
from services.brain.reply import Reply


def reply(*clauses: str, finished: str, cancelled: str = "") -> Reply:
    return Reply("r1", 1, REPLY_KIND_ANSWER, clauses=tuple(clauses), finished=finished, cancelled=cancelled)


def spoken(*items: Item) -> Spoken:
    return spoken_of(Conversation(items=items))


def continued(broken_off: Spoken, *clauses: str) -> list[str]:
    """The rest of an answer that arrives clause by clause."""
    repetitions = Repetitions(broken_off)
    return [new for text in clauses for new in repetitions.new([text])]


def test_the_clauses_of_interrupted_answers_count() -> None:
    """They were played, and the answer is continued; the second model may have failed, too."""
    turn = CallerTurn(1, "hello")
    found = spoken(turn, reply("Sure, ", finished="interrupted"), reply("we can. ", finished="interrupted"))
    assert found == Spoken(frozenset({"sure,", "we can."}), ("Sure, ", "we can. "))


def test_only_sentences_before_a_tool_call_count() -> None:
    """A first word may begin the next answer as well."""
    turn = CallerTurn(1, "hello")
    found = spoken(turn, reply("Sure, ", "let me see. ", finished="tool_calls"))
    assert found == Spoken(frozenset({"let me see."}))


def test_answers_to_earlier_inputs_do_not_count() -> None:
    """The caller may ask the same twice."""
    assert spoken(reply("We can. ", finished="interrupted"), CallerTurn(2, "really?")) == Spoken()


def test_repetitions_at_the_beginning_are_left_out() -> None:
    """After the first new clause everything is spoken."""
    repetitions = Repetitions(Spoken(frozenset({"sure,", "we can."})))
    assert repetitions.new(["Sure, "]) == []
    assert repetitions.new(["We can. ", "On Friday. "]) == ["On Friday. "]
    assert repetitions.new(["We can. "]) == ["We can. "]
    assert repetitions.found


HOURS = ("We are open ", "from eight in the morning, ")
"""An answer that broke off, in the pieces in which it was played."""


@pytest.mark.parametrize(
    ("clauses", "rest"),
    [
        # From its very beginning, in one piece, in other pieces, and word by word.
        (("We are open from eight in the morning until six.",), ["until six."]),
        (("We are open, from eight in the morning, until six.",), ["until six."]),
        (("We are open from ", "eight in the morning until six."), ["until six."]),
        (("WE ARE OPEN ", "from eight in the morning, ", "until six."), ["until six."]),
        # From the beginning of the clause that broke off.
        (("from eight in the morning until six.",), ["until six."]),
        (("... from eight in the morning: $5.",), ["$5."]),
        # No repetition.
        (("until six. ", "from eight in the morning."), ["until six. ", "from eight in the morning."]),
        (("We are closed.",), ["We are closed."]),
        (("We. ", "Indeed."), ["Indeed."]),
        # Nothing new.
        (("We are open from eight in the morning.",), []),
    ],
)
def test_an_answer_that_begins_again_continues_where_it_broke_off(
    clauses: tuple[str, ...], rest: list[str]
) -> None:
    """The next model may send it in other pieces."""
    found = spoken(CallerTurn(1, "when"), reply(*HOURS, finished="interrupted"))
    assert continued(found, *clauses) == rest


@pytest.mark.parametrize(
    ("broken_off", "clause", "rest"),
    [
        ("No, ", "No problem, we can.", ["No problem, we can."]),
        ("No, ", "No, we cannot.", ["we cannot."]),
        ("Open ", "Opening hours vary.", ["Opening hours vary."]),
        ("Weekends are ", "We. ", ["We. "]),
        ("हमारा क्लिनिक ", "हमारा क्लिनिक आठ बजे खुलता है।", ["आठ बजे खुलता है।"]),
        ("हम ", "हमारा क्लिनिक।", ["हमारा क्लिनिक।"]),
        ("営業時間は", "営業時間は八時からです。", ["八時からです。"]),
        ("営業時間は、", "営業時間は、八時からです。", ["八時からです。"]),
    ],
)
def test_words_are_compared_as_a_whole(broken_off: str, clause: str, rest: list[str]) -> None:
    """A single word counts only before a pause, and scripts without spaces have no word ends."""
    found = spoken(CallerTurn(1, "when"), reply(broken_off, finished="interrupted"))
    assert continued(found, clause) == rest
