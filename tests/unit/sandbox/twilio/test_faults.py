"""Tests of fault injection."""

import random

import pytest
from pydantic import ValidationError

from sandbox.twilio.faults import Faults, FrameFaults, MarkFaults, rest_error_status

FRAMES = [(at, at.to_bytes(4, "big")) for at in range(0, 4000, 20)]


def passed(faults: Faults) -> list[tuple[int, bytes]]:
    """The frames that remain of two hundred."""
    network = FrameFaults(faults)
    return [out for at, frame in FRAMES for out in network.apply(at, frame)]


def test_without_faults_nothing_changes() -> None:
    """By default no fault is injected."""
    assert not FrameFaults(Faults()).active
    assert passed(Faults()) == FRAMES


def test_frames_are_lost_doubled_and_reordered() -> None:
    """Each fault affects its share of the frames, reproducibly."""
    lost = passed(Faults(lost=0.2))
    doubled = passed(Faults(doubled=0.2))
    swapped = passed(Faults(reordered=0.2))

    assert 120 < len(lost) < 190
    assert 210 < len(doubled) < 280
    assert swapped != FRAMES
    assert sorted(swapped)[:190] == FRAMES[:190]
    assert lost == passed(Faults(lost=0.2))


def test_frozen_frames_are_delayed_to_the_end_of_the_freeze() -> None:
    """All of them are then sent at once."""
    network = FrameFaults(Faults(freeze_every_ms=1000, freeze_ms=200))

    assert network.delay_ms(700) == 0
    assert network.delay_ms(800) == 200
    assert network.delay_ms(980) == 20
    assert network.delay_ms(1000) == 0


def test_a_line_may_suppress_silence() -> None:
    """No frame is sent from 200 ms after the end of speech to its next beginning."""
    network = FrameFaults(Faults(silence_suppression=True))
    frames = [b"\x10" * 160, *[b"\xff" * 160] * 20, b"\x10" * 160]

    sent = [number for number, frame in enumerate(frames) if list(network.apply(number * 20, frame))]

    assert sent == [*range(11), 21]


def test_marks_get_lost_and_return_late() -> None:
    """The others keep their order."""
    names = [f"m{number}" for number in range(100)]
    none, some, late = (
        MarkFaults(Faults(**f)) for f in ({"lost_marks": 1}, {"lost_marks": 0.3}, {"late_marks_ms": 500})
    )
    for faults in (none, some, late):
        faults.reached(names, 1000)

    assert not list(none.returned(9000))
    returned = list(some.returned(1000))
    assert 50 < len(returned) < 90
    assert returned == sorted(returned, key=names.index)
    assert not list(late.returned(1400))
    assert list(late.returned(1500)) == names


def test_rest_errors_follow_their_shares() -> None:
    """Status 429 takes precedence over 500; other requests have no error."""
    chance = random.Random(1)

    assert rest_error_status(chance, Faults()) is None
    assert rest_error_status(chance, Faults(rest_429=1)) == 429
    assert rest_error_status(chance, Faults(rest_500=1)) == 500


def test_unknown_fault_is_rejected() -> None:
    """A misspelt fault raises an error."""
    with pytest.raises(ValidationError):
        Faults.model_validate({"jiter_ms": 1})
