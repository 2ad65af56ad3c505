"""Statistics of barge-ins with human voices on whole calls. No I/O, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

from bench.speech.result import percentile
from bench.turns.barge_in_stats import call_start_us
from bench.turns.calls import Call
from sandbox.caller.report import CallerSpeech

_CLOCK_MS = 100.0
"""How much earlier than on the line an event may be in the log."""
_LATE_MS = 700.0
"""An interruption may be logged this long after the speech that caused it."""


@dataclass(slots=True)
class CallsResult:
    """One round of calls."""

    at_once: int
    silent_after_ms: list[float] = field(default_factory=list)
    """From the first sample of the caller's speech to the agent's silence, on the line."""
    missed: int = 0
    """Words during the agent's speech that did not stop it."""
    false_pauses: int = 0
    """Pauses of playback at a noise; the agent continues afterwards."""
    false_barge_ins: int = 0
    """Interruptions that no words caused: the rest of a reply is lost."""
    noises: int = 0
    agent_speech_s: float = 0.0
    problems: list[str] = field(default_factory=list)


def calls_result(
    at_once: int, calls: Iterable[Call], problems: Sequence[str], leads_ms: Mapping[str, float]
) -> CallsResult:
    """The statistics of a round.

    `leads_ms` has for each text how much earlier than its first audible frame its speech begins.
    """
    result = CallsResult(at_once, problems=list(problems))
    for call in calls:
        _add(result, call, leads_ms)
    return result


def _add(result: CallsResult, call: Call, leads_ms: Mapping[str, float]) -> None:
    speech = call.report.caller_speech
    spoken = [one for one in speech if not one.text.startswith("[")]
    result.noises += len(speech) - len(spoken)
    result.agent_speech_s += sum(one.end_ms - one.start_ms for one in call.report.agent_speech) / 1000
    for barge_in in call.report.barge_ins:
        words = next((one for one in spoken if one.start_ms <= barge_in.spoke_at_ms <= one.end_ms), None)
        if words is None:
            continue
        if barge_in.agent_silent_after_ms > words.end_ms - words.start_ms + _LATE_MS:
            result.missed += 1
        else:
            lead_ms = leads_ms.get(words.text, 0.0)
            result.silent_after_ms.append(barge_in.agent_silent_after_ms + lead_ms)
    began_us = call_start_us(call.report)
    if began_us is None:
        return
    for event in call.events:
        by_words = _is_within((event.sent_at_us - began_us) / 1000, spoken)
        if event.HasField("playback_paused"):
            result.false_pauses += not by_words
        elif event.HasField("barge_in"):
            result.false_barge_ins += not by_words


def _is_within(at_ms: float, spoken: Iterable[CallerSpeech]) -> bool:
    return any(one.start_ms - _CLOCK_MS <= at_ms <= one.end_ms + _LATE_MS for one in spoken)


def as_json(result: CallsResult) -> dict[str, Any]:
    """The figures of a round."""
    return {
        "calls": result.at_once,
        "barge_ins": len(result.silent_after_ms),
        "silent_after_ms": {
            "p50": percentile(result.silent_after_ms, 50),
            "p95": percentile(result.silent_after_ms, 95),
            "max": percentile(result.silent_after_ms, 100),
        },
        "missed": result.missed,
        "noises": result.noises,
        "false_pauses": result.false_pauses,
        "false_barge_ins": result.false_barge_ins,
        "agent_speech_s": round(result.agent_speech_s),
        "problems": result.problems,
    }


def table(results: Iterable[CallsResult]) -> Table:
    """One row per number of simultaneous calls."""
    shown = Table(
        *("calls", "barge-ins", "silent after p50", "p95", "max", "missed"),
        *("noises", "false pauses", "false barge-ins", "agent speech, s"),
        title="Barge-in with human voices on whole calls (ms from the first sample)",
    )
    for result in results:
        figures = as_json(result)
        shown.add_row(
            str(result.at_once),
            str(figures["barge_ins"]),
            *(str(value) for value in figures["silent_after_ms"].values()),
            *(str(figures[name]) for name in ("missed", "noises", "false_pauses", "false_barge_ins")),
            str(figures["agent_speech_s"]),
        )
    return shown
