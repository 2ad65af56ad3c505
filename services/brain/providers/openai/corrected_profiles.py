"""Profiles corrected by what servers refused, kept for the process. No I/O."""

from dataclasses import dataclass, field
from typing import NamedTuple

from services.brain.providers.openai.profiles import Profile

_MAX_ENTRIES = 256
_MAX_NOTES = 1000
_VALID_S = 6 * 3600.0
"""Corrections are forgotten after this time: servers change, and no setting is left out permanently."""


class Target(NamedTuple):
    """The server and model that a correction is for."""

    base_url: str
    model: str
    profile: str
    """The profile that the agent file names, or an empty text."""


@dataclass(slots=True)
class CorrectedProfiles:
    """Corrected profiles by target, the oldest dropped first."""

    _entries: dict[Target, tuple[Profile, float]] = field(default_factory=dict)
    _noted: dict[tuple[Target, str], float] = field(default_factory=dict)

    def get(self, target: Target, default: Profile, now_s: float) -> Profile:
        """The corrected profile, or the default if there is no valid correction."""
        profile, corrected_at_s = self._entries.get(target, (default, now_s))
        return profile if now_s - corrected_at_s < _VALID_S else default

    def put(self, target: Target, profile: Profile, now_s: float) -> None:
        """Remember a corrected profile."""
        self._entries.pop(target, None)
        while len(self._entries) >= _MAX_ENTRIES:
            del self._entries[next(iter(self._entries))]
        self._entries[target] = (profile, now_s)

    def is_new(self, target: Target, note: str, now_s: float) -> bool:
        """Whether a note about the target was not logged within the last hours."""
        noted_at_s = self._noted.get((target, note))
        if noted_at_s is not None and now_s - noted_at_s < _VALID_S:
            return False
        self._noted.pop((target, note), None)
        while len(self._noted) >= _MAX_NOTES:
            del self._noted[next(iter(self._noted))]
        self._noted[target, note] = now_s
        return True
