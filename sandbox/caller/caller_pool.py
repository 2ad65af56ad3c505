"""Callers for load tests, each with a unique name and number. No I/O, no clock."""

import random
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sandbox.caller.script import ExpectHangUp, Listen, Say, Script, Step

_NAME_PREFIX = "my name is "
_NUMBER_PREFIX = "my number is "
_END_SILENCE_MS = 1200.0
"""On a busy machine there can be gaps between the parts of a response."""


@dataclass(frozen=True, slots=True)
class PoolCaller:
    """One caller of the pool."""

    script: Script
    name: str
    """Two words that no other caller uses."""
    number: str
    """Four digits in an order that no other caller uses."""


def caller_pool(count: int, seed: int = 0) -> tuple[PoolCaller, ...]:
    """`count` callers with five turns each; the same ones for the same seed.

    Raises:
        ValueError: `count` is less than 1 or more than the names in the voice bank.
    """
    names, numbers = _recorded_suffixes(_NAME_PREFIX), _recorded_suffixes(_NUMBER_PREFIX)
    available = min(len(names), len(numbers))
    if not 1 <= count <= available:
        raise ValueError(f"count must be 1 to {available}, the callers in the voice bank, not {count}")
    rng = random.Random(seed)
    return tuple(
        PoolCaller(_script(name, number), name, number)
        for name, number in zip(rng.sample(names, count), rng.sample(numbers, count), strict=True)
    )


def unique_words(script: Script) -> tuple[str, ...]:
    """The name and the number, which only this caller of the pool uses."""
    return tuple(
        text.removeprefix(start)
        for start in (_NAME_PREFIX, _NUMBER_PREFIX)
        for text in script.texts
        if text.startswith(start)
    )


@cache
def _recorded_suffixes(prefix: str) -> tuple[str, ...]:
    """The continuations of a prefix for which the voice bank has recordings."""
    texts = (files("sandbox.caller.voice") / "texts.txt").read_text("utf-8").splitlines()
    return tuple(text.removeprefix(prefix) for text in texts if text.startswith(prefix))


def _script(name: str, number: str) -> Script:
    texts = (
        "hello i would like to book an appointment with the doctor",
        "tuesday afternoon would be good",
        f"{_NAME_PREFIX}{name}",
        f"{_NUMBER_PREFIX}{number}",
        "no thank you that is all goodbye",
    )
    steps: list[Step] = []
    for text in texts:
        steps += [Listen(silence_ms=_END_SILENCE_MS), Say(text)]
    return Script("rms", (*steps, ExpectHangUp(timeout_s=20.0)))
