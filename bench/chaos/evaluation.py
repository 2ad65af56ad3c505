"""Losses of calls: words of the caller, sentences of the agent, time. No I/O, no clock."""

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
"""A takeover within this time is attributed to the fault before it."""
_SEAM_MS = 200.0
"""Normal silence between two sentences."""
_ALL_CALLS = ("nats", "postgres", "deepgram", "openai", "elevenlabs", "realtime")


@dataclass(slots=True)
class Losses:
    """Losses of one round."""

    calls: int = 0
    calls_dropped: int = 0
    words_lost: int = 0
    words_doubled: int = 0
    sentences_lost: int = 0
    sentences_doubled: int = 0
    tool_effects_doubled: int = 0
    pause_ms: list[float] = field(default_factory=list)
    """The longest unexpected silence after each fault, in each affected call."""
    takeover_ms: list[float] = field(default_factory=list)
    """From the fault to the next owner's first event, for each affected call."""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch without audio while the agent should speak; UTC wall clock, microseconds."""

    from_us: float
    to_us: float
    expected_ms: float
    """The normal part of it."""

    @property
    def excess_ms(self) -> float:
        """The unexpected part of it."""
        return max(0.0, (self.to_us - self.from_us) / 1000 - self.expected_ms)


def evaluate(
    calls: Sequence[Call],
    faults: Sequence[Fault],
    losses: Losses,
    effects: Callable[[str], int] | None = None,
) -> None:
    """Add the losses of these calls to `losses`; `effects` returns the number of tool effects of a call."""
    usual_ms = usual_gaps(calls)
    for call in calls:
        losses.calls += 1
        _words(call, losses)
        _sentences(call, losses)
        _tools(call, losses)
        if effects is not None:
            _effects(call, effects(call.call_sid), losses)
        quiet = silences(call.report, usual_ms)
        for fault in faults:
            if not is_active(call, fault.at_us) or not (
                fault.kind in _ALL_CALLS or is_owner(call.events, fault)
            ):
                continue
            losses.pause_ms.append(_pause_ms(quiet, fault.at_us))
            takeover_us = _takeover_us(call.events, fault)
            if takeover_us is not None:
                losses.takeover_ms.append((takeover_us - fault.at_us) / 1000)


def _words(call: Call, losses: Losses) -> None:
    spoken = [word for line in call.report.caller_speech for word in normalize(line.text)]
    turns = _turns(call.events)
    transcribed = [word for turn in sorted(turns) for word in normalize(turns[turn])]
    lost, doubled = _differences(spoken, transcribed)
    losses.words_lost += lost
    losses.words_doubled += doubled
    if lost or doubled:
        losses.notes.append(
            f"{call.call_sid}: spoken {' '.join(spoken)!r}, transcribed {' '.join(transcribed)!r}"
        )


def _turns(events: Iterable[Event]) -> Mapping[int, str]:
    """The words of each turn; in mode `realtime` they may follow its end."""
    turns: dict[int, str] = {}
    pending: set[int] = set()
    for event in events:
        if event.HasField("turn_ended"):
            ended = event.turn_ended
            turns[ended.turn] = ended.text
            pending |= {ended.turn} if ended.transcript_pending else set()
        elif event.HasField("transcript_updated") and event.transcript_updated.turn in pending:
            update = event.transcript_updated
            turns[update.turn] = update.text if update.final else turns[update.turn]
    return turns


def _differences(expected: Sequence[str], actual: Sequence[str]) -> tuple[int, int]:
    """Number of words missing from `actual`, and of surplus words in it."""
    blocks = SequenceMatcher(None, expected, actual, autojunk=False).get_matching_blocks()
    same = sum(block.size for block in blocks)
    return len(expected) - same, len(actual) - same


def _sentences(call: Call, losses: Losses) -> None:
    """Count how often each sentence was played: the median count of its distinctive words."""
    lines = [line.text or "" for line in call.report.agent_speech]
    # A word with a pause in it is received in two pieces.
    played, rejoined = normalize(" ".join(lines)), normalize("".join(lines))
    letters = "".join(rejoined)
    questions = [line.text for line in call.report.caller_speech]
    if call.report.outcome != "completed" or GOODBYE not in questions:
        losses.calls_dropped += 1
        losses.notes.append(f"{call.call_sid}: {call.report.outcome}, after {len(questions)} turns")
    for sentence in (s for text in questions for s in answer_to(text)):
        words = expected_words(sentence)
        # Where one reply follows another without a pause, two words are received as one.
        counts = (max(played.count(word), rejoined.count(word)) or letters.count(word) for word in words)
        times = round(median(counts))
        losses.sentences_lost += times == 0
        losses.sentences_doubled += max(0, times - 1)
        if times != 1:
            losses.notes.append(f"{call.call_sid}: {sentence!r} was played {times} times")


def _tools(call: Call, losses: Losses) -> None:
    returned = [e.tool_returned.tool_call_id for e in call.events if e.HasField("tool_returned")]
    names = [e.tool_called.name for e in call.events if e.HasField("tool_called")]
    # A repeat with the same key is harmless by contract; effects are counted by the service.
    ended = [call_id for call_id in returned if _tool_name(call, call_id) == "end_call"]
    doubled = len(ended) - len(set(ended)) + max(0, names.count("end_call") - 1)
    losses.tool_effects_doubled += doubled
    if doubled:
        losses.notes.append(f"{call.call_sid}: tools {names}, returned {returned}")


def _tool_name(call: Call, tool_call_id: str) -> str:
    """Name of the tool of a call id."""
    called = (e.tool_called for e in call.events if e.HasField("tool_called"))
    return next((tool.name for tool in called if tool.tool_call_id == tool_call_id), "")


def _effects(call: Call, actual: int, losses: Losses) -> None:
    expected = sum(wants_tool(line.text) for line in call.report.caller_speech)
    losses.tool_effects_doubled += max(0, actual - expected)
    if actual != expected:
        losses.notes.append(f"{call.call_sid}: {actual} tool effects, expected {expected}")


def usual_gaps(calls: Sequence[Call]) -> Mapping[bool, float]:
    """Median silence before an answer, with and without a tool call."""
    gaps: dict[bool, list[float]] = {True: [], False: []}
    for call in calls:
        for line, answer in zip(call.report.caller_speech, call.report.responses, strict=False):
            if answer.gap_ms is not None:
                gaps[wants_tool(line.text)].append(answer.gap_ms)
    return {tool: median(some) if some else 0.0 for tool, some in gaps.items()}


def silences(report: Report, usual_ms: Mapping[bool, float]) -> list[Silence]:
    """Stretches in which the agent should have been audible and was not."""
    began_us = call_start_us(report)
    if began_us is None:
        return []
    found: list[Silence] = []
    caller = [(line.start_ms, line.end_ms) for line in report.caller_speech]
    agent = [(line.start_ms, line.end_ms) for line in report.agent_speech]
    for (_, end_ms), (start_ms, _) in pairwise(agent):
        if not any(end_ms <= begin_ms < start_ms for begin_ms, _ in caller):
            found.append(Silence(began_us + end_ms * 1000, began_us + start_ms * 1000, _SEAM_MS))
    for answer, line in zip(report.responses, report.caller_speech, strict=False):
        if answer.gap_ms is not None:
            from_us = began_us + line.end_ms * 1000
            expected_ms = usual_ms[wants_tool(line.text)]
            found.append(Silence(from_us, from_us + answer.gap_ms * 1000, expected_ms))
    return found


def _pause_ms(quiet: Iterable[Silence], at_us: int) -> float:
    near = (s.excess_ms for s in quiet if s.to_us >= at_us and s.from_us <= at_us + _WITHIN_US / 3)
    return max(near, default=0.0)


def is_owner(events: Iterable[Event], fault: Fault) -> bool:
    """Whether the affected process owned the call."""
    workers = [claimed_by(fault.kind, event) for event in events if event.sent_at_us <= fault.at_us]
    last = next((worker for worker in reversed(workers) if worker), "")
    return last.rpartition("/")[2] == str(fault.pid)


def _takeover_us(events: Iterable[Event], fault: Fault) -> int | None:
    """When the next owner took the call over; None if it did not."""
    later = (e.sent_at_us for e in events if claimed_by(fault.kind, e) and e.sent_at_us > fault.at_us)
    first_us = next(later, None)
    return first_us if first_us is not None and first_us <= fault.at_us + _WITHIN_US else None


def claimed_by(kind: str, event: Event) -> str:
    """The process that claims a stage with this event; empty for another event."""
    if event.HasField("stream_started") and kind == "edge":
        return event.stream_started.worker
    return event.stage_claimed.worker if event.HasField("stage_claimed") and event.stage == kind else ""


def is_active(call: Call, at_us: int) -> bool:
    """Whether the call was in progress."""
    return bool(call.events) and call.events[0].sent_at_us <= at_us <= call.events[-1].sent_at_us
