"""Unique callers for load tests."""

import itertools

import pytest

from sandbox.caller.caller_pool import caller_pool, unique_words
from sandbox.caller.script import ExpectHangUp, Say
from sandbox.caller.voice_bank import load_bank

MAX_CALLERS = 50


def test_a_caller_has_five_turns_and_waits_for_the_end() -> None:
    """Each text is in the voice bank, and the last one is a goodbye."""
    bank = load_bank()
    for caller in caller_pool(MAX_CALLERS):
        texts = caller.script.texts

        assert len(texts) == 5
        assert texts[-1].endswith("goodbye")
        assert all(text in bank.recordings for text in texts)
        assert isinstance(caller.script.steps[-1], ExpectHangUp)
        assert sum(isinstance(step, Say) for step in caller.script.steps) == 5


def test_words_are_unique_to_a_caller() -> None:
    """No two callers share a first name, a last name or a number."""
    callers = caller_pool(MAX_CALLERS)
    names = list(itertools.chain.from_iterable(caller.name.split() for caller in callers))

    assert len(set(names)) == 2 * MAX_CALLERS
    assert len({caller.number for caller in callers}) == MAX_CALLERS
    for caller in callers:
        others = " ".join(text for other in callers if other is not caller for text in other.script.texts)
        assert unique_words(caller.script) == (caller.name, caller.number)
        assert all(words not in others for words in unique_words(caller.script))


def test_a_pool_is_determined_by_its_seed() -> None:
    """Another seed gives another pool."""
    assert caller_pool(20, seed=3) == caller_pool(20, seed=3)
    assert caller_pool(20, seed=3) != caller_pool(20, seed=4)


@pytest.mark.parametrize("count", [0, -1, MAX_CALLERS + 1])
def test_an_invalid_count_is_rejected(count: int) -> None:
    """The error names the maximum."""
    with pytest.raises(ValueError, match=f"1 to {MAX_CALLERS}"):
        caller_pool(count)
