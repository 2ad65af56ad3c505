"""The processes and providers that faults are injected into. No I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass

from parley.agent_config.realtime import Mode

_PROVIDER_FAULTS: Mapping[str, Mapping[str, Mapping[str, object]]] = {
    "deepgram": {
        "refuse": {"stt_refuse": 503, "stt_fault": "close", "stt_fault_after_s": 0},
        "close": {"stt_fault": "close", "stt_fault_after_s": 0},
        "hang": {"stt_fault": "hang", "stt_fault_after_s": 0},
        "garbage": {"stt_fault": "garbage", "stt_fault_after_s": 0},
    },
    "openai": {
        "refuse": {"llm_refuse": 503},
        **{fault: {"llm_fault": fault} for fault in ("hang", "hang_mid", "close_mid", "garbage")},
    },
    "elevenlabs": {fault: {"tts_fault": fault} for fault in ("hang", "hang_mid", "close_mid", "garbage")},
    "realtime": {
        "refuse": {"realtime_refuse": 503, "realtime_fault": "cut_audio"},
        "reject": {"realtime_refuse": 401, "realtime_fault": "close_audio"},
        "limit": {"realtime_refuse": 429, "realtime_fault": "failed_rate_limit"},
        "hang": {"realtime_fault": "slow_audio"},
        "hang_mid": {"realtime_fault": "stall_audio"},
        "close_mid": {"realtime_fault": "cut_audio"},
        "garbage": {"realtime_fault": "garbage_audio"},
    },
}
_RECOVERY: Mapping[str, Mapping[str, object]] = {
    "deepgram": {"stt_refuse": 0, "stt_fault": ""},
    "openai": {"llm_refuse": 0, "llm_fault": ""},
    "elevenlabs": {"tts_fault": ""},
    "realtime": {"realtime_refuse": 0, "realtime_fault": ""},
}

FREEZE_DURATION_S = 5.0
"""How long a frozen process (SIGSTOP) stays frozen."""
FAULT_DURATION_S = 3.0
"""How long a provider's fault lasts."""


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of process or provider, and a fault."""

    kind: str
    method: str
    """"kill", "stop", "term" or "roll"; for a provider, its fault."""

    @property
    def name(self) -> str:
        """Name in the table and the file."""
        return f"{self.kind} {self.method}"

    @property
    def fault(self) -> Mapping[str, object]:
        """Settings of the provider's emulator during the fault; empty for a process."""
        return _PROVIDER_FAULTS.get(self.kind, {}).get(self.method, {})

    @property
    def recovery(self) -> Mapping[str, object]:
        """Settings of the emulator after the fault."""
        return _RECOVERY.get(self.kind, {})

    @property
    def emulator(self) -> str:
        """The emulator of a provider."""
        return "openai" if self.kind == "realtime" else self.kind

    @property
    def recovers_s(self) -> float:
        """Pause after the fault, so that another process is left to take over."""
        if self.name == "edge term":
            # Two draining edges would accept no call.
            return 10.0
        if self.method == "roll":
            return 0.0
        if self.kind == "nats":
            # A restarted server must catch up first: a cluster needs two of three.
            return 12.0
        return FREEZE_DURATION_S + 1 if self.method == "stop" else 2.5


_SERVICES = ("stt", "brain", "tts", "recorder", "edge")
_METHODS = ("kill", "stop", "term")

_ONLY_IN: Mapping[Mode, tuple[str, ...]] = {
    "cascade": ("stt", "tts", "deepgram", "openai", "elevenlabs"),
    "realtime": ("realtime",),
}
"""The kinds that have a part in the calls of agents with one mode only."""

TARGETS = (
    # A control round without a fault.
    Target("none", "kill"),
    *(Target(kind, method) for kind in _SERVICES for method in _METHODS),
    *(Target("nats", method) for method in _METHODS),
    # A rolling update: each process of each service restarts, one after another.
    Target("services", "roll"),
    Target("postgres", "kill"),
    Target("postgres", "stop"),
    *(Target(kind, fault) for kind, faults in _PROVIDER_FAULTS.items() for fault in faults),
)


def targets_of(mode: Mode) -> tuple[Target, ...]:
    """The targets that have a part in calls of agents with this mode."""
    others = {kind for other, kinds in _ONLY_IN.items() if other != mode for kind in kinds}
    return tuple(target for target in TARGETS if target.kind not in others)


def kind_of(name: str) -> str:
    """Kind of a process by its name: `stt-2` is an `stt`."""
    kind, dash, number = name.rpartition("-")
    return kind if dash and number.isdecimal() else name


def running(target: Target, pids: Mapping[str, int]) -> list[str]:
    """Names of the running processes of a target."""
    kinds = _SERVICES if target.kind == "services" else (target.kind,)
    return [name for kind in kinds for name, pid in pids.items() if pid and kind_of(name) == kind]
