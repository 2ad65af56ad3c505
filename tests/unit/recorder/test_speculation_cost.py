"""The cost of a call's speculation."""

from parley.events.envelope import event_body
from parley.v1.reply_pb2 import ReplyCancelled, ReplyClause, ReplyReleased, ReplyStarted
from services.recorder.speculation_cost import SpeculationCost, SpeculationCosts
from tests.event_factories import event, reply_events


def test_only_speculations_that_were_discarded_count_as_waste() -> None:
    """Their characters are counted; a barge-in into a released reply is not waste."""
    log = [
        event(ReplyStarted(reply_id="r1", turn=1, speculative=True)),
        event(ReplyClause(reply_id="r1", text="Yes. ")),
        event(ReplyCancelled(reply_id="r1", reason="speculation")),
        event(ReplyStarted(reply_id="r2", turn=1, speculative=True)),
        event(ReplyClause(reply_id="r2", text="No.")),
        event(ReplyReleased(reply_id="r2")),
        event(ReplyCancelled(reply_id="r2", reason="barge_in")),
        *reply_events("r3", 2, "Well."),
    ]

    costs = SpeculationCosts()
    for body in (event_body(one) for one in log):
        assert body is not None
        costs.apply(body)

    assert costs.total == SpeculationCost(speculations=2, discarded=1, discarded_characters=5)
