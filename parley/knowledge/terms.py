"""Chooses the terms of a query that distinguish passages, and their weights. No I/O, no clock."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MAX_TERMS = 12
"""Longer queries are searched by their rarest terms."""
_COMMON_SHARE = 0.2
"""A term that occurs in more than this share of the passages distinguishes few of them."""
_LEADING_PASSAGES = 600
"""The rarest terms, up to this many passages that contain them, decide which passages are ranked; the others
only change their order. Ranking all passages that contain any term would take several times as long."""
_MIN_LEADING = 2
_MIN_PASSAGES = 50
"""With fewer passages no term is too common."""
_MIN_PREFIX = 4
"""Shorter terms begin too many others."""


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """A term of a query, with the number of passages that contain it."""

    configuration: str
    term: str
    passages: int
    total: int
    """Number of passages in this configuration."""


@dataclass(frozen=True, slots=True)
class WeightedTerm:
    """A term to search for; its weight multiplies the rank of a passage."""

    configuration: str
    term: str
    weight: float
    leading: bool = True
    """Whether passages are ranked because they contain it."""

    @property
    def tsquery(self) -> str:
        """The term as a query of Postgres."""
        escaped = self.term.replace("\\", "\\\\").replace("'", "''")
        return f"'{escaped}'"


def merged(terms: Iterable[QueryTerm]) -> tuple[QueryTerm, ...]:
    """Add up the same term of several knowledge bases."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for term in terms:
        passages, total = sums.get((term.configuration, term.term), (0, 0))
        sums[term.configuration, term.term] = passages + term.passages, total + term.total
    return tuple(QueryTerm(*key, *counts) for key, counts in sums.items())


def choose(terms: Sequence[QueryTerm]) -> tuple[WeightedTerm, ...]:
    """Return the terms to search for, the rarest first; common ones only without rarer ones."""
    present = [term for term in terms if term.passages]
    distinctive = [term for term in present if not _is_common(term)] or present
    ordered = sorted(distinctive, key=lambda term: (term.passages / max(term.total, 1), term.term))
    chosen: list[WeightedTerm] = []
    passages = 0
    for number, term in enumerate(ordered[:MAX_TERMS]):
        passages += term.passages
        leading = (
            number == 0 or passages <= _LEADING_PASSAGES or (number < _MIN_LEADING and distinctive != present)
        )
        chosen.append(WeightedTerm(term.configuration, term.term, weight_of(term), leading))
    return tuple(chosen)


def missing(terms: Sequence[QueryTerm]) -> tuple[QueryTerm, ...]:
    """Return the terms that no passage contains, but that other terms may begin with or resemble."""
    return tuple(term for term in terms if not term.passages and len(term.term) >= _MIN_PREFIX)[:MAX_TERMS]


def weight_of(term: QueryTerm) -> float:
    """Return the inverse document frequency as BM25 defines it: rare terms count more."""
    return math.log1p((term.total - term.passages + 0.5) / (term.passages + 0.5))


def _is_common(term: QueryTerm) -> bool:
    return term.total >= _MIN_PASSAGES and term.passages > _COMMON_SHARE * term.total
