"""Rules for the emulated model that repeat the answers of a recorded call. No I/O, no clock."""

import re
from dataclasses import dataclass, field
from typing import Any

from cli.testing.from_call.redaction import redact, redact_keys
from cli.testing.outcome import Outcome
from parley.events.envelope import event_body
from parley.v1 import reply_pb2, speech_pb2
from parley.v1.reply_pb2 import REPLY_KIND_ANSWER


@dataclass(slots=True)
class _Answer:
    """A reply of the model with its tool calls."""

    turn: int
    keys: str = ""
    """The keys that it answers; empty if it answers words."""
    text: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    cancelled: str = ""

    @property
    def is_used(self) -> bool:
        """Whether it was not discarded and has content."""
        return self.cancelled not in ("speculation", "stream_lost") and bool(self.text or self.calls)


def model_rules(outcome: Outcome, *, redacted: bool = False) -> list[dict[str, Any]]:
    """One rule for each answer: to the words of a turn, to keys, or to the result of a tool.

    With `redacted`, the rules expect other digits in long numbers.
    """
    turns = {number: redact(text) if redacted else text for number, text in enumerate(outcome.turns, 1)}
    rules: list[dict[str, Any]] = []
    used: set[tuple[str, str]] = set()
    tool, before = "", (0, "")
    for answer in _answers(outcome):
        if (answer.turn, answer.keys) != before:
            tool, before = "", (answer.turn, answer.keys)
        keys = redact_keys(answer.keys) if redacted else answer.keys
        pattern = _keys_pattern(keys) or _pattern(turns.get(answer.turn, ""))
        rule: dict[str, Any] = {"when": pattern} if pattern else {"turn": answer.turn}
        if (pattern, tool) in used:
            # The same words once more: only the number of the turn distinguishes them.
            rule = {"turn": answer.turn, **rule}
        if tool:
            rule["tool_result"] = tool
        used.add((pattern, tool))
        rule |= {"say": _escaped(answer.text)} if answer.text else {}
        if answer.calls:
            rule["call"] = answer.calls
            tool = str(answer.calls[-1]["name"])
        rules.append(rule)
    # A rule for one turn must precede the one for any.
    return sorted(rules, key=lambda rule: "turn" not in rule)


def _answers(outcome: Outcome) -> list[_Answer]:
    """The answers of the model in order of their start."""
    answers: dict[str, _Answer] = {}
    turn, keys = 0, ""
    for event in outcome.events:
        match event_body(event):
            case speech_pb2.TurnEnded() as body:
                turn, keys = body.turn, ""
            case reply_pb2.DtmfCollected() as body:
                keys = body.digits
            case reply_pb2.ReplyStarted() as body if body.kind == REPLY_KIND_ANSWER:
                # A speculative answer starts before its turn has ended.
                answered = keys if body.turn <= turn else ""
                answers.setdefault(body.reply_id, _Answer(body.turn, answered))
            case reply_pb2.ReplyClause() as body if body.reply_id in answers:
                answers[body.reply_id].text += body.text
            case reply_pb2.ReplyCancelled() as body if body.reply_id in answers:
                answers[body.reply_id].cancelled = body.reason
            case reply_pb2.ToolCalled() as body if body.reply_id in answers:
                answers[body.reply_id].calls.append(_call(outcome, body))
            case _:
                pass
    for answer in answers.values():
        answer.text = answer.text.strip()
    return [answer for answer in answers.values() if answer.is_used]


def _keys_pattern(keys: str) -> str:
    """A pattern for the input that the model gets for pressed keys; empty without any."""
    return rf"keys pressed: {re.escape(' '.join(keys))}\]" if keys else ""


def _call(outcome: Outcome, body: reply_pb2.ToolCalled) -> dict[str, Any]:
    arguments = next((c.arguments for c in outcome.tools if c.tool_call_id == body.tool_call_id), None)
    return {"name": body.name, **({"arguments": arguments} if arguments else {})}


def _pattern(text: str) -> str:
    """A pattern for these words with any punctuation; empty without words."""
    return r"\W+".join(re.findall(r"\w+", text.lower()))


def _escaped(text: str) -> str:
    """The text as a rule's `say`, in which braces are placeholders."""
    return " ".join(text.split()).replace("{", "{{").replace("}", "}}")
