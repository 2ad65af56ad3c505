"""Settings that servers have refused, stored for the process. No I/O."""

from dataclasses import dataclass, field
from typing import NamedTuple

_MAX_ENTRIES = 256
_VALID_S = 6 * 3600.0
"""Forgotten after this time: servers change, and no setting is left out permanently."""


class Target(NamedTuple):
    """A server and a model."""

    base_url: str
    model: str


@dataclass(slots=True)
class ObservedRefusals:
    """The settings that each server and model has refused, by name; the oldest are dropped first."""

    _entries: dict[Target, tuple[frozenset[str], float]] = field(default_factory=dict)
    _noted: dict[tuple[Target, str], float] = field(default_factory=dict)

    def get(self, target: Target, now_s: float) -> frozenset[str]:
        """The refused settings; empty without any that still count."""
        refused, observed_at_s = self._entries.get(target, (frozenset[str](), now_s))
        return refused if now_s - observed_at_s < _VALID_S else frozenset()

    def add(self, target: Target, setting: str, now_s: float) -> None:
        """Remember a refused setting."""
        refused = self.get(target, now_s) | {setting}
        self._entries.pop(target, None)
        if len(self._entries) >= _MAX_ENTRIES:
            del self._entries[next(iter(self._entries))]
        self._entries[target] = (refused, now_s)

    def is_new(self, target: Target, note: str, now_s: float) -> bool:
        """Whether a note about the target was not logged within the last hours."""
        noted_at_s = self._noted.get((target, note))
        if noted_at_s is not None and now_s - noted_at_s < _VALID_S:
            return False
        self._noted.pop((target, note), None)
        if len(self._noted) >= _MAX_ENTRIES:
            del self._noted[next(iter(self._noted))]
        self._noted[target, note] = now_s
        return True
