"""Tests for the conversation that is folded from the log."""

from functools import reduce

from parley.v1.event_pb2 import Event
from parley.v1.playback_pb2 import BargeIn
from parley.v1.reply_pb2 import ReplyCancelled, ReplyFinished, ReplyStarted, ToolCalled, ToolReturned
from parley.v1.speech_pb2 import EagerEndOfTurn
from services.brain.conversation import Conversation
from services.brain.conversation_fold import evolve
from tests.event_factories import event, reply_events
from tests.unit.brain.event_factories import (
    clauses_synthesized,
    playback_finished,
    playback_started,
    turn_ended,
)


def fold(*events: Event) -> Conversation:
    return reduce(evolve, events, Conversation())


def test_a_turn_is_unanswered_until_a_reply_starts() -> None:
    """The log alone determines which turn needs an answer."""
    assert fold(turn_ended(1, "hello")).unanswered_turn == 1
    assert fold(turn_ended(1, "hello"), *reply_events("r1", 1, "Hi.")).unanswered_turn is None


def test_a_turn_that_is_published_twice_is_answered_once() -> None:
    """The next owner of stt repeats a turn that the bus had not stored at the takeover."""
    first = (turn_ended(1, "hello"), *reply_events("r1", 1, "Hi."))
    repeated = (event(EagerEndOfTurn(turn=1, text="hello")), turn_ended(1, "hello"))

    assert fold(*first, *repeated[:1]).predicted_turn is None
    assert fold(*first, *repeated) == fold(*first)


def test_an_interrupted_reply_keeps_only_the_played_words() -> None:
    """The word timing of the synthesis determines the last word."""
    clauses = ("We open at nine. ", "We close at five.")
    conversation = fold(
        *reply_events("r1", 0, *clauses),
        *clauses_synthesized("r1", *clauses),
        *playback_started("r1"),
        event(ReplyCancelled(reply_id="r1", reason="barge_in")),
        event(BargeIn(reply_id="r1", played_samples=650 * 8)),
    )

    assert conversation.reply("r1").played_text == "We open at nine. We close"
    assert conversation.active_replies == ()


def test_a_discarded_speculation_leaves_its_turn_unanswered() -> None:
    """The next owner answers the turn whose speculative reply was cancelled."""
    cancelled = event(ReplyCancelled(reply_id="r1", reason="speculation"))

    assert fold(turn_ended(1, "hello"), *reply_events("r1", 1), cancelled).unanswered_turn == 1


def test_an_interrupted_reply_is_not_repeated() -> None:
    """After a barge-in the next turn belongs to the caller."""
    cancelled = event(ReplyCancelled(reply_id="r1", reason="barge_in"))

    assert fold(turn_ended(1, "hello"), *reply_events("r1", 1, "Hi."), cancelled).unanswered_turn is None


def test_a_turn_is_unanswered_again_when_its_tool_has_returned() -> None:
    """The model continues once every tool call has a result."""
    called = event(ToolCalled(tool_call_id="r1-t1", name="look_up", reply_id="r1", turn=1))
    returned = event(ToolReturned(tool_call_id="r1-t1", result="{}"))
    log = [turn_ended(1, "hello"), *reply_events("r1", 1, reason="tool_calls"), called]

    assert fold(*log).unanswered_turn is None
    assert fold(*log, returned).unanswered_turn == 1
    assert fold(*log, returned, *reply_events("r2", 1, "Done.")).unanswered_turn is None


def test_a_backchannel_during_a_reply_needs_no_answer() -> None:
    """Within the last second of a reply the same words are an answer to it."""
    clauses = ("one two three four five six seven eight nine ten " * 3,)
    log = [*reply_events("r1", 0, *clauses), *clauses_synthesized("r1", *clauses)]

    assert fold(*log, *playback_started("r1", 500), turn_ended(1, "uh huh")).unanswered_turn is None
    assert fold(*log, *playback_started("r1", 2500), turn_ended(1, "okay")).unanswered_turn == 1
    assert fold(*log, *playback_started("r1", 500), turn_ended(1, "no wait")).unanswered_turn == 1


def test_a_reply_is_active_until_its_playback_ends() -> None:
    """The end of its text does not end it."""
    log = [
        *reply_events("r1", 0, "Hi."),
        *clauses_synthesized("r1", "Hi."),
        *playback_started("r1"),
    ]

    assert [r.reply_id for r in fold(*log).active_replies] == ["r1"]
    assert fold(*log, playback_finished("r1", 100)).active_replies == ()


def test_the_conversation_is_idle_when_every_reply_is_finished_as_text() -> None:
    """Playback does not matter, because other stages are responsible for it."""
    answering = fold(turn_ended(1, "hello"), *reply_events("r1", 1, "Hi.")[:-1])
    tool = ToolCalled(tool_call_id="r1-t1", name="look", reply_id="r1")

    assert fold().is_idle
    assert fold(*reply_events("r1", 0, "Hello."), *playback_started("r1")).is_idle
    assert not fold(turn_ended(1, "hello")).is_idle
    assert not answering.is_idle
    assert not fold(event(EagerEndOfTurn(turn=1, text="hello"))).is_idle
    assert not fold(turn_ended(1, "hello"), *reply_events("r1", 1, "Hi."), event(tool)).is_idle


def test_a_requested_but_uncalled_tool_leaves_its_turn_unanswered() -> None:
    """After a crash between the two events the model is requested again and the tool called once."""
    requested = (
        turn_ended(1, "friday"),
        event(ReplyStarted(reply_id="r1", turn=1)),
        event(ReplyFinished(reply_id="r1", reason="tool_calls")),
    )
    called = event(ToolCalled(tool_call_id="r1-t1", name="book", reply_id="r1", turn=1))
    returned = event(ToolReturned(tool_call_id="r1-t1", result="{}"))

    assert fold(*requested).unanswered_turn == 1
    assert fold(*requested, called).unanswered_turn is None
    assert fold(*requested, called, returned).unanswered_turn == 1
