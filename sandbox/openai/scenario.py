"""Scripted answers of the model: rules read from YAML. No clock.

The `say` of a rule may contain `{user}` and `{assistant}`, the last message of each, and the named groups of
the rule's `when`. `say` and the texts of `arguments` may contain `{result.KEY.0.KEY}`, a value of the last
result of a tool.
"""

import json
import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from sandbox.openai.faults import FAULTS
from sandbox.openai.realtime_faults import RESPONSE_FAULTS
from sandbox.openai.tool_result import ToolResult, fill_arguments, last_result

_FOLDER = Path(__file__).parent / "scenarios"
_NOT_SPOKEN = ("[Instruction, not from the caller", "[The call begins.]", "[The caller is silent.]")
"""Beginnings of lines in the user's messages that a model does not take for the caller's words."""
_KEYS = {"when", "after", "turn", "tool_result", "say", "call", "wait_ms", "fault", "fault_after"}


class ScenarioError(ValueError):
    """A scenario is invalid; the message names the file and the rule."""


@dataclass(frozen=True, slots=True)
class ScriptedCall:
    """A tool call of an answer."""

    name: str
    arguments: str = "{}"
    """JSON."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the model: its text and its tool calls."""

    text: str = ""
    calls: tuple[ScriptedCall, ...] = ()
    wait_ms: float | None = None
    """Time to the first token; None for the emulator's setting."""
    fault: str = ""
    fault_after: int | None = None
    """Tokens of the text before a fault within it; None for the emulator's setting."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An answer and the conditions for it; every condition that is set must hold."""

    say: str
    calls: tuple[ScriptedCall, ...]
    when: re.Pattern[str] | None = None
    """Pattern to find in the last user message."""
    after: re.Pattern[str] | None = None
    """Pattern to find in the last assistant message."""
    turn: int = 0
    """Number of the user message, from 1; 0 for any."""
    tool_result: str = ""
    """Name of the tool whose result is being answered; empty: the rule does not answer tool results."""
    wait_ms: float | None = None
    fault: str = ""
    """Fault of this answer: a value of the llm_fault or the realtime_fault setting."""
    fault_after: int | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A list of rules; the first that matches determines the answer."""

    name: str
    rules: tuple[Rule, ...]

    def answer(self, messages: Sequence[Mapping[str, Any]]) -> Answer:
        """Answer these chat messages; if they end with part of the answer, the rest of it is returned."""
        messages = [_spoken(message) for message in messages]
        full = self._full_answer(messages)
        prefix = _partial_answer(messages)
        if prefix and full.text.startswith(prefix):
            return replace(full, text=full.text[len(prefix) :].lstrip())
        return full

    def _full_answer(self, messages: Sequence[Mapping[str, Any]]) -> Answer:
        users = [_text(m) for m in messages if m["role"] == "user"]
        assistants = [_text(m) for m in messages if m["role"] == "assistant"]
        user, assistant = (users or [""])[-1], (assistants or [""])[-1]
        tool = _answered_tool(messages)
        for rule in self.rules:
            if rule.tool_result != tool or (rule.turn and rule.turn != len(users)):
                continue
            if rule.after and not rule.after.search(assistant):
                continue
            match = rule.when.search(user) if rule.when else re.match("", "")
            if match:
                return _fill(rule, user, assistant, match, last_result(messages))
        return Answer("I see." if not tool else "Done.")


def _spoken(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """The message without instructions, which servers with few roles get among the caller's words."""
    if message["role"] != "user":
        return message
    lines = _text(message).splitlines()
    spoken = [line for line in lines if not line.startswith(_NOT_SPOKEN)]
    if spoken == lines:
        return message
    # Without words it is no message of the caller: the answer continues.
    return {**message, "content": "\n".join(spoken)} if spoken else {"role": "system", "content": ""}


def _partial_answer(messages: Sequence[Mapping[str, Any]]) -> str:
    """Text of the assistant messages after the last user or tool message."""
    texts: list[str] = []
    for message in reversed(messages):
        if message["role"] in ("user", "tool"):
            break
        if message["role"] == "assistant":
            texts.insert(0, _text(message))
    return " ".join(text for text in texts if text)


def _fill(rule: Rule, user: str, assistant: str, match: re.Match[str], result: ToolResult) -> Answer:
    groups = {name: (value or "").strip(" .,!?") for name, value in match.groupdict().items()}
    text = rule.say.format_map(
        {"user": user.strip(), "assistant": assistant.strip(), **groups, "result": result}
    )
    calls = tuple(replace(call, arguments=fill_arguments(call.arguments, result)) for call in rule.calls)
    return Answer(text, calls, rule.wait_ms, rule.fault, rule.fault_after)


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content)
    return str(content)


