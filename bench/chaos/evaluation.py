"""What a call lost: words of the caller's, sentences of the agent's, sound, time. No I/O, no clock."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise
from statistics import median

from bench.chaos.dialogue import GOODBYE, answer_to, expected_words, wants_tool
from bench.chaos.fault_injection import Fault
from bench.turns.barge_in_stats import call_start_us
from bench.turns.calls import Call
from cli.wer import normalize
from parley.v1.event_pb2 import Event
from sandbox.caller.report import Report

_WITHIN_US = 15_000_000
"""A takeover belongs to the strike before it, if it comes this soon."""
_SEAM_MS = 200.0
"""Between two sentences there may be so much silence anyhow."""
_ALL_CALLS = ("nats", "postgres", "deepgram", "openai", "elevenlabs")


@dataclass(slots=True)
class Losses:
    """Of one victim's round."""

    calls: int = 0
    calls_dropped: int = 0
    words_lost: int = 0
    words_doubled: int = 0
    sentences_lost: int = 0
    sentences_doubled: int = 0
    tool_effects_doubled: int = 0
    pause_ms: list[float] = field(default_factory=list)
    """The longest silence that was not due, after each strike in each call that it hit."""
    takeover_ms: list[float] = field(default_factory=list)
    """From the strike to the successor's first word in the log, for each call."""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Silence:
    """The agent's turn, and nothing heard; UTC wall clock, microseconds."""

    from_us: float
    to_us: float
    expected_ms: float
    """What of it would have been there anyhow."""

    @property
    def excess_ms(self) -> float:
        """The rest."""
        return max(0.0, (self.to_us - self.from_us) / 1000 - self.expected_ms)


def evaluate(
    calls: Sequence[Call],
    strikes: Sequence[Fault],
    losses: Losses,
    effects: Callable[[str], int] | None = None,
) -> None:
    """Count what these calls lost, into `losses`; `effects` tells how many a call's tools had."""
    usual_ms = _usual_gaps(calls)
    for call in calls:
        losses.calls += 1
        _words(call, losses)
        _sentences(call, losses)
        _tools(call, losses)
        if effects is not None:
            _effects(call, effects(call.call_sid), losses)
        quiet = silences(call.report, usual_ms)
        for hit in strikes:
            if not _is_active(call, hit.at_us) or not (hit.kind in _ALL_CALLS or _is_owner(call.events, hit)):
                continue
            losses.pause_ms.append(_pause_ms(quiet, hit.at_us))
            takeover_us = _takeover_us(call.events, hit)
            if takeover_us is not None:
                losses.takeover_ms.append((takeover_us - hit.at_us) / 1000)


def _words(call: Call, losses: Losses) -> None:
    said = [word for line in call.report.caller_speech for word in normalize(line.text)]
    turns = {e.turn_ended.turn: e.turn_ended.text for e in call.events if e.HasField("turn_ended")}
    heard = [word for turn in sorted(turns) for word in normalize(turns[turn])]
    lost, doubled = _differences(said, heard)
    losses.words_lost += lost
    losses.words_doubled += doubled
    if lost or doubled:
        losses.notes.append(f"{call.call_sid}: said {' '.join(said)!r}, heard {' '.join(heard)!r}")


def _differences(said: Sequence[str], heard: Sequence[str]) -> tuple[int, int]:
    """Words of the first that the second lacks, and the other way round."""
    blocks = SequenceMatcher(None, said, heard, autojunk=False).get_matching_blocks()
    same = sum(block.size for block in blocks)
    return len(said) - same, len(heard) - same


def _sentences(call: Call, losses: Losses) -> None:
    """A sentence was heard as often as the middle one of its own words."""
    lines = [line.text or "" for line in call.report.agent_speech]
    # A word with a pause in it was heard as two pieces.
    heard, rejoined = normalize(" ".join(lines)), normalize("".join(lines))
    asked = [line.text for line in call.report.caller_speech]
    if call.report.outcome != "completed" or GOODBYE not in asked:
        losses.calls_dropped += 1
        losses.notes.append(f"{call.call_sid}: {call.report.outcome}, after {len(asked)} turns")
    for sentence in (s for text in asked for s in answer_to(text)):
        words = expected_words(sentence)
        times = round(median(max(heard.count(word), rejoined.count(word)) for word in words))
        losses.sentences_lost += times == 0
        losses.sentences_doubled += max(0, times - 1)
        if times != 1:
            losses.notes.append(f"{call.call_sid}: {sentence!r} was heard {times} times")


