"""Tests for the memory of corrections."""

from services.brain.providers.openai.corrected_profiles import CorrectedProfiles, Target
from services.brain.providers.openai.profiles import Profile

TARGET = Target("http://h/v1", "m", "")
HOURS_S = 3600.0


def test_a_correction_is_valid_for_its_target_and_for_hours() -> None:
    memory, corrected = CorrectedProfiles(), Profile(roles="alternate")
    memory.put(TARGET, corrected, 0.0)

    assert memory.get(TARGET, Profile(), HOURS_S) == corrected
    assert memory.get(TARGET._replace(model="n"), Profile(), HOURS_S) == Profile()
    assert memory.get(TARGET, Profile(), 7 * HOURS_S) == Profile()


def test_a_note_is_new_once_in_some_hours() -> None:
    memory = CorrectedProfiles()

    assert memory.is_new(TARGET, "a", 0.0)
    assert not memory.is_new(TARGET, "a", HOURS_S)
    assert memory.is_new(TARGET, "b", HOURS_S)
    assert memory.is_new(TARGET, "a", 7 * HOURS_S)


def test_the_memory_is_bounded() -> None:
    memory = CorrectedProfiles()
    for number in range(3000):
        memory.put(TARGET._replace(model=str(number)), Profile(roles="merged"), 0.0)
        memory.is_new(TARGET, str(number), 0.0)

    assert len(memory._entries) <= 256
    assert len(memory._noted) <= 1000
    assert memory.get(TARGET._replace(model="2999"), Profile(), 0.0) != Profile()
