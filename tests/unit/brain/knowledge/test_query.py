"""The words that are searched for."""

from services.brain.conversation import Conversation
from services.brain.items import CallerTurn, PredictedTurn
from services.brain.knowledge.query import caller_query, same_query


def test_the_last_turn_is_searched_for() -> None:
    turns = (CallerTurn(1, "Hello."), CallerTurn(2, "When are you open on Saturday?"))
    assert caller_query(Conversation(items=turns)) == "When are you open on Saturday?"


def test_a_short_turn_is_searched_for_with_the_one_before() -> None:
    turns = (
        CallerTurn(1, "When are you open on Saturday?"),
        CallerTurn(2, "mhm", role="backchannel"),
        CallerTurn(3, "And on Sunday?"),
    )
    assert caller_query(Conversation(items=turns)) == "When are you open on Saturday? And on Sunday?"


def test_a_predicted_turn_counts() -> None:
    conversation = Conversation(predicted_turn=PredictedTurn(1, "Where is your shop please"))
    assert not caller_query(conversation)
    assert caller_query(conversation.with_predicted_turn()) == "Where is your shop please"


def test_without_words_nothing_is_searched_for() -> None:
    assert not caller_query(Conversation())
    assert not caller_query(Conversation(items=(CallerTurn(1, " … "),)))


def test_of_a_long_turn_the_end_is_searched_for() -> None:
    query = caller_query(Conversation(items=(CallerTurn(1, "bla " * 500 + "what does it cost"),)))
    assert len(query) == 500
    assert query.endswith("what does it cost")


def test_case_and_punctuation_do_not_matter() -> None:
    assert same_query("When are you open?", "when are you  open")
    assert not same_query("When are you open?", "when are you open today")
