"""The fuzzed readers with the seed corpus and random inputs, without the fuzzer."""

import random

import pytest

from tests.fuzz.all_targets import TARGETS, corpus

_RANDOM_INPUTS = 1500


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_and_random_inputs_are_read(name: str) -> None:
    """The promises of each reader hold; `make fuzz` tries far more inputs."""
    numbers = random.Random(1)
    inputs = [*corpus(name), *(numbers.randbytes(numbers.randrange(80)) for _ in range(_RANDOM_INPUTS))]
    for data in inputs:
        TARGETS[name](data)
