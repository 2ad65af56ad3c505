"""Interruptions, true and false, as figures. No I/O, no clock."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.turns.calls import Call
from parley.events.envelope import event_body
from parley.v1 import playback_pb2, reply_pb2, speech_pb2
from parley.v1.event_pb2 import Event
from sandbox.caller.report import Report
from services.brain import conversation
from services.brain.conversation import Conversation
from services.brain.reply import Reply

_RESUMED_WITHIN_MS = 700.0
_SEAM_CHARACTERS = 3
"""Where the sound was cut within a character it is read twice or not at all."""
_CLOCK_TOLERANCE_US = 100_000
"""By so much a sound may be on the line before the log says so."""


@dataclass(slots=True)
class BargeInStats:
    """Milliseconds, one of each an interruption."""

    silent_after_ms: list[float] = field(default_factory=list)
    """From the caller's first voiced frame to the agent's silence, as on the line."""
    overhead_ms: list[float] = field(default_factory=list)
    """From the detector's word to the clearing of the buffer, by the events' clock."""
    cuts: int = 0
    exact: int = 0
    """Cuts after which the history keeps what was heard, to within one word."""
    wrong: list[str] = field(default_factory=list)


@dataclass(slots=True)
class NoiseStats:
    """Milliseconds from a noise's end to the agent's sound going on."""

    resumed_after: list[float] = field(default_factory=list)
    noises: int = 0
    resumed: int = 0
    damaged: int = 0
    """Replies that were not heard whole, or of which something was heard twice."""


def barge_in_stats(calls: Iterable[Call]) -> BargeInStats:
    """Of all interruptions of these calls."""
    figures = BargeInStats()
    for call in calls:
        figures.silent_after_ms += [barge_in.agent_silent_after_ms for barge_in in call.report.barge_ins]
        figures.overhead_ms += _overhead_ms(call.events)
        for reply in interrupted_replies(call.events):
            heard = played_text(call, reply.reply_id)
            if heard is None:
                continue
            figures.cuts += 1
            if is_exact(reply, heard):
                figures.exact += 1
            else:
                figures.wrong.append(f"kept {reply.played_text[-40:]!r}, heard {heard[-40:]!r}")
    return figures


def is_exact(reply: Reply, heard: str) -> bool:
    """Whether the history keeps of a reply what was heard, to within one word at the end.

    Compared by letters: between two clauses the voice says no space.
    """
    kept = reply.played_text.split()
    least, most = _normalized(" ".join(kept[:-1])), _normalized(" ".join(reply.text.split()[: len(kept) + 1]))
    bare = _normalized(heard)
    return bare[: len(least)] == least and len(bare) <= len(most)


def interrupted_replies(events: Iterable[Event]) -> list[Reply]:
    """The replies that the caller broke off after having heard some of them, in their order."""
    known = Conversation()
    for event in events:
        known = conversation.evolve(known, event)
    return [reply for reply in known.replies if reply.cancelled == "barge_in" and reply.audible]


def played_text(call: Call, reply_id: str) -> str | None:
    """What the caller heard of a reply that was broken off: all between its start and its end in the log."""
    began_us = call_start_us(call.report)
    start_us = end_us = None
    for event in call.events:
        match event_body(event):
            case playback_pb2.PlaybackStarted(reply_id=name) if name == reply_id and start_us is None:
                start_us = event.sent_at_us
            case playback_pb2.BargeIn(reply_id=name) if name == reply_id:
                end_us = event.sent_at_us
            case _:
                pass
    if began_us is None or start_us is None or end_us is None:
        return None
    lines = (
        line.text or ""
        for line in call.report.agent_speech
        if start_us - _CLOCK_TOLERANCE_US <= began_us + line.start_ms * 1000 <= end_us
    )
    return "".join(lines)


def call_start_us(report: Report) -> float | None:
    """Wall clock of the call's first frame, by the first answer's two times; None without one."""
    for answer, line in zip(report.responses, report.caller_speech, strict=False):
        if answer.gap_ms is not None and answer.first_audio_at is not None:
            return answer.first_audio_at * 1e6 - (line.end_ms + answer.gap_ms) * 1000
    return None


def _overhead_ms(events: Iterable[Event]) -> list[float]:
    own: list[float] = []
    heard_us = 0
    for event in events:
        match event_body(event):
            case speech_pb2.SpeechStarted():
                heard_us = event.sent_at_us
            case playback_pb2.PlaybackPaused() if heard_us:
                own.append((event.sent_at_us - heard_us) / 1000)
                heard_us = 0
            case _:
                pass
    return own


def noise_stats(calls: Iterable[Call]) -> NoiseStats:
    """Of all noises made into the agent's speech."""
    figures = NoiseStats()
    for call in calls:
        for barge_in in call.report.barge_ins:
            noise = next(
                s for s in call.report.caller_speech if s.start_ms <= barge_in.spoke_at_ms <= s.end_ms
            )
            silent_ms = barge_in.spoke_at_ms + barge_in.agent_silent_after_ms
            again_ms = next(
                (h.start_ms for h in call.report.agent_speech if h.start_ms >= silent_ms), float("inf")
            )
            figures.noises += 1
            # Where it was speaking when the noise ended it had not stopped for it, or had gone on already.
            after_ms = 0.0 if silent_ms >= noise.end_ms else max(0.0, again_ms - noise.end_ms)
            figures.resumed_after.append(after_ms)
            figures.resumed += after_ms <= _RESUMED_WITHIN_MS
        figures.damaged += is_damaged(call)
    return figures


def is_damaged(call: Call) -> bool:
    """Whether the caller heard something else than the replies' text: a word lost, a word twice."""
    texts: dict[str, str] = {}
    for event in call.events:
        match event_body(event):
            case reply_pb2.ReplyClause(reply_id=reply_id, text=text):
                texts[reply_id] = texts.get(reply_id, "") + text
            case _:
                pass
    said = _normalized("".join(texts.values()))
    heard = _normalized("".join(line.text or "" for line in call.report.agent_speech))
    matcher = difflib.SequenceMatcher(None, said, heard, autojunk=False)
    return any(
        max(b - a, d - c) > _SEAM_CHARACTERS for kind, a, b, c, d in matcher.get_opcodes() if kind != "equal"
    )


def _normalized(text: str) -> str:
    return "".join(text.split())
