"""Turns a call's events into steps of a caller whose times are relative to the agent's speech. No I/O.

A test must not depend on absolute times: a faster or slower agent would shift everything. So each utterance
begins after the agent has finished, as in the call, or this long after it started to speak.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from cli.testing.outcome import Outcome
from parley.events.envelope import event_body
from parley.v1 import call_pb2, speech_pb2
from services.recorder.transcript import Line

_PADDING_BEFORE_MS, _PADDING_AFTER_MS = 250, 150
"""The detector finds speech a little late, and its end is the last frame with speech."""
_JOINED_MS = 1500
"""Pauses within one utterance; longer ones become a step."""
_AGENT_JOINED_MS = 400
_MIN_SILENCE_MS = 700.0
_SILENCE_MARGIN_MS = 400.0
_KEY_INTERVAL_MS = 1500
_MIN_PAUSE_MS = 100
_WORD_MS = 350
_LISTEN_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time; call time in milliseconds."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Utterance:
    """The caller's speech without a long pause, and its words; without any, for example a cough."""

    span: Span
    text: str = ""
    word_ends_ms: tuple[int, ...] = ()
    """Ends of its words from its start; empty if they do not fit the text."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys that the caller pressed one after another."""

    span: Span
    digits: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """The caller ended the call."""

    span: Span


Action = Utterance | Keys | HangUp


@dataclass(frozen=True, slots=True)
class Timing:
    """When an action begins: after this silence of the agent, this pause, or this long after it spoke."""

    silence_ms: float = 0.0
    pause_ms: float = 0.0
    after_agent_starts_ms: float | None = None


def utterances(outcome: Outcome, audio_ms: float) -> list[Utterance]:
    """Speech of the caller, with the words of the turns; `audio_ms` is the length of the stored audio."""
    limit_ms = int(audio_ms) or outcome.duration_ms
    lines = [line for line in outcome.lines if line.speaker == "caller"]
    spans = [*_speech_spans(outcome), *map(_span_of, lines)]
    padded = [
        Span(max(0, span.start_ms - _PADDING_BEFORE_MS), min(limit_ms, span.end_ms + _PADDING_AFTER_MS))
        for span in spans
        if span.end_ms > span.start_ms and span.start_ms < limit_ms
    ]
    joined = _joined(padded, _JOINED_MS, agent_spans(outcome))
    words = _words(outcome)
    return [_utterance(span, lines, words) for span in joined]


def _utterance(span: Span, lines: Sequence[Line], words: Sequence[speech_pb2.Word]) -> Utterance:
    text = " ".join(line.text for line in lines if _is_within(line, span))
    ends = [
        word.end_ms - span.start_ms
        for word in words
        if span.start_ms <= (word.start_ms + word.end_ms) / 2 <= span.end_ms
    ]
    fits = len(ends) == len(text.split()) and ends == sorted(ends)
    return Utterance(span, text, tuple(ends) if fits else ())


def _words(outcome: Outcome) -> list[speech_pb2.Word]:
    """The final words of all turns with their times."""
    return [
        word
        for event in outcome.events
        if isinstance(body := event_body(event), speech_pb2.TranscriptUpdated) and body.final
        for word in body.words
    ]


def _span_of(line: Line) -> Span:
    """The time of a turn; estimated from its words if the start of its speech was not detected."""
    estimated_ms = line.end_ms - _WORD_MS * len(line.text.split())
    return Span(line.start_ms if line.start_ms < line.end_ms else max(0, estimated_ms), line.end_ms)


def _is_within(line: Line, span: Span) -> bool:
    return span.start_ms <= (line.start_ms + line.end_ms) / 2 <= span.end_ms


def agent_spans(outcome: Outcome) -> list[Span]:
    """When the agent spoke."""
    spans = [Span(line.start_ms, line.end_ms) for line in outcome.lines if line.speaker == "agent"]
    return _joined(spans, _AGENT_JOINED_MS, [])


def actions(outcome: Outcome, spoken: Sequence[Utterance]) -> list[Action]:
    """Everything that the caller did, in order."""
    found: list[Action] = [*spoken, *_keys(outcome)]
    if outcome.ended_by in ("completed", "hangup"):
        found.append(HangUp(Span(outcome.duration_ms, outcome.duration_ms)))
    return sorted(found, key=lambda action: action.span.start_ms)


def timings(outcome: Outcome, done: Sequence[Action]) -> list[Timing]:
    """When each action began, relative to the agent's speech."""
    agent = agent_spans(outcome)
    ends = [0, *(action.span.end_ms for action in done)]
    return [_timing(one.span.start_ms, before_ms, agent) for one, before_ms in zip(done, ends, strict=False)]


def steps_before(timing: Timing) -> Iterator[dict[str, Any]]:
    """The steps that wait for the moment of an action."""
    if timing.silence_ms:
        yield {"listen": {"silence_ms": round(timing.silence_ms), "timeout_s": _LISTEN_TIMEOUT_S}}
    if timing.pause_ms:
        yield {"pause": round(timing.pause_ms)}


def _timing(at_ms: int, before_ms: int, agent: Sequence[Span]) -> Timing:
    speaking = next((span for span in agent if span.start_ms <= at_ms < span.end_ms), None)
    if speaking is not None:
        return Timing(after_agent_starts_ms=at_ms - speaking.start_ms)
    # Of speech that had begun while the caller still spoke, the rest counts.
    between = [span for span in agent if before_ms < span.end_ms <= at_ms]
    if not between:
        pause_ms = at_ms - before_ms
        return Timing(pause_ms=pause_ms if pause_ms >= _MIN_PAUSE_MS else 0)
    gaps = [later.start_ms - earlier.end_ms for earlier, later in pairwise(between)]
    widest_ms = max(gaps) + _SILENCE_MARGIN_MS if gaps else 0.0
    return Timing(silence_ms=max(_MIN_SILENCE_MS, at_ms - between[-1].end_ms, widest_ms))


def _speech_spans(outcome: Outcome) -> Iterator[Span]:
    start_ms: int | None = None
    for event in outcome.events:
        match event_body(event):
            case speech_pb2.SpeechStarted(at_ms=at_ms):
                start_ms = at_ms
            case speech_pb2.SpeechStopped(at_ms=at_ms):
                if start_ms is not None:
                    yield Span(start_ms, at_ms)
                start_ms = None
            case _:
                pass
    if start_ms is not None:
        yield Span(start_ms, outcome.duration_ms)


def _keys(outcome: Outcome) -> list[Keys]:
    found: list[Keys] = []
    for event in outcome.events:
        body = event_body(event)
        if not isinstance(body, call_pb2.DtmfPressed):
            continue
        last = found[-1] if found else None
        if last is not None and body.at_ms - last.span.end_ms <= _KEY_INTERVAL_MS:
            found[-1] = Keys(Span(last.span.start_ms, body.at_ms), last.digits + body.digit)
        else:
            found.append(Keys(Span(body.at_ms, body.at_ms), body.digit))
    return found


def _joined(spans: Sequence[Span], gap_ms: int, separators: Sequence[Span]) -> list[Span]:
    """The spans, those with a short gap joined unless one of the separators begins within the gap."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start_ms):
        last = joined[-1] if joined else None
        separated = last is not None and any(
            last.end_ms <= separator.start_ms < span.start_ms for separator in separators
        )
        if last is not None and span.start_ms - last.end_ms <= gap_ms and not separated:
            joined[-1] = Span(last.start_ms, max(last.end_ms, span.end_ms))
        else:
            joined.append(span)
    return joined
