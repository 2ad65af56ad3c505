"""Tests for what leaves the part of a conversation that is kept whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.brain.items import CallerTurn, DtmfInput, Item, characters, is_settled, needs_answer
from services.brain.reply import Reply, SynthesizedClause
from services.brain.tool_call import ToolCall
from services.brain.window import split_after, split_to_fit, without_word_times


def exchange(number: int, text: str = "Yes.") -> tuple[Item, ...]:
    return CallerTurn(number, "hello"), Reply(f"r{number}", number, clauses=(text,), done=True)


def call(number: int, result: str | None = "{}") -> ToolCall:
    return ToolCall(f"t{number}", "look", "{}", f"r{number}", result=result)


def test_the_caller_speaks_first_in_what_stays() -> None:
    """Everything up to the reply leaves, with its tool calls and the backchannels after it."""
    nod = CallerTurn(2, "uh huh", "backchannel")
    items = (*exchange(1), call(1), nod, *exchange(3))
    split = split_after(items, "r1")

    assert split.leaving == items[:4]
    assert split.staying == items[4:]
    assert (split.last_reply_id, split.last_turn) == ("r1", 2)


@pytest.mark.parametrize("reply_id", ["r9", "r2"])
def test_nothing_leaves_after_an_unknown_or_the_last_reply(reply_id: str) -> None:
    """The caller's last input always stays, whatever the event contains."""
    items = (*exchange(1), *exchange(2))

    assert split_after(items, reply_id).staying == items


def test_a_reply_in_progress_stays_with_its_tool_calls() -> None:
    """A reply with a running tool stays too, even if the caller has interrupted it."""
    speaking = (CallerTurn(1, "hi"), Reply("r1", 1, clauses=("Well, ",)))
    waiting = (CallerTurn(2, "and"), Reply("r2", 2, cancelled="barge_in"), call(2), call(2, result=None))
    split = split_after((*speaking, *waiting, *exchange(3), *exchange(4)), "r3")

    assert split.staying == (speaking[1], *waiting[1:], *exchange(4))


def test_a_tool_call_leaves_with_its_reply() -> None:
    """The caller may have spoken before the call was in the log: without its reply it has no place."""
    late = (*exchange(1), CallerTurn(2, "wait"), call(1), Reply("r2", 2, done=True), *exchange(3))

    assert call(1) not in split_after(late, "r1").staying


def test_what_stays_has_the_requested_size() -> None:
    """At least the last two inputs stay, however long they are."""
    items = tuple(item for number in range(1, 21) for item in exchange(number, "x" * 95))

    assert len(split_to_fit(items, 5, 10_000).staying) == 10
    assert sum(map(characters, split_to_fit(items, 50, 1000).staying)) == 1000
    assert split_to_fit(items, 5, 10).staying == (*exchange(19, "x" * 95), *exchange(20, "x" * 95))


def test_turns_without_an_answer_stay_together() -> None:
    """The part that leaves ends with a reply, whose id is the end of the summary."""
    items = (*exchange(1), CallerTurn(2, "and"), CallerTurn(3, "then"), *exchange(4), *exchange(5))

    assert split_to_fit(items, 3, 10_000).leaving == exchange(1)
    assert split_to_fit((CallerTurn(1, "a"), CallerTurn(2, "b"), *exchange(3)), 1, 9).leaving == ()


ITEMS = st.one_of(
    st.builds(CallerTurn, st.integers(1, 9), st.text(max_size=20), st.booleans()),
    st.builds(DtmfInput, st.integers(0, 9), st.just("[keys pressed: 1]")),
    st.builds(
        Reply,
        st.sampled_from([f"r{n}" for n in range(1, 12)]),
        st.integers(0, 9),
        clauses=st.just(("Yes. ",)),
        cancelled=st.sampled_from(["", "", "barge_in", "speculation"]),
        done=st.sampled_from([True, True, False]),
        speculative=st.sampled_from([False, False, True]),
    ),
    st.builds(
        ToolCall,
        st.just("t"),
        st.just("look"),
        st.just("{}"),
        st.sampled_from([f"r{n}" for n in range(1, 12)]),
        result=st.sampled_from(["{}", "{}", None]),
    ),
)


@given(st.lists(ITEMS, max_size=30), st.integers(1, 6), st.integers(1, 200))
def test_nothing_that_may_change_leaves(items: list[Item], inputs: int, size: int) -> None:
    """Nor does the caller's last input, nor one part of a reply and its tool calls without the other."""
    split = split_to_fit(items, inputs, size)
    left = {item.reply_id for item in split.leaving if isinstance(item, Reply)}
    stayed = {item.reply_id for item in split.staying if isinstance(item, Reply)}
    last = max((n for n, item in enumerate(items) if needs_answer(item)), default=None)

    assert all(is_settled(item) for item in split.leaving)
    assert sorted(map(id, (*split.leaving, *split.staying))) == sorted(map(id, items))
    assert not left & {item.reply_id for item in split.staying if isinstance(item, Reply | ToolCall)}
    assert not stayed & {item.reply_id for item in split.leaving if isinstance(item, ToolCall)}
    if last is not None:
        assert items[last] in split.staying
        assert all(item in split.staying for item in items[last + 1 :] if not isinstance(item, ToolCall))


def test_word_times_of_old_replies_are_dropped() -> None:
    """An interrupted reply keeps them: the word times determine its played text."""
    synthesized = (SynthesizedClause(80, (("Yes.", 80),)),)
    played = Reply("r1", 1, clauses=("Yes.",), synthesized=synthesized, done=True)
    cut = Reply("r1", 1, clauses=("Yes.",), synthesized=synthesized, cancelled="barge_in")
    after = exchange(2) * 8

    assert without_word_times((played, *after)) == (
        Reply("r1", 1, clauses=("Yes.",), done=True),
        *after,
    )
    assert without_word_times((played, *after[:-1])) == (played, *after[:-1])
    assert without_word_times((cut, *after)) == (cut, *after)
