"""Time limits for a voice's audio, learned from its latencies."""

from dataclasses import dataclass

from parley.providers.latency_limits import LatencyKey, LatencyLimit, LatencyLimits, LimitRange

_CEILING_FACTOR = 3.0
_INITIAL_COLD_FACTOR = 1.25
_WARM_FLOOR_FACTOR = 0.5
_OVERDUE_FACTOR, _NEXT_OVERDUE_FACTOR = 0.25, 0.175
"""With the default setting, 0.5 and 0.35 s: the text of an answer takes about 0.7 s, a third voice some time
too, and the caller must not wait for over 2 s."""
_USUAL_FACTOR = 1.5
"""Audio is overdue after its usual latency times this. Short, because a slow voice stays in use until another
one has audio."""


@dataclass(frozen=True, slots=True)
class AudioLimits:
    """Limits from a text to its first audio: for the first text on a connection, and for later ones."""

    cold: LatencyLimit
    warm: LatencyLimit
    timeout_s: float
    """The setting that the limits are derived from."""

    def first_audio(self, *, warm: bool) -> LatencyLimit:
        """The limit for a connection that has or has not sent audio before."""
        return self.warm if warm else self.cold

    def overdue_s(self, *, warm: bool, beside: bool) -> float:
        """The time from a text to its first audio after which another voice is tried beside this one.

        `beside` is true for a voice beside another one: the caller has waited already.
        """
        limit = self.first_audio(warm=warm)
        usual_s = limit.usual_s() * _USUAL_FACTOR
        return min(max(usual_s, self.timeout_s * _factor(beside=beside)), limit.limit_s())

    def pause_s(self, *, beside: bool) -> float:
        """The pause within a clause after which another voice is tried beside this one."""
        return self.timeout_s * _factor(beside=beside)


def audio_limits(limits: LatencyLimits, provider: str, model: str, timeout_s: float) -> AudioLimits:
    """Return a model's limits; that of a connection's first audio is `timeout_s` seconds at least."""
    ceiling_s = timeout_s * _CEILING_FACTOR
    # A process has one address per provider, so the region is the same for all its calls.
    cold = LatencyKey(provider, model, "", "first_audio_of_connection")
    warm = LatencyKey(provider, model, "", "first_audio")
    return AudioLimits(
        limits.get(cold, LimitRange(timeout_s, timeout_s * _INITIAL_COLD_FACTOR, ceiling_s)),
        limits.get(warm, LimitRange(timeout_s * _WARM_FLOOR_FACTOR, timeout_s, ceiling_s)),
        timeout_s,
    )


def _factor(*, beside: bool) -> float:
    return _NEXT_OVERDUE_FACTOR if beside else _OVERDUE_FACTOR