def _tools(call: Call, losses: Losses) -> None:
    returned = [e.tool_returned.tool_call_id for e in call.events if e.HasField("tool_returned")]
    named = [e.tool_called.name for e in call.events if e.HasField("tool_called")]
    # A repeat with the same key is harmless by contract; what it did is counted where it is done.
    ended = [call_id for call_id in returned if _tool_name(call, call_id) == "end_call"]
    doubled = len(ended) - len(set(ended)) + max(0, named.count("end_call") - 1)
    losses.tool_effects_doubled += doubled
    if doubled:
        losses.notes.append(f"{call.call_sid}: tools {named}, returned {returned}")


def _tool_name(call: Call, tool_call_id: str) -> str:
    """Which tool it was."""
    called = (e.tool_called for e in call.events if e.HasField("tool_called"))
    return next((tool.name for tool in called if tool.tool_call_id == tool_call_id), "")


def _effects(call: Call, had: int, losses: Losses) -> None:
    due = sum(wants_tool(line.text) for line in call.report.caller_speech)
    losses.tool_effects_doubled += max(0, had - due)
    if had != due:
        losses.notes.append(f"{call.call_sid}: {had} effects of tools, {due} were due")


def _usual_gaps(calls: Sequence[Call]) -> Mapping[bool, float]:
    """The silence before an answer, with a tool and without."""
    gaps: dict[bool, list[float]] = {True: [], False: []}
    for call in calls:
        for line, answer in zip(call.report.caller_speech, call.report.responses, strict=False):
            if answer.gap_ms is not None:
                gaps[wants_tool(line.text)].append(answer.gap_ms)
    return {tool: median(some) if some else 0.0 for tool, some in gaps.items()}


def silences(report: Report, usual_ms: Mapping[bool, float]) -> list[Silence]:
    """Where the agent was to be heard and was not."""
    began_us = call_start_us(report)
    if began_us is None:
        return []
    found: list[Silence] = []
    said = [(line.start_ms, line.end_ms) for line in report.caller_speech]
    heard = [(line.start_ms, line.end_ms) for line in report.agent_speech]
    for (_, end_ms), (start_ms, _) in pairwise(heard):
        if not any(end_ms <= begin_ms < start_ms for begin_ms, _ in said):
            found.append(Silence(began_us + end_ms * 1000, began_us + start_ms * 1000, _SEAM_MS))
    for answer, line in zip(report.responses, report.caller_speech, strict=False):
        if answer.gap_ms is not None:
            from_us = began_us + line.end_ms * 1000
            due_ms = usual_ms[wants_tool(line.text)]
            found.append(Silence(from_us, from_us + answer.gap_ms * 1000, due_ms))
    return found


def _pause_ms(quiet: Iterable[Silence], at_us: int) -> float:
    near = (s.excess_ms for s in quiet if s.to_us >= at_us and s.from_us <= at_us + _WITHIN_US / 3)
    return max(near, default=0.0)


def _is_owner(events: Iterable[Event], hit: Fault) -> bool:
    """Whether the process that was hit had the call."""
    owners = [_claimed_by(hit.kind, event) for event in events if event.sent_at_us <= hit.at_us]
    last = next((owner for owner in reversed(owners) if owner), "")
    return last.rpartition("/")[2] == str(hit.pid)


def _takeover_us(events: Iterable[Event], hit: Fault) -> int | None:
    """When a successor took the call over."""
    later = (e.sent_at_us for e in events if _claimed_by(hit.kind, e) and e.sent_at_us > hit.at_us)
    first_us = next(later, None)
    return first_us if first_us is not None and first_us <= hit.at_us + _WITHIN_US else None


def _claimed_by(kind: str, event: Event) -> str:
    if event.HasField("stream_started") and kind == "edge":
        return event.stream_started.worker
    return event.stage_claimed.worker if event.HasField("stage_claimed") and event.stage == kind else ""


def _is_active(call: Call, at_us: int) -> bool:
    return bool(call.events) and call.events[0].sent_at_us <= at_us <= call.events[-1].sent_at_us