def _answered_tool(messages: Sequence[Mapping[str, Any]]) -> str:
    """Name of the tool whose result is being answered, also after a partial answer; empty for none."""
    last = next((message for message in reversed(messages) if message["role"] in ("user", "tool")), None)
    if last is None or last["role"] != "tool":
        return ""
    call_id = last.get("tool_call_id")
    for message in reversed(messages):
        for call in message.get("tool_calls") or ():
            if call["id"] == call_id:
                return str(call["function"]["name"])
    return "?"


def read_scenario(name: str) -> Scenario:
    """Read the scenario `name` from the scenarios folder, or from a path that ends in .yaml.

    Raises:
        ScenarioError: the file does not exist or contains an invalid rule.
    """
    path = Path(name) if name.endswith(".yaml") else _FOLDER / f"{Path(name).name}.yaml"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, yaml.YAMLError) as error:
        text = str(error) if isinstance(error, ScenarioError) else f"{path}: {error}"
        raise ScenarioError(text) from None


@lru_cache(maxsize=32)
def _read(path: Path, _modified_ns: int) -> Scenario:
    """Read a file; cached until it is modified, because every request reads it."""
    return parse_scenario(yaml.safe_load(path.read_text("utf-8")), str(path), path.stem)


def parse_scenario(data: object, source: str, name: str = "") -> Scenario:
    """Parse a scenario from loaded YAML; `source` names it in errors.

    Raises:
        ScenarioError: there is no list of rules, or a rule is invalid.
    """
    if not isinstance(data, dict) or not isinstance(data.get("rules"), list):
        raise ScenarioError(f"{source}: must contain a list `rules`")
    rules = [_rule(rule, f"{source}: rule {number}") for number, rule in enumerate(data["rules"], 1)]
    if "otherwise" in data:
        rules.append(_rule(data["otherwise"], f"{source}: otherwise"))
    return Scenario(name, tuple(rules))


def scenario_names() -> tuple[str, ...]:
    """Names of the scenarios in the folder."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def has_scenario(name: str) -> bool:
    """Whether `name` is a scenario of the folder or the path of an existing file."""
    return name in scenario_names() or (name.endswith(".yaml") and Path(name).is_file())


def _rule(data: Any, where: str) -> Rule:
    if not isinstance(data, dict):
        raise ScenarioError(f"{where}: expected `say` or `call`")
    if unknown := sorted(set(data) - _KEYS):
        raise ScenarioError(f"{where}: unknown key {unknown[0]!r} (known: {', '.join(sorted(_KEYS))})")
    call = data.get("call") or []
    try:
        rule = Rule(
            say=" ".join(str(data.get("say", "")).split()),
            calls=tuple(_call(entry) for entry in (call if isinstance(call, list) else [call])),
            when=re.compile(data["when"], re.IGNORECASE) if "when" in data else None,
            after=re.compile(data["after"], re.IGNORECASE) if "after" in data else None,
            turn=int(data.get("turn", 0)),
            tool_result=str(data.get("tool_result", "")),
            wait_ms=float(data["wait_ms"]) if "wait_ms" in data else None,
            fault=str(data.get("fault", "")),
            fault_after=int(data["fault_after"]) if "fault_after" in data else None,
        )
        _check_names(rule)
    except (re.error, ValueError, TypeError, AttributeError, KeyError) as error:
        raise ScenarioError(f"{where}: {error}") from None
    return rule


def _call(data: Any) -> ScriptedCall:
    """A tool call of a rule: its name, or its name and arguments."""
    if isinstance(data, str):
        return ScriptedCall(data)
    return ScriptedCall(str(data["name"]), json.dumps(dict(data.get("arguments") or {})))


def _check_names(rule: Rule) -> None:
    faults = (*FAULTS, *RESPONSE_FAULTS)
    if rule.fault and rule.fault not in faults:
        raise ValueError(f"unknown fault {rule.fault!r} (known: {', '.join(faults)})")
    allowed = {"user", "assistant", *(rule.when.groupindex if rule.when else ())}
    for _, name, _, _ in string.Formatter().parse(rule.say):
        if name is not None and name.partition(".")[0] != "result" and name not in allowed:
            raise ValueError(f"unknown placeholder {{{name}}} in `say` (known: {', '.join(sorted(allowed))})")
