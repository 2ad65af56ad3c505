"""Tests for the long call that the growth benchmark makes up."""

from collections import Counter
from functools import reduce

from bench.growth.synthetic_call import SyntheticCall
from services.brain.conversation import Conversation
from services.brain.conversation_fold import evolve


def test_it_has_the_events_of_a_real_call() -> None:
    """Transcripts are the largest part; every turn is answered, some with tools."""
    events = list(SyntheticCall().events(20))
    kinds = Counter(event.WhichOneof("body") for event in events)

    assert 2 < len(events) / (20 * 60) < 6
    assert kinds.most_common(1)[0][0] == "transcript_updated"
    assert {"turn_ended", "tool_returned", "barge_in", "turn_resumed", "reply_cancelled"} <= set(kinds)
    assert reduce(evolve, events, Conversation()).is_idle


def test_it_is_the_same_for_the_same_seed() -> None:
    """Two measurements therefore compare the same call."""
    assert list(SyntheticCall(7).events(2)) == list(SyntheticCall(7).events(2))
    assert list(SyntheticCall(7).events(2)) != list(SyntheticCall(8).events(2))
