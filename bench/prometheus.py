"""Quantiles from Prometheus histograms, as scraped. No I/O."""

import re
from collections import defaultdict
from collections.abc import Mapping

_BUCKET = re.compile(r'^(\w+)_bucket\{(.*)le="([^"]+)"(.*)\} (\S+)$')

Buckets = Mapping[float, float]
"""Upper bound of each bucket to its cumulative count."""


def histogram(text: str, name: str) -> dict[float, float]:
    """A histogram summed over all label values."""
    counts: dict[float, float] = defaultdict(float)
    for line in text.splitlines():
        match = _BUCKET.match(line)
        if match and match[1] == name:
            counts[float(match[3])] += float(match[5])
    return dict(counts)


def minus(later: Buckets, earlier: Buckets) -> dict[float, float]:
    """Subtract an earlier scrape of a histogram, bucket by bucket."""
    return {bound: count - earlier.get(bound, 0.0) for bound, count in later.items()}


def plus(one: Buckets, other: Buckets) -> dict[float, float]:
    """Add two histograms, bucket by bucket."""
    return {bound: one.get(bound, 0.0) + other.get(bound, 0.0) for bound in {*one, *other}}


def quantile(buckets: Buckets, q: float) -> float:
    """Quantile interpolated within its bucket; 0 for an empty histogram."""
    bounds = sorted(buckets)
    total = buckets[bounds[-1]] if bounds else 0.0
    if not total:
        return 0.0
    below_bound, below_count = 0.0, 0.0
    for bound in bounds:
        count = buckets[bound]
        if count >= q * total:
            if bound == float("inf"):
                return below_bound
            fraction = (q * total - below_count) / max(count - below_count, 1e-9)
            return below_bound + fraction * (bound - below_bound)
        below_bound, below_count = bound, count
    return below_bound
