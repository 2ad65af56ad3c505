"""Frames in the order of their time."""

import random

from hypothesis import given
from hypothesis import strategies as st

from services.edge.inbound.frame_order import FrameOrder
from services.edge.twilio.media_messages import Media


def frame(number: int) -> Media:
    return Media(70 + number * 20, bytes([number % 250]) * 160)


def passed(*numbers: int) -> list[int]:
    """What comes out, frame by frame, and at the end."""
    order = FrameOrder()
    out = [media for number in numbers for media in order.take(frame(number))]
    return [(media.timestamp_ms - 70) // 20 for media in [*out, *order.rest()]]


def test_on_a_good_line_nothing_waits() -> None:
    """Each frame is passed on as it comes."""
    order = FrameOrder()

    assert [len(order.take(frame(number))) for number in range(20)] == [1] * 20


def test_two_that_changed_places_are_put_right() -> None:
    """The one that came too early waits for the other."""
    assert passed(0, 2, 1, 3) == [0, 1, 2, 3]


def test_what_comes_twice_is_passed_on_once() -> None:
    """At once or later, waiting or passed on."""
    assert passed(0, 0, 1, 3, 3, 1, 2, 4) == [0, 1, 2, 3, 4]


def test_a_lost_frame_holds_up_three_others_at_the_most() -> None:
    """Then it is given up."""
    order = FrameOrder()
    order.take(frame(0))

    assert order.take(frame(2)) == order.take(frame(3)) == []
    assert order.take(frame(4)) == [frame(2), frame(3), frame(4)]
    assert order.take(frame(5)) == [frame(5)]


def test_one_that_is_far_too_late_is_passed_on_all_the_same() -> None:
    """It carries its time: a recording has room for it."""
    assert passed(0, 2, 3, 4, 5, 1) == [0, 2, 3, 4, 5, 1]


@given(st.integers(1, 60), st.floats(0, 0.4), st.floats(0, 0.4), st.floats(0, 0.4), st.integers(0, 999))
def test_each_frame_is_passed_on_once_and_in_order(
    count: int, lost: float, doubled: float, swapped: float, seed: int
) -> None:
    """However many are lost, doubled, or change places with a neighbour."""
    chance = random.Random(seed)
    sent = [number for number in range(count) if chance.random() >= lost]
    line = list(sent)
    at = 1
    while at + 1 < len(line):
        if chance.random() < swapped:
            line[at], line[at + 1] = line[at + 1], line[at]
            at += 1
        at += 1
    line = [number for number in line for _ in range(2 if chance.random() < doubled else 1)]

    got = passed(*line)
    assert sorted(got) == sent
    # Behind a hole nobody knows which of two frames is missing: one may be given up too soon.
    assert got == sent or lost
