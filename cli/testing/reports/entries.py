"""Entries of a call in order: speech, tools, keys, interruptions. No I/O, no clock."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from cli.testing.outcome import Outcome
from parley.events.envelope import event_body
from parley.v1 import call_pb2, playback_pb2, reply_pb2, work_pb2

Kind = Literal["caller", "agent", "tool", "keys", "interruption", "failure", "end"]
_MAX_TEXT = 600


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a call's transcript with its time; call time in milliseconds."""

    kind: Kind
    start_ms: int
    end_ms: int
    text: str
    note: str = ""
    latency_ms: int | None = None
    """On the first reply to a turn: from the end of the caller's speech to the reply's first audio."""
    interrupted: bool = False
    failed: bool = False


def entries(outcome: Outcome) -> list[Entry]:
    """The entries of a call in the order of their start."""
    return sorted(_entries(outcome), key=lambda entry: (entry.start_ms, entry.end_ms))


def _entries(outcome: Outcome) -> Iterator[Entry]:
    latencies = {turn.reply_id: turn.latency_ms for turn in outcome.latencies if turn.reply_id}
    for line in outcome.lines:
        yield Entry(
            line.speaker,
            line.start_ms,
            line.end_ms,
            line.text,
            latency_ms=latencies.get(line.reply_id) if line.reply_id else None,
            interrupted=line.interrupted,
        )
    for call in outcome.tools:
        end_ms = call.returned_ms if call.returned_ms is not None else call.at_ms
        result = call.problem or ("no result" if call.returned_ms is None else _json(call.result))
        arguments = "" if call.arguments in ({}, None) else _json(call.arguments)
        yield Entry(
            "tool",
            call.at_ms,
            end_ms,
            f"{call.name}({arguments})",
            result,
            failed=call.failed or bool(call.problem),
        )
    for event in outcome.events:
        match event_body(event):
            case reply_pb2.DtmfCollected(digits=digits):
                at_ms = outcome.clock.ms_at(event.sent_at_us)
                yield Entry("keys", at_ms, at_ms, digits)
            case playback_pb2.BargeIn(at_ms=at_ms):
                yield Entry("interruption", at_ms, at_ms, "the caller interrupted")
            case work_pb2.StageFailed(code=code, message=message, provider=provider):
                at_ms = outcome.clock.ms_at(event.sent_at_us)
                name = provider or event.stage
                yield Entry("failure", at_ms, at_ms, f"{name}: {code}", message, failed=True)
            case call_pb2.CallEnded(reason=reason, duration_ms=duration_ms):
                yield Entry("end", duration_ms, duration_ms, f"call ended: {reason}")
            case _:
                pass


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:_MAX_TEXT]
