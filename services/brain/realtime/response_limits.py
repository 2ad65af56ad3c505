"""Time limits for the responses of a speech-to-speech model, learned from those of all calls of a process."""

from dataclasses import dataclass

from parley.providers.latency_limits import LatencyKey, LatencyLimit, LatencyLimits, LimitRange

_FIRST_FLOOR_S, _FIRST_INITIAL_S = 1.2, 2.0
_PAUSE = LimitRange(floor_s=1.0, initial_s=1.5, ceiling_s=5.0)
"""Audio arrives faster than it is played, so that it has no pauses but those of the network."""
_END = LimitRange(floor_s=1.0, initial_s=2.0, ceiling_s=5.0)
"""Time from the end of an item to the next one, or to the end of the response."""


@dataclass(frozen=True, slots=True)
class ResponseLimits:
    """The limits of one model."""

    first_of_answer: LatencyLimit
    first_of_text: LatencyLimit
    """Limits from the request to the first output. Fixed texts have their own: nothing precedes them, while a
    model may reason before it answers."""
    pause: LatencyLimit
    """Limit between two pieces of an item's audio."""
    end: LatencyLimit
    """How long a response whose items are complete may take to end."""

    def first(self, *, is_text: bool) -> LatencyLimit:
        """The limit for the first output of a fixed text or of an answer."""
        return self.first_of_text if is_text else self.first_of_answer


def response_limits(limits: LatencyLimits, provider: str, model: str, timeout_s: float) -> ResponseLimits:
    """Return a model's limits; that of the first output is `timeout_s` seconds at most."""

    def get(output: str, bounds: LimitRange) -> LatencyLimit:
        # A process has one address per provider, so the region is the same for all its calls.
        return limits.get(LatencyKey(provider, model, "", output), bounds)

    first = LimitRange(min(_FIRST_FLOOR_S, timeout_s), min(_FIRST_INITIAL_S, timeout_s), timeout_s)
    return ResponseLimits(
        get("first_of_answer", first),
        get("first_of_text", first),
        get("pause_in_audio", _PAUSE),
        get("end_of_response", _END),
    )
