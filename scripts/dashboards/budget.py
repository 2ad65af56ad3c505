"""The latency budget of deploy/latency-budget.yaml in seconds, as queries compare with it."""

from dataclasses import dataclass

from cli.latency_budget import LatencyBudget, read_budget

SLOW_TURNS_ALLOWED = 0.05
"""Share of turns that may exceed the p95 limit: the error budget."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of a turn, its parts and Parley's own share, in seconds."""

    turn_p50: float
    turn_p95: float
    overhead_p95: float
    parts_p50: dict[str, float]
    parts_p95: dict[str, float]


def budget() -> Budget:
    """The budget of the repository; raises ConfigError if it is invalid."""
    return in_seconds(read_budget())


def in_seconds(limits: LatencyBudget) -> Budget:
    """A budget in seconds."""
    return Budget(
        turn_p50=limits.turn.p50_ms / 1000,
        turn_p95=limits.turn.p95_ms / 1000,
        overhead_p95=limits.overhead.p95_ms / 1000,
        parts_p50={str(part): limit.p50_ms / 1000 for part, limit in limits.parts.items()},
        parts_p95={str(part): limit.p95_ms / 1000 for part, limit in limits.parts.items()},
    )
