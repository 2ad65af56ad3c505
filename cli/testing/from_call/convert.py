"""Converts a recorded call into the content of a test file and its audio. No I/O, no clock."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import yaml

from cli.testing.from_call.caller_steps import (
    Action,
    HangUp,
    Keys,
    Timing,
    Utterance,
    actions,
    steps_before,
    timings,
    utterances,
)
from cli.testing.from_call.model_rules import model_rules
from cli.testing.from_call.recorded_call import RecordedCall
from cli.testing.from_call.redaction import redact, redact_data, redact_keys
from cli.testing.outcome import Outcome
from cli.testing.turns import summarize, to_data
from parley.audio.g711 import BYTES_PER_MS
from parley.events.envelope import event_body
from parley.v1.call_pb2 import CallStarted

_MAX_ARGUMENT_WORDS = 3
"""Longer arguments are free text, which a model never repeats word for word."""
_END_TIMEOUT_S = 30


class _Dumper(yaml.SafeDumper):
    """Writes lists of numbers in one line."""

    def represent_sequence(
        self, tag: str, sequence: Any, flow_style: bool | None = None
    ) -> yaml.SequenceNode:
        numbers = bool(sequence) and all(isinstance(item, int | float) for item in sequence)
        return super().represent_sequence(tag, sequence, flow_style=numbers or flow_style)


@dataclass(frozen=True, slots=True)
class ConvertedCall:
    """The test that was made of a call."""

    call_sid: str
    agent: str
    """Name of the agent file that answered."""
    text: str
    """The test file."""
    audio: dict[str, bytes]
    """Mu-law by file name, relative to the test file."""
    contents: tuple[str, ...]
    """The personal data in it."""


def convert(call: RecordedCall, *, redacted: bool = False) -> ConvertedCall:
    """Convert a call; with `redacted`, numbers are replaced, and spoken by a synthetic voice."""
    outcome = call.outcome
    started = started_of(outcome)
    spoken = utterances(outcome, len(call.caller_audio) / BYTES_PER_MS)
    done = actions(outcome, spoken)
    audio: dict[str, bytes] = {}
    steps: list[Any] = []
    for action, timing in zip(done, timings(outcome, done), strict=True):
        steps += steps_before(timing)
        steps += _steps(action, timing, call, audio, redacted=redacted)
    if not any(isinstance(action, HangUp) for action in done):
        steps.append({"expect_hang_up": {"timeout_s": _END_TIMEOUT_S}})
    sections: dict[str, Any] = {"about": _about(call, started)}
    if facts := _call_facts(started, redacted=redacted):
        sections["call"] = facts
    sections |= {
        "model": model_rules(outcome, redacted=redacted),
        "caller": steps,
        "expect": _expectations(outcome),
        "recorded": to_data(summarize(outcome)),
    }
    if not sections["model"]:
        del sections["model"]
    if redacted:
        sections = {key: value if key == "about" else redact_data(value) for key, value in sections.items()}
        sections["caller"] = steps
    contents = _contents(call, audio, redacted=redacted)
    call_sid = call.outcome.played.call_sid
    return ConvertedCall(call_sid, started.agent, _text(sections, contents), audio, contents)


def started_of(outcome: Outcome) -> CallStarted:
    """The event with which the call began; an empty one if the log does not have it."""
    bodies = (event_body(event) for event in outcome.events)
    return next((body for body in bodies if isinstance(body, CallStarted)), CallStarted())


def _steps(
    action: Action, timing: Timing, call: RecordedCall, audio: dict[str, bytes], *, redacted: bool
) -> Iterator[Any]:
    after_ms = timing.after_agent_starts_ms
    when: dict[str, Any] = {} if after_ms is None else {"after_agent_starts_ms": round(after_ms)}
    match action:
        case Utterance(text=text) as utterance:
            words = redact(text) if redacted else text
            mulaw = _audio_of(utterance, call)
            if not mulaw or words != text:
                if words:
                    yield {"say": {"text": words, **when}} if when else {"say": words}
                return
            name = f"{call.outcome.played.call_sid}/{len(audio) + 1:02}.wav"
            audio[name] = mulaw
            spoken: dict[str, Any] = {"text": words} if words else {}
            if utterance.word_ends_ms:
                spoken["word_ends_ms"] = list(utterance.word_ends_ms)
            yield {"play": {"file": name, **spoken, **when}}
        case Keys(digits=digits):
            keys = redact_keys(digits) if redacted else digits
            yield {"press": {"digits": keys, **when}} if when else {"press": keys}
        case HangUp():
            yield {"hang_up": when} if when else "hang_up"


def _audio_of(utterance: Utterance, call: RecordedCall) -> bytes:
    span = utterance.span
    return call.caller_audio[span.start_ms * BYTES_PER_MS : span.end_ms * BYTES_PER_MS]


def _call_facts(started: CallStarted, *, redacted: bool) -> dict[str, Any]:
    """The numbers and the parameters of the call; numbers are left out of a redacted one."""
    facts: dict[str, Any] = {}
    if not redacted and started.from_number:
        facts = {"from": started.from_number, "to": started.to_number}
    parameters = dict(getattr(started, "parameters", {}))
    return {**facts, "parameters": parameters} if parameters else facts


def _about(call: RecordedCall, started: CallStarted) -> str:
    outcome = call.outcome
    at = datetime.fromtimestamp(outcome.clock.started_at_us / 1e6, UTC)
    agent = f" by {started.agent}" if started.agent else ""
    return f"Call {outcome.played.call_sid}, answered{agent} on {at:%Y-%m-%d}."


def _expectations(outcome: Outcome) -> dict[str, Any]:
    expect: dict[str, Any] = {}
    if outcome.turns:
        expect["the caller's turns"] = outcome.turns
    greeting = next((reply.text.strip() for reply in outcome.replies if not reply.turn), "")
    if greeting:
        expect["the agent says"] = [greeting]
    if outcome.tools:
        expect["tools called"] = [_tool(call.name, call.arguments) for call in outcome.tools]
    if not outcome.failures:
        expect["failures"] = 0
    if outcome.ended_by:
        expect["ended by"] = "completed" if outcome.ended_by == "hangup" else outcome.ended_by
    return expect or {"failures": "at least 0"}


def _tool(name: str, arguments: Any) -> Any:
    items = arguments.items() if isinstance(arguments, dict) else ()
    exact = {
        key: value
        for key, value in items
        if isinstance(value, bool | int | float)
        or (isinstance(value, str) and 0 < len(value.split()) <= _MAX_ARGUMENT_WORDS)
    }
    return {"name": name, "arguments": exact} if exact else name


def _contents(call: RecordedCall, audio: dict[str, bytes], *, redacted: bool) -> tuple[str, ...]:
    found = ["the words of both sides", "the arguments of tools"] if call.outcome.tools else []
    found = found or ["the words of both sides"]
    if redacted:
        found[0] += ", with other digits in long numbers"
        found += [f"{len(audio)} audio files with the caller's voice, without long numbers"] if audio else []
    else:
        found += ["the telephone numbers of both sides"]
        found += [f"{len(audio)} audio files with the caller's voice"] if audio else []
    return tuple(found)


def _text(sections: dict[str, Any], contents: tuple[str, ...]) -> str:
    header = "Made by `parley test --from-call`; contains " + ", ".join(contents) + "."
    comments = [f"# {line}" for line in textwrap.wrap(header, 100)]
    parts = [
        yaml.dump({key: value}, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)
        for key, value in sections.items()
    ]
    return "\n".join(comments) + "\n" + "".join(parts)
