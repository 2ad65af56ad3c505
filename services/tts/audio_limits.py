"""Time limits for a voice's audio, learned from its latencies."""

from dataclasses import dataclass

from parley.providers.latency_limits import LatencyKey, LatencyLimit, LatencyLimits, LimitRange

_CEILING_FACTOR = 3.0
_INITIAL_COLD_FACTOR = 1.25
_WARM_FLOOR_FACTOR = 0.5
_SHORT_FACTOR = 0.45
"""With the default setting, 0.9 s: the text of an answer needs about as long, another voice some more, and
the caller must not wait for over 2 s."""


@dataclass(frozen=True, slots=True)
class AudioLimits:
    """Limits from a text to its first audio: for the first text on a connection, and for later ones."""

    cold: LatencyLimit
    warm: LatencyLimit
    short_s: float
    """The floor of these limits while another voice can take over."""

    def first_audio(self, *, warm: bool) -> LatencyLimit:
        """The limit for a connection that has or has not sent audio before."""
        return self.warm if warm else self.cold


def audio_limits(limits: LatencyLimits, provider: str, model: str, timeout_s: float) -> AudioLimits:
    """Return a model's limits; that of a connection's first audio is `timeout_s` seconds at least."""
    ceiling_s = timeout_s * _CEILING_FACTOR
    # A process has one address per provider, so the region is the same for all its calls.
    cold = LatencyKey(provider, model, "", "first_audio_of_connection")
    warm = LatencyKey(provider, model, "", "first_audio")
    return AudioLimits(
        limits.get(cold, LimitRange(timeout_s, timeout_s * _INITIAL_COLD_FACTOR, ceiling_s)),
        limits.get(warm, LimitRange(timeout_s * _WARM_FLOOR_FACTOR, timeout_s, ceiling_s)),
        timeout_s * _SHORT_FACTOR,
    )
