"""Two calls, turn by turn."""

from dataclasses import replace

from cli.testing.against.compare import compare, words_changed
from cli.testing.turns import CallSummary, TurnSummary

GREETING = TurnSummary("", "Hello.")
HOURS = TurnSummary("When are you open?", "From nine to five.", (), 600)
BYE = TurnSummary("Goodbye.", "Bye.", ("end_call",), 500)
BEFORE = CallSummary((GREETING, HOURS, BYE), "agent", 9000)


def test_the_same_call_does_not_differ() -> None:
    """Neither do punctuation, case, latency, and the two names of the caller's hang-up."""
    quicker = replace(HOURS, caller="when are you open", agent="From nine to five", latency_ms=300)

    assert not compare(BEFORE, BEFORE).differs
    assert not compare(BEFORE, replace(BEFORE, turns=(GREETING, quicker, BYE))).differs
    assert compare(replace(BEFORE, ended_by="hangup"), replace(BEFORE, ended_by="completed")).same_end


def test_words_tools_and_the_end_differ() -> None:
    words = compare(BEFORE, replace(BEFORE, turns=(GREETING, replace(HOURS, agent="From ten."), BYE)))
    tools = compare(BEFORE, replace(BEFORE, turns=(GREETING, HOURS, replace(BYE, tools=()))))
    end = compare(BEFORE, replace(BEFORE, ended_by="completed"))

    assert [turn.differs for turn in words.turns] == [False, True, False]
    assert [turn.differs for turn in tools.turns] == [False, False, True]
    assert end.differs
    assert not end.same_end


def test_turns_are_aligned_by_the_callers_words() -> None:
    """A turn that one call does not have shifts no other."""
    missing = compare(BEFORE, replace(BEFORE, turns=(GREETING, BYE)))
    added = compare(replace(BEFORE, turns=(GREETING, BYE)), BEFORE)

    assert [(turn.before is not None, turn.after is not None) for turn in missing.turns] == [
        (True, True),
        (True, False),
        (True, True),
    ]
    assert added.turns[1].before is None


def test_changed_words_are_in_order() -> None:
    assert words_changed("We open at nine.", "We open at ten today.") == [
        ("same", "We open at"),
        ("removed", "nine."),
        ("added", "ten today."),
    ]
