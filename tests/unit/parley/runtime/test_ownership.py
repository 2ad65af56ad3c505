"""Why a process came to own a call."""

import time
from functools import reduce

import pytest
from prometheus_client import CollectorRegistry

from parley.events.envelope import Body
from parley.events.facts import CallFacts, evolve
from parley.runtime.ownership import ClaimKind, Holdings, OwnershipMetrics, claim_kind
from parley.v1.call_pb2 import CallStarted
from parley.v1.event_pb2 import Event
from parley.v1.work_pb2 import StageClaimed, StageReleased
from tests.event_factories import event


def of_tts(body: Body, epoch: int) -> Event:
    return event(body, stage="tts", epoch=epoch)


CLAIMED, RELEASED = StageClaimed(worker="a"), StageReleased(reason="handed_over")


@pytest.mark.parametrize(
    ("history", "kind"),
    [
        ([], ClaimKind.FIRST),
        ([event(CallStarted(), stage="webhook", epoch=0)], ClaimKind.FIRST),
        ([event(CLAIMED, stage="stt", epoch=1)], ClaimKind.FIRST),
        ([of_tts(CLAIMED, 1)], ClaimKind.TAKEOVER),
        ([of_tts(CLAIMED, 1), event(RELEASED, stage="stt", epoch=1)], ClaimKind.TAKEOVER),
        ([of_tts(CLAIMED, 1), of_tts(RELEASED, 1)], ClaimKind.HANDOVER),
        ([of_tts(CLAIMED, 1), of_tts(RELEASED, 1), of_tts(CLAIMED, 2)], ClaimKind.TAKEOVER),
        # An owner that was frozen gives back what it no longer has.
        ([of_tts(CLAIMED, 1), of_tts(CLAIMED, 2), of_tts(RELEASED, 1)], ClaimKind.TAKEOVER),
        ([of_tts(CLAIMED, 1), of_tts(CLAIMED, 4), of_tts(RELEASED, 4)], ClaimKind.HANDOVER),
    ],
)
def test_the_log_distinguishes_a_handover_from_a_takeover(history: list[Event], kind: ClaimKind) -> None:
    """Only the last owner of this stage counts."""
    assert claim_kind(reduce(evolve, history, CallFacts()), "tts") is kind


def test_claims_and_holdings_are_exported() -> None:
    """The duration is observed for calls that had an owner; every counter exists from the start."""
    registry = CollectorRegistry()
    metrics = OwnershipMetrics(registry, "tts", 20)
    metrics.watch(lambda: Holdings(3, 7))
    assert registry.get_sample_value("parley_claims_total", {"stage": "tts", "kind": "takeover"}) == 0
    metrics.claimed(ClaimKind.FIRST, time.monotonic())
    metrics.claimed(ClaimKind.TAKEOVER, time.monotonic() - 0.3)
    metrics.lease_ended("superseded")
    metrics.abandoned()

    assert registry.get_sample_value("parley_claims_total", {"stage": "tts", "kind": "first"}) == 1
    assert registry.get_sample_value("parley_claims_total", {"stage": "tts", "kind": "takeover"}) == 1
    assert registry.get_sample_value("parley_takeover_seconds_count", {"stage": "tts"}) == 1
    assert 0.3 <= (registry.get_sample_value("parley_takeover_seconds_sum", {"stage": "tts"}) or 0) < 1
    ended = {"stage": "tts", "outcome": "superseded"}
    assert registry.get_sample_value("parley_leases_ended_total", ended) == 1
    assert registry.get_sample_value("parley_stages_abandoned_total", {"stage": "tts"}) == 1
    assert registry.get_sample_value("parley_calls", {"stage": "tts"}) == 3
    assert registry.get_sample_value("parley_calls_limit", {"stage": "tts"}) == 20
    assert registry.get_sample_value("parley_call_epoch_max", {"stage": "tts"}) == 7
