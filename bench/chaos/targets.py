"""Who is struck, and how. No I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass

_PROVIDER_FAULTS: Mapping[str, Mapping[str, Mapping[str, object]]] = {
    "deepgram": {
        "refuse": {"stt_refuse": 503, "stt_fault": "close", "stt_fault_after_s": 0},
        "close": {"stt_fault": "close", "stt_fault_after_s": 0},
        "hang": {"stt_fault": "hang", "stt_fault_after_s": 0},
        "garbage": {"stt_fault": "garbage", "stt_fault_after_s": 0},
    },
    "openai": {
        "refuse": {"llm_refuse": 503},
        **{way: {"llm_fault": way} for way in ("hang", "hang_mid", "close_mid", "garbage")},
    },
    "elevenlabs": {way: {"tts_fault": way} for way in ("hang", "hang_mid", "close_mid", "garbage")},
}
_RECOVERY: Mapping[str, Mapping[str, object]] = {
    "deepgram": {"stt_refuse": 0, "stt_fault": ""},
    "openai": {"llm_refuse": 0, "llm_fault": ""},
    "elevenlabs": {"tts_fault": ""},
}

FREEZE_DURATION_S = 5.0
"""How long a process that is stopped (SIGSTOP) stays so."""
FAULT_DURATION_S = 3.0
"""How long a provider's fault lasts."""


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of process, and what is done to one of them."""

    kind: str
    method: str
    """"kill", "stop", "term", "roll"; of a provider what is wrong with it."""

    @property
    def name(self) -> str:
        """As the table and the file call it."""
        return f"{self.kind} {self.method}"

    @property
    def fault(self) -> Mapping[str, object]:
        """Of a provider: the stand-in's settings while it lasts; empty for a process."""
        return _PROVIDER_FAULTS.get(self.kind, {}).get(self.method, {})

    @property
    def recovery(self) -> Mapping[str, object]:
        """And after it."""
        return _RECOVERY.get(self.kind, {})

    @property
    def recovers_s(self) -> float:
        """How long to leave the others alone, so that there is one left to take over."""
        if self.name == "edge term":
            # Two edges that both drain take no call.
            return 10.0
        if self.method == "roll":
            return 0.0
        if self.kind == "nats":
            # A node that is back must catch up first: two of three away at once is no bus.
            return 12.0
        return FREEZE_DURATION_S + 1 if self.method == "stop" else 2.5


_SERVICES = ("stt", "brain", "tts", "recorder", "edge")
_METHODS = ("kill", "stop", "term")

TARGETS = (
    # The same without a blow: what is counted here is no victim's.
    Target("nobody", "kill"),
    *(Target(kind, way) for kind in _SERVICES for way in _METHODS),
    *(Target("nats", way) for way in _METHODS),
    # A new version: each process of each service is ended and begun anew, one after another.
    Target("services", "roll"),
    Target("postgres", "kill"),
    Target("postgres", "stop"),
    *(Target(kind, way) for kind, faults in _PROVIDER_FAULTS.items() for way in faults),
)


def kind_of(name: str) -> str:
    """What a process is, as in `stt` and `stt-2`."""
    kind, dash, number = name.rpartition("-")
    return kind if dash and number.isdecimal() else name


def running(victim: Target, pids: Mapping[str, int]) -> list[str]:
    """Names of those that may be hit now."""
    kinds = _SERVICES if victim.kind == "services" else (victim.kind,)
    return [name for kind in kinds for name, pid in pids.items() if pid and kind_of(name) == kind]
