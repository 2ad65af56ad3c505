"""Many callers at once, each with words that no other says. No I/O, no clock."""

import random
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sandbox.caller.script import ExpectHangUp, Listen, Say, Script, Step

_NAME_PREFIX = "my name is "
_NUMBER_PREFIX = "my number is "
_END_SILENCE_MS = 1200.0
"""On a busy machine the parts of an answer may come with a gap between them."""


@dataclass(frozen=True, slots=True)
class PoolCaller:
    """One of many."""

    script: Script
    name: str
    """Two words that only this caller says."""
    number: str
    """Four digits in an order that is only this caller's."""


def caller_pool(count: int, seed: int = 0) -> tuple[PoolCaller, ...]:
    """So many callers, each with five turns; the same ones for the same seed.

    Raises:
        ValueError: more than the voice bank has names for.
    """
    names, numbers = _recorded_suffixes(_NAME_PREFIX), _recorded_suffixes(_NUMBER_PREFIX)
    available = min(len(names), len(numbers))
    if not 1 <= count <= available:
        raise ValueError(f"the voice bank has {available} callers, {count} are wanted")
    rng = random.Random(seed)
    return tuple(
        PoolCaller(_script(name, number), name, number)
        for name, number in zip(rng.sample(names, count), rng.sample(numbers, count), strict=True)
    )


def unique_words(script: Script) -> tuple[str, ...]:
    """What only this one of a crowd says: the name, then the number."""
    return tuple(
        text.removeprefix(start)
        for start in (_NAME_PREFIX, _NUMBER_PREFIX)
        for text in script.texts
        if text.startswith(start)
    )


@cache
def _recorded_suffixes(prefix: str) -> tuple[str, ...]:
    """What the voice bank says after these words."""
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
