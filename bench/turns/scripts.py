"""Callers and agents of the benchmark. No I/O, no clock."""

import random
from typing import Any

from sandbox.caller.script import ExpectHangUp, HangUp, Listen, Noise, NoiseKind, Pause, Say, Script, Step

QUESTIONS = (
    "what are your opening hours",
    "how much does it cost",
    "i need a refill of my prescription",
    "do you have anything on wednesday morning",
    "i would like to cancel my appointment",
    "tuesday afternoon would be good",
    "friday at ten would be better",
    "can you repeat that please",
)
INTERRUPTIONS = ("no wait", "stop", "how much does it cost")
NOISES = (NoiseKind.COUGH, NoiseKind.DOOR, NoiseKind.UH_HUH)
_GREETING = "Hello, how can I help you?"
_TURN_SPACING_MS = 300.0
_MIN_DELAY_MS, _MAX_DELAY_MS = 700, 9000


def agents() -> dict[str, dict[str, Any]]:
    """Agent files by name: no speculation, speculation, openers too, long answers."""
    off = {"enabled": False}
    plain = _agent("bench", speculation=off)
    return {
        "plain": plain,
        "speculation": _agent("bench"),
        "opener": {**_agent("bench"), "openers": {"enabled": True, "max_fraction": 1}},
        "long": _agent("long", speculation=off),
    }


def _agent(scenario: str, **llm: Any) -> dict[str, Any]:
    return {
        "greeting": _GREETING,
        "prompt": "You answer the phone of a clinic.",
        "llm": {"model": f"sandbox-{scenario}", **llm},
        # No idle prompt in the middle of a measurement.
        "idle": {"timeout_s": 60},
    }


def talker(turns: int, chance: random.Random) -> Script:
    """A caller who asks one question after another, each after the previous answer."""
    steps: list[Step] = []
    for _ in range(turns):
        steps += [Listen(silence_ms=_TURN_SPACING_MS), Say(chance.choice(QUESTIONS))]
    return Script("rms", (*steps, Listen(), Say("thank you goodbye"), ExpectHangUp(timeout_s=20)))


def interrupter(times: int, chance: random.Random) -> Script:
    """A caller who repeatedly interrupts a long answer."""
    steps: list[Step] = [Listen(silence_ms=_TURN_SPACING_MS), Say("what are your opening hours")]
    for _ in range(times):
        after_ms = float(chance.randint(_MIN_DELAY_MS, _MAX_DELAY_MS))
        steps += [Pause(300), Say(chance.choice(INTERRUPTIONS), after_agent_starts_ms=after_ms)]
    return Script("rms", (*steps, Pause(1500), HangUp()))


def noisy(times: int, chance: random.Random) -> Script:
    """A caller who makes noises during one long answer and listens to its end."""
    steps: list[Step] = [Listen(silence_ms=_TURN_SPACING_MS), Say("what are your opening hours")]
    for number in range(times):
        first_ms = float(chance.randint(700, 2500)) if number == 0 else None
        kind = chance.choice(NOISES)
        length_ms = float(chance.choice((200, 300, 450)))
        steps.append(Noise(kind, ms=length_ms, after_agent_starts_ms=first_ms))
        steps.append(Pause(float(chance.randint(2200, 3200))))
    return Script("rms", (*steps, Listen(silence_ms=1500, timeout_s=60), HangUp()))
