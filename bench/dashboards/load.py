"""Agents and callers whose calls give every panel something to show. No I/O."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.chaos import dialogue
from bench.turns import scripts
from sandbox.caller.script import ExpectHangUp, HangUp, Listen, Pause, Say, Script, Step

FAILING_MODEL = "sandbox-bench-failing"
"""Model whose requests the emulator can fail without touching the other agents."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A call: which agent, what the caller does, and what the network does to it."""

    agent: str
    script: Script
    faults: Mapping[str, Any] = field(default_factory=dict)


def agents(service_url: str) -> dict[str, dict[str, Any]]:
    """Agent files by name."""
    benches = scripts.agents()
    return {
        # Tools, a fallback model, and fillers while the tool is slow.
        "clinic": {
            **dialogue.agent(service_url),
            "fillers": {"after_ms": 500, "phrases": ["One moment, please."]},
        },
        # Speculation and openers.
        "reception": benches["opener"],
        # Long answers, to be interrupted.
        "information": benches["long"],
        # Its only model can be made to fail.
        "archive": {**benches["plain"], "llm": {"model": FAILING_MODEL}},
    }


def callers(number: int, chance: random.Random) -> list[Caller]:
    """A mixture of callers: questions, interruptions, noises, lost streams and early hang-ups."""
    kinds = (_talker, _asker, _interrupter, _talker, _noisy, _asker, _dropped, _hesitant)
    return [kinds[index % len(kinds)](chance) for index in range(number)]


def archive_caller(chance: random.Random) -> Caller:
    """A caller of the agent whose model fails."""
    questions: list[Step] = [Listen(), Say(chance.choice(scripts.QUESTIONS))] * 3
    return Caller("archive", Script("rms", (*questions, ExpectHangUp(timeout_s=30))))


def lost_caller(chance: random.Random) -> Caller:
    """A caller whose stream is lost and cannot be resumed, and whose end Twilio reports late."""
    script = scripts.talker(3, chance)
    return Caller(
        "reception",
        script,
        {"drop_sockets_at_ms": [5000], "no_fall_through": True, "rest_500": 1.0, "webhook_delay_ms": 25000},
    )


def refused_caller(chance: random.Random) -> Caller:
    """A caller whose first media stream cannot be opened."""
    return Caller("reception", scripts.talker(2, chance), {"refused_streams": 1})


def _talker(chance: random.Random) -> Caller:
    return Caller("reception", scripts.talker(4, chance))


def _asker(chance: random.Random) -> Caller:
    return Caller("clinic", dialogue.script(4, chance))


def _interrupter(chance: random.Random) -> Caller:
    return Caller("information", scripts.interrupter(2, chance))


def _noisy(chance: random.Random) -> Caller:
    return Caller("information", scripts.noisy(2, chance))


def _dropped(chance: random.Random) -> Caller:
    return Caller(
        "reception", scripts.talker(4, chance), {"drop_sockets_at_ms": [7000], "no_fall_through": True}
    )


def _hesitant(chance: random.Random) -> Caller:
    question = chance.choice(scripts.QUESTIONS)
    return Caller(
        "reception", Script("rms", (Listen(), Say(question), Pause(9500), Say(question), Listen(), HangUp()))
    )
