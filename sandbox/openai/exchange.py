"""One request and the pace of its answer; the choice of its faults and quirks."""

import random
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.emulator import Journal, RuntimeSettings
from sandbox.openai.models import scenario_of
from sandbox.openai.settings import OpenAISandboxSettings

HANG_S = 600.0
"""Longest silence of a fault, and longest stream."""
_MAX_CALLS = 1000


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was accepted."""

    id: str
    call_sid: str
    received_s: float
    """Monotonic."""
    received_at_us: int
    """UTC wall clock, microseconds."""
    wait_ms: float | None
    """Time to the first token; None for the setting."""
    faults: frozenset[str]
    """Its faults and quirks."""
    fault_after: int | None = None
    """Tokens of the text before a fault within it; None for the setting."""


class Exchanges:
    """The state that the endpoints share: settings, journal, pace and faults."""

    def __init__(self, journal: Journal, runtime_settings: RuntimeSettings[OpenAISandboxSettings]) -> None:
        self.journal = journal
        self._runtime_settings = runtime_settings
        self._faults = 0
        self._random = random.Random(0)
        """Seeded, so that a run can be repeated."""
        self._scenarios: OrderedDict[str, str] = OrderedDict()

    @property
    def settings(self) -> OpenAISandboxSettings:
        """The settings of this moment."""
        return self._runtime_settings.current

    def set_scenario(self, call_sid: str, scenario: str) -> None:
        """Answer the requests of a call from this scenario, unless their model names another."""
        self._scenarios[call_sid] = scenario
        if len(self._scenarios) > _MAX_CALLS:
            self._scenarios.popitem(last=False)

    def scenario_for(self, body: Mapping[str, Any]) -> str:
        """The scenario that the model of a request names, else that of its call, else the configured one."""
        return scenario_of(body["model"]) or self.scenario_of_call(call_sid_of(body))

    def scenario_of_call(self, call_sid: str) -> str:
        """The scenario that was set for a call, else the configured one."""
        return self._scenarios.get(call_sid) or self.settings.scenario

    def take_refusal(self, model: str) -> int:
        """The error status that this request gets; 0 for none."""
        status = self.settings.llm_refuse
        return status if status and self._take_fault(model) else 0

    def choose_faults(self, model: str, scripted: str) -> frozenset[str]:
        """The faults of an answer, among them `scripted` if it is not empty."""
        settings = self.settings
        quirks = {name for name, share in settings.llm_quirks if self._drawn(share)}
        faults = {name for name, share in settings.llm_faults if self._drawn(share)}
        if settings.llm_fault:
            faults.add(settings.llm_fault)
        if faults and not self._take_fault(model):
            faults = set()
        return frozenset(quirks | faults | ({scripted} if scripted else set()))

    def choose_realtime_faults(self, model: str, scripted: str) -> frozenset[str]:
        """The faults of a Realtime response, among them `scripted` if it is not empty."""
        fault = self.settings.realtime_fault
        chosen = {fault} if fault and self._take_fault(model) else set()
        return frozenset(chosen | ({scripted} if scripted else set()))

    def take_realtime_refusal(self, model: str) -> bool:
        """Whether a session is refused as the settings say."""
        return self._take_fault(model)

    def note(self, kind: str, exchange: Exchange, **more: Any) -> None:
        """Add an entry to the journal."""
        self.journal.note(kind, call_sid=exchange.call_sid, id=exchange.id, **more)

    def due_in_s(self, exchange: Exchange, index: int) -> float:
        """Seconds until a token is due; due times count from the request's arrival."""
        settings = self.settings
        first_ms = settings.first_token_ms if exchange.wait_ms is None else exchange.wait_ms
        due_s = exchange.received_s + first_ms / 1000 + index / settings.tokens_per_s
        return max(0.0, due_s - time.monotonic())

    def fault_after(self, exchange: Exchange) -> int:
        """Tokens of the text before a fault within it."""
        return self.settings.llm_fault_after if exchange.fault_after is None else exchange.fault_after

    def _drawn(self, share: float) -> bool:
        return share > 0 and self._random.random() < share

    def _take_fault(self, model: str) -> bool:
        """Whether this request gets its fault; counts it if so."""
        settings = self.settings
        if self._faults >= settings.llm_fault_requests or settings.llm_fault_model not in ("", model):
            return False
        self._faults += 1
        return True


def call_sid_of(body: Mapping[str, Any]) -> str:
    """The call that a request names, in the first of the parameters that can carry it."""
    metadata = body.get("metadata") or {}
    names = ("user", "safety_identifier", "prompt_cache_key")
    found = [body[name] for name in names if isinstance(body.get(name), str)]
    return str((found or [metadata.get("call_sid") or ""])[0])
