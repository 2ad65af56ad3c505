"""Statistics of barge-ins and false interruptions. No I/O, no clock."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.turns.calls import Call
from parley.events.envelope import event_body
from parley.v1 import playback_pb2, reply_pb2, speech_pb2
from parley.v1.event_pb2 import Event
from sandbox.caller.report import Report
from services.brain import conversation_fold
from services.brain.conversation import Conversation
from services.brain.reply import Reply

_RESUMED_WITHIN_MS = 700.0
_SEAM_CHARACTERS = 3
"""Audio that was cut within a character is decoded twice or not at all."""
_CLOCK_TOLERANCE_US = 100_000
"""How much earlier than in the log audio may appear on the line."""


@dataclass(slots=True)
class BargeInStats:
    """One value per interruption, in milliseconds."""

    silent_after_ms: list[float] = field(default_factory=list)
    """From the caller's first frame with speech to the agent's silence, on the line."""
    overhead_ms: list[float] = field(default_factory=list)
    """From speech.started to playback.paused, by the events' clock."""
    cuts: int = 0
    exact: int = 0
    """Interruptions after which the conversation history matches the audio, to within one word."""
    wrong: list[str] = field(default_factory=list)


@dataclass(slots=True)
class NoiseStats:
    """False interruptions; times are from the end of the noise to the resumed audio."""

    resumed_after: list[float] = field(default_factory=list)
    noises: int = 0
    resumed: int = 0
    damaged: int = 0
    """Calls in which part of a reply was lost or repeated."""


def barge_in_stats(calls: Iterable[Call]) -> BargeInStats:
    """Statistics of all interruptions of the calls."""
    figures = BargeInStats()
    for call in calls:
        figures.silent_after_ms += [barge_in.agent_silent_after_ms for barge_in in call.report.barge_ins]
        figures.overhead_ms += _overhead_ms(call.events)
        for reply in interrupted_replies(call.events):
            played = played_text(call, reply.reply_id)
            if played is None:
                continue
            figures.cuts += 1
            if is_exact(reply, played):
                figures.exact += 1
            else:
                figures.wrong.append(f"history {reply.played_text[-40:]!r}, played {played[-40:]!r}")
    return figures


def is_exact(reply: Reply, played: str) -> bool:
    """Whether the conversation history has what was played of a reply, to within one word at the end.

    Spaces are ignored: none is synthesized between two clauses.
    """
    history = reply.played_text.split()
    minimum, maximum = (
        _normalized(" ".join(history[:-1])),
        _normalized(" ".join(reply.text.split()[: len(history) + 1])),
    )
    actual = _normalized(played)
    return actual[: len(minimum)] == minimum and len(actual) <= len(maximum)


def interrupted_replies(events: Iterable[Event]) -> list[Reply]:
    """The replies that were interrupted after some of them had been played, in order."""
    state = Conversation()
    for event in events:
        state = conversation_fold.evolve(state, event)
    return [reply for reply in state.replies if reply.cancelled == "barge_in" and reply.audible]


def played_text(call: Call, reply_id: str) -> str | None:
    """The played text of an interrupted reply: the audio between its start and its end in the log."""
    call_began_us = call_start_us(call.report)
    start_us = end_us = None
    for event in call.events:
        match event_body(event):
            case playback_pb2.PlaybackStarted(reply_id=name) if name == reply_id and start_us is None:
                start_us = event.sent_at_us
            case playback_pb2.BargeIn(reply_id=name) if name == reply_id:
                end_us = event.sent_at_us
            case _:
                pass
    if call_began_us is None or start_us is None or end_us is None:
        return None
    lines = (
        line.text or ""
        for line in call.report.agent_speech
        if start_us - _CLOCK_TOLERANCE_US <= call_began_us + line.start_ms * 1000 <= end_us
    )
    return "".join(lines)


def call_start_us(report: Report) -> float | None:
    """UTC time of the call's first frame, from the two clocks of the first answer; None without an answer."""
    for answer, line in zip(report.responses, report.caller_speech, strict=False):
        if answer.gap_ms is not None and answer.first_audio_at is not None:
            return answer.first_audio_at * 1e6 - (line.end_ms + answer.gap_ms) * 1000
    return None


def _overhead_ms(events: Iterable[Event]) -> list[float]:
    found: list[float] = []
    detected_us = 0
    for event in events:
        match event_body(event):
            case speech_pb2.SpeechStarted():
                detected_us = event.sent_at_us
            case playback_pb2.PlaybackPaused() if detected_us:
                found.append((event.sent_at_us - detected_us) / 1000)
                detected_us = 0
            case _:
                pass
    return found


def noise_stats(calls: Iterable[Call]) -> NoiseStats:
    """Statistics of all noises during the agent's speech."""
    figures = NoiseStats()
    for call in calls:
        for barge_in in call.report.barge_ins:
            noise = next(
                s for s in call.report.caller_speech if s.start_ms <= barge_in.spoke_at_ms <= s.end_ms
            )
            silent_ms = barge_in.spoke_at_ms + barge_in.agent_silent_after_ms
            resumed_ms = next(
                (h.start_ms for h in call.report.agent_speech if h.start_ms >= silent_ms), float("inf")
            )
            figures.noises += 1
            # An agent that speaks when the noise ends has not paused, or has already resumed.
            after_ms = 0.0 if silent_ms >= noise.end_ms else max(0.0, resumed_ms - noise.end_ms)
            figures.resumed_after.append(after_ms)
            figures.resumed += after_ms <= _RESUMED_WITHIN_MS
        figures.damaged += is_damaged(call)
    return figures


def is_damaged(call: Call) -> bool:
    """Whether the played audio differs from the replies' text: a word lost or repeated."""
    texts: dict[str, str] = {}
    for event in call.events:
        match event_body(event):
            case reply_pb2.ReplyClause(reply_id=reply_id, text=text):
                texts[reply_id] = texts.get(reply_id, "") + text
            case _:
                pass
    expected = _normalized("".join(texts.values()))
    played = _normalized("".join(line.text or "" for line in call.report.agent_speech))
    matcher = difflib.SequenceMatcher(None, expected, played, autojunk=False)
    return any(
        max(b - a, d - c) > _SEAM_CHARACTERS for kind, a, b, c, d in matcher.get_opcodes() if kind != "equal"
    )


def _normalized(text: str) -> str:
    return "".join(text.split())
