"""Limits of the voice settings. No I/O."""

from collections.abc import Mapping
from typing import Any

from sandbox.elevenlabs.client_message import Rejected
from sandbox.elevenlabs.models import Model

_LIMITS = {"stability": (0.0, 1.0), "similarity_boost": (0.0, 1.0), "style": (0.0, 1.0), "speed": (0.7, 1.2)}
_V3_STABILITIES = (0.0, 0.5, 1.0)


def check_voice_settings(settings: Mapping[str, Any] | None, model: Model) -> None:
    """Reject values out of range.

    Raises:
        Rejected: ElevenLabs would answer 400.
    """
    for name, (minimum, maximum) in _LIMITS.items():
        value = (settings or {}).get(name)
        if value is None:
            continue
        if not isinstance(value, int | float) or not minimum <= value <= maximum:
            limits = f"greater or equal to {minimum:g} and less or equal to {maximum:g}"
            message = f"Invalid setting for {name} received, expected to be {limits}, received {value}."
            raise Rejected("invalid_voice_settings", message)
        if name == "stability" and model.model_id == "eleven_v3" and value not in _V3_STABILITIES:
            message = "Invalid TTD stability value. Must be one of: [0.0, 0.5, 1.0]."
            raise Rejected("invalid_ttd_stability", message)
