"""Time-outs and retries that a webhook's URL asks for in its fragment. No I/O, no clock."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class ConnectionOverrides:
    """How patiently a URL is fetched."""

    connect_ms: int = 5000
    read_ms: int = 15000
    total_ms: int = 15000
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})
    """Of 4xx, 5xx, ct (connect), rt (read) and all."""

    def retries_on(self, reason: str) -> bool:
        """True if a failure of this kind is tried again."""
        return "all" in self.retry_on or reason in self.retry_on


def overrides_of(url: str) -> ConnectionOverrides:
    """Read a URL's fragment; what is no number, or out of range, is put right rather than refused."""
    asked = dict(parse_qsl(urlsplit(url).fragment))
    default = ConnectionOverrides()
    return ConnectionOverrides(
        connect_ms=_bounded(asked.get("ct"), 100, 10000, default.connect_ms),
        read_ms=_bounded(asked.get("rt"), 100, 15000, default.read_ms),
        total_ms=_bounded(asked.get("tt"), 100, 15000, default.total_ms),
        retries=_bounded(asked.get("rc"), 0, 5, default.retries),
        retry_on=frozenset(asked["rp"].split(",")) if "rp" in asked else default.retry_on,
    )


def _bounded(text: str | None, low: int, high: int, default: int) -> int:
    return min(high, max(low, int(text))) if text and text.isdecimal() else default
