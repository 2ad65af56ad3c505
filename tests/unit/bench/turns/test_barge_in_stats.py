"""Whether the conversation history matches the played audio."""

from bench.turns.barge_in_stats import is_exact
from parley.audio.playout_position import PlayoutPosition
from services.brain.reply import Reply, SynthesizedClause

CLAUSES = ("One two, ", "three four five.")
SYNTHESIZED = (
    SynthesizedClause(200, (("One", 100), ("two,", 200))),
    SynthesizedClause(500, (("three", 300), ("four", 400), ("five.", 500))),
)


def reply_played_to(samples: int) -> Reply:
    return Reply("r1", 1, clauses=CLAUSES, synthesized=SYNTHESIZED, position=PlayoutPosition(samples))


def test_a_difference_of_one_word_is_exact() -> None:
    """A history of "one two three" matches audio that ends one word earlier or later."""
    assert is_exact(reply_played_to(300), "One two,three")
    assert is_exact(reply_played_to(300), "One two,th")
    assert is_exact(reply_played_to(300), "One two,three fo")
    assert is_exact(reply_played_to(300), "One two,three four")


def test_a_difference_of_two_words_is_not_exact() -> None:
    """A history with other words is not exact either."""
    assert not is_exact(reply_played_to(300), "One")
    assert not is_exact(reply_played_to(300), "One two,three four fi")
    assert not is_exact(reply_played_to(300), "Two one,three")
