"""Tests of the figures of a rolling restart."""

from bench.chaos.fault_injection import Fault
from bench.rolling.result import Restart, Round, add_pauses
from parley.v1.work_pb2 import StageClaimed
from tests.event_factories import START_US, event
from tests.unit.bench.chaos.test_evaluation import call

FAULT = Fault("brain-2", pid=7, at_us=START_US + 2_100_000)
CLAIMED_BY_ANOTHER = event(StageClaimed(worker="brain/host/8"), at_ms=9_500, stage="brain", sequence=5)


def restarted(fault: Fault = FAULT, *, killed: bool = False, exit_code: int = 0) -> Restart:
    return Restart(fault, drained_s=8.0, killed=killed, exit_code=exit_code)


def test_a_pause_at_the_handover_counts_even_long_after_sigterm() -> None:
    slow = call(CLAIMED_BY_ANOTHER, gaps_ms=(700.0, 2700.0))
    round_ = Round("brain", [restarted()])
    add_pauses([slow, call(), call()], round_)
    assert round_.moved == 1
    assert round_.losses.pause_ms == [2000.0]


def test_a_call_of_another_process_is_not_affected() -> None:
    round_ = Round("brain", [restarted(Fault("brain", pid=9, at_us=FAULT.at_us))])
    add_pauses([call(CLAIMED_BY_ANOTHER)], round_)
    assert (round_.moved, round_.losses.pause_ms) == (0, [])


def test_a_call_that_ends_before_its_handover_has_no_pause() -> None:
    round_ = Round("brain", [restarted()])
    add_pauses([call()], round_)
    assert (round_.moved, round_.losses.pause_ms) == (0, [])


def test_without_restarts_each_call_counts_with_its_maximum_silence() -> None:
    round_ = Round("none")
    add_pauses([call(), call(), call(gaps_ms=(700.0, 1000.0))], round_)
    assert round_.losses.pause_ms == [0.0, 0.0, 300.0]


def test_a_process_that_was_killed_or_failed_is_a_failure() -> None:
    assert not Round("stt", [restarted()]).failed
    assert Round("stt", [restarted(killed=True, exit_code=-9)]).failed
    assert Round("stt", [restarted(exit_code=1)]).failed


def test_the_figures_name_what_was_lost() -> None:
    round_ = Round("stt", [restarted()])
    round_.losses.calls, round_.losses.calls_dropped = 20, 1
    assert round_.figures["calls_lost"] == 1
    assert round_.figures["drained_s"] == [8.0]
