"""The learned time limit for opening a WebSocket to a provider."""

from urllib.parse import urlsplit

from parley.providers.latency_limits import LatencyKey, LatencyLimit, LatencyLimits, LimitRange

_FLOOR_FACTOR = 0.5


def connect_limit(
    limits: LatencyLimits, provider: str, url: str, timeout_s: float, ceiling_factor: float = 3.0
) -> LatencyLimit:
    """Return the limit for a provider at an address; `timeout_s` seconds until latencies were measured.

    The limit is never longer than `ceiling_factor` times `timeout_s`.
    """
    bounds = LimitRange(timeout_s * _FLOOR_FACTOR, timeout_s, timeout_s * ceiling_factor)
    return limits.get(LatencyKey(provider, "", _host(url), "connected"), bounds)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        # The attempt to connect reports what is wrong with the address.
        return ""
