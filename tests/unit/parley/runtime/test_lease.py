"""Tests of leases, which decide who owns a call after a takeover or a failure."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from types import SimpleNamespace
from typing import cast

import pytest

from parley import failover_timing
from parley import failover_timing as timing
from parley.bus import Bus, Claim, Liveness
from parley.errors import Superseded
from parley.events.log import CallEventLog
from parley.runtime.drain import HandoverRequested
from parley.runtime.lease import LeaseOutcome, OwnerIsAlive, hold_lease, recorded_release, take_over
from parley.v1.work_pb2 import StageReleased


class FakeBus:
    """A bus on which the previous owner responds as given; records the timeouts of the requests."""

    def __init__(self, *answers: Liveness, disrupted: bool = False, replicated: bool = False) -> None:
        self.recently_disrupted = disrupted
        self.replicated = replicated
        self.requests = self
        self.timeouts_s: list[float] = []
        self._answers = list(answers)

    async def liveness(self, subject: str, *, timeout_s: float) -> Liveness:
        """The next answer."""
        assert subject == "ctl.alive.tts.CA1"
        self.timeouts_s.append(timeout_s)
        return self._answers.pop(0)


class FakeClaim:
    """Records how a claim was answered."""

    call_sid, stage = "CA1", "tts"

    def __init__(self, epoch: int = 2) -> None:
        self.epoch = epoch
        self.answers: list[str] = []

    async def ack(self) -> None:
        """Record the ack."""
        self.answers.append("ack")

    async def nak(self, delay_s: float = 0.0) -> None:
        """Record the nak and its delay."""
        self.answers.append(f"nak {delay_s:g}")

    async def term(self) -> None:
        """Record the term."""
        self.answers.append("term")


@asynccontextmanager
async def read_log(took_s: float = 0.0) -> AsyncIterator[str]:
    await asyncio.sleep(took_s)
    yield "log"


async def entered(bus: FakeBus, epoch: int = 2, took_s: float = 0.0) -> str:
    """Take a call over; returns its log."""
    async with take_over(cast("Bus", bus), cast("Claim", FakeClaim(epoch)), read_log(took_s)) as log:
        return log


async def test_the_first_owner_requests_no_liveness() -> None:
    """A call in its first epoch has no previous owner."""
    bus = FakeBus()
    assert await entered(bus, epoch=1) == "log"
    assert bus.timeouts_s == []


@pytest.mark.parametrize("answer", [Liveness.GONE, Liveness.UNRESPONSIVE])
async def test_an_owner_that_does_not_respond_is_replaced(answer: Liveness) -> None:
    """One request is enough if the log is read quickly."""
    bus = FakeBus(answer)
    assert await entered(bus) == "log"
    assert bus.timeouts_s == [timing.LIVENESS_TIMEOUT_S]


async def test_an_owner_that_responds_keeps_the_call() -> None:
    """The process that wanted the call does not read its log."""
    with pytest.raises(OwnerIsAlive):
        await entered(FakeBus(Liveness.ALIVE))


async def test_an_owner_has_a_second_chance_after_a_slow_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow read means that the stream had no leader."""
    monkeypatch.setattr(failover_timing, "FAST_LOG_READ_S", 0.01)
    with pytest.raises(OwnerIsAlive):
        await entered(FakeBus(Liveness.GONE, Liveness.ALIVE), took_s=0.05)
    bus = FakeBus(Liveness.GONE, Liveness.GONE)
    assert await entered(bus, took_s=0.05) == "log"
    assert len(bus.timeouts_s) == 2


async def test_owners_have_longer_to_respond_in_a_cluster_and_after_a_disruption() -> None:
    """In both cases their heartbeats may have been lost."""
    gone = Liveness.GONE
    buses = (FakeBus(gone, replicated=True), FakeBus(gone, disrupted=True, replicated=True))
    for bus in buses:
        await entered(bus)

    assert [bus.timeouts_s for bus in buses] == [
        [timing.LIVENESS_TIMEOUT_CLUSTER_S],
        [timing.LIVENESS_TIMEOUT_DISRUPTED_S],
    ]


@pytest.mark.parametrize(
    ("error", "epoch", "outcome", "answers"),
    [
        (None, 1, LeaseOutcome.DONE, ["ack"]),
        (HandoverRequested(), 1, LeaseOutcome.HANDED_OVER, ["nak 0"]),
        (Superseded("later"), 1, LeaseOutcome.SUPERSEDED, []),
        (OwnerIsAlive("earlier"), 2, LeaseOutcome.SUPERSEDED, []),
        (ExceptionGroup("", [Superseded("later")]), 1, LeaseOutcome.SUPERSEDED, []),
        (ExceptionGroup("", [Superseded("later"), ValueError()]), 1, LeaseOutcome.FAILED, ["nak 0.1"]),
        (ValueError(), 3, LeaseOutcome.FAILED, ["nak 0.3"]),
        (ValueError(), 20, LeaseOutcome.FAILED, ["nak 1"]),
        (ValueError(), 25, LeaseOutcome.FAILED, ["abandoned", "term"]),
    ],
)
async def test_the_outcome_decides_the_fate_of_the_work_message(
    error: Exception | None, epoch: int, outcome: LeaseOutcome, answers: list[str]
) -> None:
    """A superseded owner leaves the message alone; a stage that failed 25 times is abandoned."""
    claim = FakeClaim(epoch)

    async def work(_claim: Claim) -> None:
        if error is not None:
            raise error

    async def abandon(_claim: Claim) -> None:
        claim.answers.append("abandoned")
        raise ValueError("the log cannot be written")

    assert await hold_lease(cast("Claim", claim), work, abandon) is outcome
    assert claim.answers == answers


async def test_heartbeats_are_sent_while_the_work_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heartbeats end with the work."""
    monkeypatch.setattr(failover_timing, "HEARTBEAT_S", 0.01)
    count = 0

    async def extend() -> None:
        nonlocal count
        count += 1

    async def ack() -> None:
        return None

    claim = SimpleNamespace(call_sid="CA1", stage="tts", epoch=1, extend=extend, ack=ack)
    await hold_lease(cast("Claim", claim), lambda _claim: asyncio.sleep(0.1), lambda _claim: asyncio.sleep(0))
    sent = count
    await asyncio.sleep(0.03)

    assert sent >= 3
    assert count == sent


@pytest.mark.parametrize(
    ("error", "released"),
    [
        (None, []),
        (HandoverRequested(), ["handed_over"]),
        (ValueError(), ["failed"]),
        (Superseded("later"), []),
        (ExceptionGroup("", [ExceptionGroup("", [Superseded("later")])]), []),
        (ExceptionGroup("", [Superseded("later"), ValueError()]), ["failed"]),
    ],
)
async def test_the_log_shows_that_a_stage_was_given_back(
    error: Exception | None, released: list[str]
) -> None:
    """It distinguishes a handover from a takeover; a superseded owner gives nothing back."""
    appended: list[StageReleased] = []

    async def append(body: StageReleased) -> None:
        appended.append(body)

    async def serve() -> None:
        async with recorded_release(cast("CallEventLog", SimpleNamespace(append=append))):
            if error is not None:
                raise error

    with nullcontext() if error is None else pytest.raises(type(error)):
        await serve()
    assert [body.reason for body in appended] == released
