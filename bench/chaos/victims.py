"""Who is struck, and how. No I/O, no clock."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Way = Literal["kill", "stop", "term"]

STOPPED_S = 5.0
"""How long a process that is stopped (SIGSTOP) stays so."""


@dataclass(frozen=True, slots=True)
class Victim:
    """A kind of process, and what is done to one of them."""

    kind: str
    way: Way

    @property
    def name(self) -> str:
        """As the table and the file call it."""
        return f"{self.kind} {self.way}"

    @property
    def recovers_s(self) -> float:
        """How long to leave the others alone, so that there is one left to take over."""
        return STOPPED_S + 1 if self.way == "stop" else 2.5


_SERVICES = ("stt", "brain", "tts", "recorder", "edge")
_WAYS: tuple[Way, ...] = ("kill", "stop", "term")

VICTIMS = (
    # The same without a blow: what is counted here is no victim's.
    Victim("nobody", "kill"),
    *(Victim(kind, way) for kind in _SERVICES for way in _WAYS),
    *(Victim("nats", way) for way in _WAYS),
    Victim("postgres", "kill"),
    Victim("postgres", "stop"),
)


def of_kind(kind: str, names: Sequence[str]) -> list[str]:
    """The processes of a kind, as in `stt` and `stt-2`."""
    return [name for name in names if name == kind or name.removeprefix(f"{kind}-").isdecimal()]


def choose(victim: Victim, pids: Mapping[str, int], chance: random.Random) -> tuple[str, int] | None:
    """One that runs; None when there is none."""
    running = [(name, pids[name]) for name in of_kind(victim.kind, list(pids)) if pids[name]]
    return chance.choice(running) if running else None
