"""Whether the history keeps what was heard."""

from bench.turns.barge_in_stats import is_exact
from services.brain.reply import Reply, SynthesizedClause

CLAUSES = ("One two, ", "three four five.")
VOICED = (
    SynthesizedClause(200, (("One", 100), ("two,", 200))),
    SynthesizedClause(500, (("three", 300), ("four", 400), ("five.", 500))),
)


def heard_of(samples: int) -> Reply:
    return Reply("r1", 1, clauses=CLAUSES, synthesized=VOICED, played_samples=samples)


def test_a_word_more_or_less_is_exact_enough() -> None:
    """The kept words are: one two three."""
    assert is_exact(heard_of(300), "One two,three")
    assert is_exact(heard_of(300), "One two,th")
    assert is_exact(heard_of(300), "One two,three fo")
    assert is_exact(heard_of(300), "One two,three four")


def test_two_words_are_not() -> None:
    """Nor are other words."""
    assert not is_exact(heard_of(300), "One")
    assert not is_exact(heard_of(300), "One two,three four fi")
    assert not is_exact(heard_of(300), "Two one,three")
