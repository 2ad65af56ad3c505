"""How long the log of an ended call is followed."""

import asyncio
from functools import reduce
from types import SimpleNamespace
from typing import cast

import pytest

from parley.clock import CallClock
from parley.events.envelope import Body
from parley.events.facts import CallFacts, evolve
from parley.events.log import CallEventLog
from parley.v1.call_pb2 import CallEnded
from parley.v1.work_pb2 import StageClaimed, StageReleased
from services.recorder.last_events import LastEvents, followed_for_s
from tests.event_factories import START_US, event


def facts_of(*bodies: Body, stage: str = "stt") -> CallFacts:
    """The facts after events of one stage."""
    return reduce(evolve, (event(body, stage=stage, epoch=1) for body in bodies), CallFacts())


@pytest.mark.parametrize(
    ("facts", "seconds"),
    [
        (facts_of(StageClaimed()), 5.0),
        (facts_of(StageClaimed(), StageReleased(reason="finished")), 0.5),
        (facts_of(StageClaimed(), stage="brain"), 0.5),
        (CallFacts(), 0.5),
    ],
)
def test_the_log_is_followed_until_stt_has_finished(facts: CallFacts, seconds: float) -> None:
    """The caller's last words follow the end of the call; an stt that has died must not stop the recorder."""
    assert followed_for_s(facts) == seconds


async def test_the_time_begins_with_the_end_of_the_call() -> None:
    """There is no limit before; for an owner that claims the call after its end, a part of it has passed."""
    now_s = asyncio.get_running_loop().time()
    log = SimpleNamespace(facts=facts_of(StageClaimed()), clock=CallClock(START_US), now_ms=lambda: 4000)
    live = LastEvents(cast("CallEventLog", log))
    assert live.until_s() is None

    log.facts = evolve(log.facts, event(CallEnded(), stage="edge", at_ms=1000))
    until_s = live.until_s()
    assert until_s is not None
    assert until_s >= now_s + 5.0
    late_s = LastEvents(cast("CallEventLog", log)).until_s()
    assert late_s is not None
    assert now_s + 1.9 <= late_s <= asyncio.get_running_loop().time() + 2.1
