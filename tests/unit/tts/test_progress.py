"""The progress of each reply's synthesis, according to the log alone."""

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from parley.events.envelope import Body
from parley.v1.call_pb2 import CallEnded, DtmfPressed
from parley.v1.reply_pb2 import ReplyCancelled, ReplyClause, ReplyFinished, ReplyStarted
from parley.v1.synthesis_pb2 import ClauseSynthesized, SynthesisFinished, SynthesisStarted
from services.tts.progress import ReplyProgress, SynthesisProgress, evolve


def progress_of(*bodies: Body | None) -> SynthesisProgress:
    """The progress after these events."""
    return reduce(evolve, bodies, SynthesisProgress())


def reply_of(*bodies: Body) -> ReplyProgress:
    """The reply r1 after these events."""
    return progress_of(*bodies).replies["r1"]


def text(clause: int, words: str = "x. ") -> ReplyClause:
    """A clause of r1."""
    return ReplyClause(reply_id="r1", clause=clause, text=words)


def synthesized(clause: int, start: int, end: int) -> ClauseSynthesized:
    """A clause of r1 has its audio."""
    return ClauseSynthesized(reply_id="r1", clause=clause, start_sample=start, end_sample=end)


def test_the_next_owner_begins_after_the_last_synthesized_clause() -> None:
    """It begins at the sample at which that clause ended."""
    reply = reply_of(
        ReplyStarted(reply_id="r1"), text(0), text(1), SynthesisStarted(reply_id="r1"), synthesized(0, 0, 800)
    )

    assert (reply.next_clause, reply.next_sample, reply.started, reply.done) == (1, 800, True, False)


def test_unfinished_replies_are_neither_cancelled_nor_synthesized() -> None:
    """They are listed in the order in which they started."""
    progress = progress_of(
        *(ReplyStarted(reply_id=f"r{n}") for n in (4, 2, 3, 1)),
        ReplyCancelled(reply_id="r2"),
        SynthesisFinished(reply_id="r3"),
    )

    assert [reply.reply_id for reply in progress.unfinished] == ["r4", "r1"]


def test_a_reply_is_complete_when_all_its_clauses_have_arrived() -> None:
    """ReplyFinished may overtake a clause."""
    finished = ReplyFinished(reply_id="r1", clauses=2)

    assert not reply_of(text(0), finished).complete
    assert reply_of(text(0), finished, text(1)).complete


def test_the_first_text_of_a_clause_counts() -> None:
    """A repeated clause changes nothing."""
    assert reply_of(text(0, "a"), text(0, "b"), text(1, "c")).texts == ("a", "c")


@given(st.permutations(range(6)))
def test_clauses_may_arrive_in_any_order(order: list[int]) -> None:
    """Texts are in the order of their numbers."""
    reply = reply_of(*(text(n, str(n)) for n in order))

    assert reply.texts == tuple("012345")
    assert not reply.out_of_order


def test_unrelated_events_change_nothing() -> None:
    """Nor do events of a later version change anything."""
    progress = progress_of(text(0))

    assert evolve(progress, DtmfPressed(digit="1")) is progress
    assert evolve(progress, None) is progress


def test_the_end_of_the_call_is_recognised() -> None:
    """CallEnded is the last event that matters."""
    assert progress_of(CallEnded()).call_ended


def test_a_reply_belongs_to_the_turn_that_it_answers() -> None:
    """Its spans are added to the trace of that turn."""
    assert reply_of(ReplyStarted(reply_id="r1", turn=3)).turn == 3


def test_replies_that_are_done_take_constant_memory() -> None:
    """Old ones are forgotten; late events of recent ones change nothing."""
    progress = SynthesisProgress()
    for number in range(500):
        reply_id = f"r{number}"
        for body in (
            ReplyStarted(reply_id=reply_id, turn=number),
            ReplyClause(reply_id=reply_id, clause=0, text="Hello. "),
            SynthesisFinished(reply_id=reply_id),
        ):
            progress = evolve(progress, body)
        late = evolve(progress, ReplyClause(reply_id=reply_id, clause=1, text="Late. "))
        assert evolve(late, ReplyCancelled(reply_id=reply_id)) is progress
    assert len(progress.replies) == 20
    assert not any(reply.texts for reply in progress.replies.values())
