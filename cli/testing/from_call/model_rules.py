"""Rules for the emulated model that repeat the answers of a recorded call. No I/O, no clock."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cli.testing.outcome import Outcome
from parley.events.envelope import event_body
from parley.v1 import reply_pb2
from parley.v1.reply_pb2 import REPLY_KIND_ANSWER


@dataclass(slots=True)
class _Answer:
    """A reply of the model with its tool calls."""

    turn: int
    text: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    cancelled: str = ""


def model_rules(outcome: Outcome, changed: Callable[[str], str] = lambda text: text) -> list[dict[str, Any]]:
    """One rule for each answer: to the words of a turn, as `changed`, or to the result of a tool."""
    turns = {number: changed(text) for number, text in enumerate(outcome.turns, 1)}
    rules: list[dict[str, Any]] = []
    used: set[tuple[str, str]] = set()
    for number in sorted(turns):
        pattern = _pattern(turns[number])
        tool = ""
        for answer in _answers(outcome, number):
            rule: dict[str, Any] = {"when": pattern} if pattern else {"turn": number}
            if (pattern, tool) in used:
                # The same words once more: only the number of the turn distinguishes them.
                rule = {"turn": number, **rule}
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


def _answers(outcome: Outcome, turn: int) -> Iterator[_Answer]:
    answers: dict[str, _Answer] = {}
    for event in outcome.events:
        match event_body(event):
            case reply_pb2.ReplyStarted() as body if body.kind == REPLY_KIND_ANSWER and body.turn == turn:
                answers.setdefault(body.reply_id, _Answer(body.turn))
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
        if answer.cancelled not in ("speculation", "stream_lost") and (answer.text or answer.calls):
            yield answer


def _call(outcome: Outcome, body: reply_pb2.ToolCalled) -> dict[str, Any]:
    arguments = next((c.arguments for c in outcome.tools if c.tool_call_id == body.tool_call_id), None)
    return {"name": body.name, **({"arguments": arguments} if arguments else {})}


def _pattern(text: str) -> str:
    """A pattern for these words with any punctuation; empty without words."""
    return r"\W+".join(re.findall(r"\w+", text.lower()))


def _escaped(text: str) -> str:
    """The text as a rule's `say`, in which braces are placeholders."""
    return " ".join(text.split()).replace("{", "{{").replace("}", "}}")
