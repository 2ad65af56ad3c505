"""Where in each reply's sound we are, by the log alone."""

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from parley.events.envelope import Body
from parley.v1.call_pb2 import CallEnded, DtmfPressed
from parley.v1.reply_pb2 import ReplyCancelled, ReplyClause, ReplyFinished, ReplyStarted
from parley.v1.synthesis_pb2 import ClauseSynthesized, SynthesisFinished, SynthesisStarted
from services.tts.position import Position, Reply, evolve


def after(*bodies: Body | None) -> Position:
    """The position after these events."""
    return reduce(evolve, bodies, Position())


def reply_after(*bodies: Body) -> Reply:
    """The reply r1 after these events."""
    return after(*bodies).replies["r1"]


def text(clause: int, words: str = "x. ") -> ReplyClause:
    """A clause of r1."""
    return ReplyClause(reply_id="r1", clause=clause, text=words)


def voiced(clause: int, start: int, end: int) -> ClauseSynthesized:
    """A clause of r1 has its sound."""
    return ClauseSynthesized(reply_id="r1", clause=clause, start_sample=start, end_sample=end)


def test_a_successor_begins_after_the_last_voiced_clause() -> None:
    """At the sample where that ended."""
    reply = reply_after(
        ReplyStarted(reply_id="r1"), text(0), text(1), SynthesisStarted(reply_id="r1"), voiced(0, 0, 800)
    )

    assert (reply.next_clause, reply.next_sample, reply.started, reply.over) == (1, 800, True, False)


def test_replies_left_to_make_are_those_neither_dropped_nor_voiced() -> None:
    """In the order they started."""
    position = after(
        *(ReplyStarted(reply_id=f"r{n}") for n in (4, 2, 3, 1)),
        ReplyCancelled(reply_id="r2"),
        SynthesisFinished(reply_id="r3"),
    )

    assert [reply.reply_id for reply in position.unfinished] == ["r4", "r1"]


def test_a_reply_is_complete_when_all_its_clauses_are_known() -> None:
    """The word that no more comes may overtake a clause."""
    finished = ReplyFinished(reply_id="r1", clauses=2)

    assert not reply_after(text(0), finished).complete
    assert reply_after(text(0), finished, text(1)).complete


def test_the_first_word_about_a_clause_counts() -> None:
    """A clause said again changes nothing."""
    assert reply_after(text(0, "a"), text(0, "b"), text(1, "c")).texts == ("a", "c")


@given(st.permutations(range(6)))
def test_clauses_come_in_any_order(order: list[int]) -> None:
    """They are spoken by their numbers."""
    reply = reply_after(*(text(n, str(n)) for n in order))

    assert reply.texts == tuple("012345")
    assert not reply.early


def test_what_does_not_concern_the_voice_changes_nothing() -> None:
    """Nor does an event of a later version."""
    position = after(text(0))

    assert evolve(position, DtmfPressed(digit="1")) is position
    assert evolve(position, None) is position


def test_the_call_ends() -> None:
    """The last event that matters."""
    assert after(CallEnded()).call_over
