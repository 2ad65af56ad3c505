"""Refusals are remembered per server and model, for some hours."""

from services.brain.providers.streams.observed_refusals import ObservedRefusals, Target

TARGET = Target("http://h", "m")
HOUR_S = 3600.0


def test_refusals_add_up_and_expire() -> None:
    refusals = ObservedRefusals()
    refusals.add(TARGET, "temperature", 0.0)
    refusals.add(TARGET, "thinking=low", 1.0)

    assert refusals.get(TARGET, HOUR_S) == {"temperature", "thinking=low"}
    assert refusals.get(Target("http://h", "other"), HOUR_S) == frozenset()
    assert refusals.get(TARGET, 7 * HOUR_S) == frozenset()


def test_a_note_is_new_once_in_some_hours() -> None:
    refusals = ObservedRefusals()

    assert refusals.is_new(TARGET, "a", 0.0)
    assert not refusals.is_new(TARGET, "a", HOUR_S)
    assert refusals.is_new(TARGET, "b", HOUR_S)
    assert refusals.is_new(TARGET, "a", 7 * HOUR_S)


def test_the_memory_is_bounded() -> None:
    refusals = ObservedRefusals()
    for number in range(1000):
        refusals.add(Target("http://h", str(number)), "x", 0.0)
        refusals.is_new(TARGET, str(number), 0.0)

    assert refusals.get(Target("http://h", "0"), 1.0) == frozenset()
    assert refusals.get(Target("http://h", "999"), 1.0) == {"x"}
