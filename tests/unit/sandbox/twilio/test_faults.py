"""Faults of the network, by frames."""

import random

import pytest
from pydantic import ValidationError

from sandbox.twilio.faults import Faults, FrameFaults, refuses

FRAMES = [(at, at.to_bytes(4, "big")) for at in range(0, 4000, 20)]


def passed(faults: Faults) -> list[tuple[int, bytes]]:
    """What comes out for two hundred frames."""
    network = FrameFaults(faults)
    return [out for at, frame in FRAMES for out in network.pass_on(at, frame)]


def test_a_good_network_changes_nothing() -> None:
    """And costs nothing."""
    assert not FrameFaults(Faults()).active
    assert passed(Faults()) == FRAMES


def test_frames_get_lost_doubled_and_swapped() -> None:
    """By their share, and each time the same."""
    lost = passed(Faults(lost=0.2))
    doubled = passed(Faults(doubled=0.2))
    swapped = passed(Faults(reordered=0.2))

    assert 120 < len(lost) < 190
    assert 210 < len(doubled) < 280
    assert swapped != FRAMES
    assert sorted(swapped)[:190] == FRAMES[:190]
    assert lost == passed(Faults(lost=0.2))


def test_frozen_frames_all_come_at_the_thaw() -> None:
    """A freeze holds frames back until its end."""
    network = FrameFaults(Faults(freeze_every_ms=1000, freeze_ms=200))

    assert network.delay_ms(700) == 0
    assert network.delay_ms(800) == 200
    assert network.delay_ms(980) == 20
    assert network.delay_ms(1000) == 0


def test_rest_faults_by_their_share() -> None:
    """429 before 500, else none."""
    chance = random.Random(1)

    assert refuses(chance, Faults()) is None
    assert refuses(chance, Faults(rest_429=1)) == 429
    assert refuses(chance, Faults(rest_500=1)) == 500


def test_unknown_fault_is_refused() -> None:
    """A misspelt fault must not be a silent one."""
    with pytest.raises(ValidationError):
        Faults.model_validate({"jiter_ms": 1})
