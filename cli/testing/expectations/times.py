"""Expectations of latencies, lengths and the end of the call. No I/O, no clock."""

import statistics
from typing import Any

from cli.testing.expectations.values import Check, limits, positive, texts
from cli.testing.outcome import Outcome


def silent_within(value: Any) -> Check:
    """The agent is silent within this time after each interruption."""
    limit_ms = positive(value)

    def check(outcome: Outcome) -> str:
        late = [ms for ms in outcome.silence_delays_ms if ms > limit_ms]
        return f"the agent was silent only {late} ms after the interruption" if late else ""

    return check


def first_audio_within(value: Any) -> Check:
    """The first audio is played within this time after the start of the stream."""
    limit_ms = positive(value)

    def check(outcome: Outcome) -> str:
        got = outcome.first_audio_ms
        return "" if got <= limit_ms else f"expected audio within {limit_ms:g} ms, got it after {got:g} ms"

    return check


def pauses_within(value: Any) -> Check:
    """The longest pause of the agent while the caller does not speak."""
    limit_ms = positive(value)

    def check(outcome: Outcome) -> str:
        long = [round(ms) for ms in outcome.agent_pauses_ms if ms > limit_ms]
        return f"the agent paused for {long} ms, expected up to {limit_ms:g}" if long else ""

    return check


def latency(value: Any) -> Check:
    """Limits of the time from the end of the caller's speech to the agent's first audio."""
    wanted = limits(value, ("max_ms", "p50_ms"))

    def check(outcome: Outcome) -> str:
        got = outcome.latencies_ms
        if not got:
            return "no turn was answered, so there is no latency"
        measured = {"max_ms": float(max(got)), "p50_ms": float(statistics.median(got))}
        late = [key for key, limit in wanted.items() if measured[key] > limit]
        if not late:
            return ""
        facts = ", ".join(f"{key} {measured[key]:.0f} (expected up to {wanted[key]:g})" for key in late)
        return f"{facts}; the turns took {got} ms"

    return check


def duration(value: Any) -> Check:
    """Limits of the length of the call."""
    wanted = limits(value, ("min", "max"))

    def check(outcome: Outcome) -> str:
        got = outcome.duration_ms / 1000
        if wanted.get("min", 0) <= got <= wanted.get("max", float("inf")):
            return ""
        return f"the call lasted {got:.1f} s, expected {wanted}"

    return check


def goal_reached(value: Any) -> Check:
    """Whether a caller played by a model reached the goal."""
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {value!r}")

    def check(outcome: Outcome) -> str:
        goal = outcome.played.goal
        if not goal:
            return "the caller is not played by a model, so it has no goal"
        return "" if (goal == "reached") is value else f"the goal of the caller: {goal}"

    return check


def ended_by(value: Any) -> Check:
    """The call ended for this reason, or for one of these."""
    wanted = texts(value)

    def check(outcome: Outcome) -> str:
        got = outcome.ended_by
        return "" if got in wanted else f"expected the call to end by {' or '.join(wanted)}, got {got!r}"

    return check
