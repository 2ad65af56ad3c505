"""Timeouts and retries given in the fragment of a webhook's URL. No I/O, no clock."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class ConnectionOverrides:
    """Timeouts and retries of one URL."""

    connect_ms: int = 5000
    read_ms: int = 15000
    total_ms: int = 15000
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})
    """Any of 4xx, 5xx, ct (connect), rt (read) and all."""

    def retries_on(self, reason: str) -> bool:
        """Whether this kind of failure is retried."""
        return "all" in self.retry_on or reason in self.retry_on


def parse_overrides(url: str) -> ConnectionOverrides:
    """Parse a URL's fragment; an invalid value becomes the default, one out of range the nearest bound."""
    fields = dict(parse_qsl(urlsplit(url).fragment))
    default = ConnectionOverrides()
    return ConnectionOverrides(
        connect_ms=_bounded(fields.get("ct"), 100, 10000, default.connect_ms),
        read_ms=_bounded(fields.get("rt"), 100, 15000, default.read_ms),
        total_ms=_bounded(fields.get("tt"), 100, 15000, default.total_ms),
        retries=_bounded(fields.get("rc"), 0, 5, default.retries),
        retry_on=frozenset(fields["rp"].split(",")) if "rp" in fields else default.retry_on,
    )


def _bounded(text: str | None, low: int, high: int, default: int) -> int:
    return min(high, max(low, int(text))) if text and text.isdecimal() else default
