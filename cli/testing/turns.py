"""Summaries of a call's turns, to compare two calls and to describe one. No I/O, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli.testing.outcome import Outcome


@dataclass(frozen=True, slots=True)
class TurnSummary:
    """One turn of the caller and what the agent did; turn 0 is the greeting."""

    caller: str
    agent: str
    tools: tuple[str, ...] = ()
    latency_ms: int | None = None


@dataclass(frozen=True, slots=True)
class CallSummary:
    """The turns of a call and its end."""

    turns: tuple[TurnSummary, ...]
    ended_by: str
    duration_ms: int = 0


def summarize(outcome: Outcome) -> CallSummary:
    """The summary of a call."""
    latencies = {turn.turn: turn for turn in outcome.latencies}
    spoken = _replies_by_turn(outcome)
    turns = [
        TurnSummary(
            latencies[number].caller_text if number in latencies else "",
            " ".join(spoken.get(number, ())),
            tuple(call.name for call in outcome.tools if call.turn == number),
            latencies[number].latency_ms if number in latencies else None,
        )
        for number in (0, *sorted(latencies))
    ]
    return CallSummary(tuple(turns), outcome.ended_by, outcome.duration_ms)


def _replies_by_turn(outcome: Outcome) -> dict[int, list[str]]:
    """Texts of the replies by turn; a prompt in silence belongs to the turn before it."""
    found: dict[int, list[str]] = {}
    turn = 0
    for reply in outcome.replies:
        turn = reply.turn or turn
        if text := reply.text.strip():
            found.setdefault(turn, []).append(text)
    return found


def to_data(summary: CallSummary) -> dict[str, Any]:
    """The summary as the key `recorded` of a test file."""
    return {
        "turns": [
            {
                "caller": turn.caller,
                "agent": turn.agent,
                "tools": list(turn.tools),
                "latency_ms": turn.latency_ms,
            }
            for turn in summary.turns
        ],
        "ended_by": summary.ended_by,
        "duration_ms": summary.duration_ms,
    }


def from_data(data: Any) -> CallSummary | None:
    """The summary in the key `recorded`; None without one.

    Raises:
        ValueError: it does not have the format that `parley test --from-call` writes.
    """
    if data is None:
        return None
    if not isinstance(data, Mapping) or not isinstance(data.get("turns"), Sequence):
        raise ValueError("is not what `parley test --from-call` writes; delete it, or convert the call again")
    try:
        turns = tuple(
            TurnSummary(
                str(turn["caller"]),
                str(turn["agent"]),
                tuple(map(str, turn["tools"])),
                None if turn["latency_ms"] is None else int(turn["latency_ms"]),
            )
            for turn in data["turns"]
        )
        return CallSummary(turns, str(data["ended_by"]), int(data["duration_ms"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"is not what `parley test --from-call` writes ({error!r}); delete it, or convert the call again"
        ) from None
