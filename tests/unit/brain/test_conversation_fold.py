"""Tests that a long call is folded like a short one: what leaves the recent part changes no decision."""

from collections.abc import Callable, Iterator
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.growth.synthetic_call import SyntheticCall
from parley.agent_config import AgentConfig
from parley.clock import CallClock
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import (
    REPLY_KIND_RECONNECTED,
    REPLY_KIND_WARNING,
    ConversationSummarized,
    DtmfCollected,
    HangUpRequested,
    ReplyCancelled,
    ReplyStarted,
)
from parley.v1.speech_pb2 import EagerEndOfTurn, TranscriptUpdated, TurnEnded
from services.brain.conversation import Conversation
from services.brain.conversation_fold import evolve
from services.brain.decision_replay import decided_actions
from services.brain.state import BrainState
from services.brain.window import MAX_INPUTS
from tests.event_factories import event, reply_events
from tests.unit.brain.event_factories import playback_finished, turn_ended

AGENT = AgentConfig(prompt="x")


def fold(*events: Event) -> Conversation:
    return reduce(evolve, events, Conversation())


def played(number: int, text: str = "Yes.") -> list[Event]:
    """One turn with its answer, played to the end."""
    reply_id = f"r{number}"
    return [
        turn_ended(number, "hello"),
        *reply_events(reply_id, number, text),
        playback_finished(reply_id, 100),
    ]


def summarized(through: int, text: str = "The caller is Ann.", *, incomplete: bool = False) -> Event:
    return event(
        ConversationSummarized(
            through_reply_id=f"r{through}", through_turn=through, text=text, incomplete=incomplete
        )
    )


def calls(*numbers: int) -> list[Event]:
    return [happening for number in numbers for happening in played(number)]


def states(events: list[Event]) -> Iterator[tuple[BrainState, int]]:
    state, clock = BrainState(), CallClock(events[0].sent_at_us)
    for happening in events:
        at_ms = clock.ms_at(happening.sent_at_us)
        state = state.evolve(happening, at_ms)
        yield state, at_ms


def decisions(events: list[Event]) -> list[object]:
    """The policies' decisions after each event, and the facts that the brain acts on."""
    found: list[object] = []
    for state, at_ms in states(events):
        conversation = state.conversation
        active = [reply.reply_id for reply in conversation.active_replies]
        found.append(
            (
                list(decided_actions(state, AGENT, at_ms)),
                active,
                [conversation.turn_of(reply) for reply in conversation.active_replies],
                conversation.unanswered_turn,
                conversation.pending_user_text,
                conversation.idle_prompts,
                conversation.pending_tool_calls,
                conversation.is_idle,
                conversation.totals,
                [conversation.has_ended(number) for number in (1, 5, 20, 50)],
            )
        )
    return found


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_what_left_changes_no_decision(seed: int, inputs: int) -> None:
    """A call whose recent part is tiny is decided on like one that is kept whole."""
    events = list(SyntheticCall(seed).events(3))
    whole = decisions(events)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.brain.conversation_items.MAX_INPUTS", inputs)
        tiny = decisions(events)

    assert tiny == whole


def test_the_recent_part_stays_small() -> None:
    """Also without any summary, as in the log of an earlier version."""
    sizes = [len(state.conversation.items) for state, _ in states(list(SyntheticCall().events(45)))]

    assert max(sizes) < 500
    *_, (state, _) = states(list(SyntheticCall().events(45)))
    assert state.conversation.earlier.incomplete
    assert state.conversation.inputs <= MAX_INPUTS


def test_a_summary_replaces_what_it_covers() -> None:
    """A later one replaces both the earlier one and the turns since then."""
    once = fold(*calls(1, 2, 3), summarized(1))
    assert [item.turn for item in once.items if hasattr(item, "turn")] == [2, 2, 3, 3]
    assert (once.earlier.summary, once.earlier.last_turn) == ("The caller is Ann.", 1)
    assert not once.earlier.incomplete

    twice = fold(*calls(1, 2, 3), summarized(1), *calls(4), summarized(3, "Ann, 12 May.", incomplete=True))
    assert [item.turn for item in twice.items if hasattr(item, "turn")] == [4, 4]
    assert twice.earlier.summary == "Ann, 12 May."
    assert twice.earlier.incomplete


def test_a_late_summary_is_used() -> None:
    """It covers more than nothing; what stays is shown whole as well."""
    late = fold(*calls(1, 2, 3), summarized(2, "", incomplete=True), summarized(1, "Ann."))

    assert late.earlier.summary == "Ann."
    assert late.earlier.incomplete
    assert late.turn(3) is not None


def test_a_turn_that_left_does_not_end_again() -> None:
    """The next owner of stt may repeat it."""
    forgotten = fold(*calls(1, 2, 3), summarized(2))

    assert evolve(forgotten, turn_ended(1, "hello")) == forgotten
    assert evolve(forgotten, event(EagerEndOfTurn(turn=2, text="hello"))) == forgotten
    assert forgotten.has_ended(2)
    assert not forgotten.has_ended(4)


def test_the_whole_call_is_counted() -> None:
    """The counts include the items that have left."""
    apology = [event(ReplyStarted(reply_id="r8", kind=REPLY_KIND_RECONNECTED))]
    warning = [event(ReplyStarted(reply_id="r9", kind=REPLY_KIND_WARNING))]
    discarded = [
        event(ReplyStarted(reply_id="r10", turn=3, speculative=True, predicted_text="x")),
        event(ReplyCancelled(reply_id="r10", reason="speculation")),
    ]
    keys = event(DtmfCollected(digits="1"))
    conversation = fold(*calls(1, 2), *apology, *warning, *discarded, keys, *calls(3), summarized(2))

    totals = conversation.totals
    assert (totals.replies, totals.inputs, totals.dtmf_inputs) == (6, 4, 1)
    assert (totals.reconnect_apologies, totals.discarded_speculations) == (1, 1)


def test_an_interrupted_goodbye_that_left_ends_nothing() -> None:
    """Otherwise the call would count as ending once the reply is unknown."""
    hang_up = event(HangUpRequested(after_reply_id="r1"))
    cut = event(ReplyCancelled(reply_id="r1", reason="barge_in"))
    conversation = fold(*calls(1), hang_up, cut, *calls(2, 3))

    assert not conversation.hanging_up
    assert not evolve(conversation, summarized(1)).hanging_up


@pytest.mark.parametrize("extra", [lambda: calls(3), lambda: [event(DtmfCollected(digits="1"))]])
def test_only_an_input_makes_items_settled(extra: Callable[[], list[Event]]) -> None:
    """Each decision considers the items that may still change, and everything since the last input."""
    conversation = fold(*calls(1, 2))
    assert [type(item).__name__ for item in conversation.open_items] == ["CallerTurn", "Reply"]

    after = reduce(evolve, extra(), conversation)
    assert after.settled == 4


def test_a_turn_gets_its_words_after_its_end() -> None:
    """In mode `realtime` they are transcribed later; a turn without any needs no answer."""
    pending = event(TurnEnded(turn=1, transcript_pending=True))
    assert fold(pending).unanswered_turn == 1
    words = fold(pending, event(TranscriptUpdated(turn=1, text="Hello.", final=True)))
    assert (words.pending_user_text, words.unanswered_turn) == ("Hello.", 1)
    noise = fold(pending, event(TranscriptUpdated(turn=1, final=True)))
    assert noise.unanswered_turn is None
    again = evolve(words, event(TranscriptUpdated(turn=1, text="Other.", final=True)))
    assert again.pending_user_text == "Hello."
