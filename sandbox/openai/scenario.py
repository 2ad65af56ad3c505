"""What the model answers: rules read from YAML. No clock.

A text to say may hold `{user}` and `{assistant}`, what each said last, and the named groups of its `when`.
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

_FOLDER = Path(__file__).parent / "scenarios"
_KEYS = {"when", "after", "turn", "tool_result", "say", "call", "wait_ms", "fault"}
_FAULTS = ("", "refuse", "hang", "hang_mid", "close_mid", "error_mid", "garbage")


class ScenarioError(ValueError):
    """A scenario that cannot be played; the text names the file and the rule."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says and calls."""

    text: str = ""
    tool: str = ""
    arguments: str = "{}"
    """JSON."""
    wait_ms: float | None = None
    """Until the first token; None for what is set for all."""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """An answer, and when it is given; every condition that is set must hold."""

    say: str
    tool: str
    arguments: Mapping[str, Any]
    when: re.Pattern[str] | None = None
    """Found in what the user said last."""
    after: re.Pattern[str] | None = None
    """Found in what the assistant said last."""
    turn: int = 0
    """The user's n-th message; 0 for any."""
    tool_result: str = ""
    """What is to be answered is this tool's result; empty: it is not a tool's result."""
    wait_ms: float | None = None
    fault: str = ""
    """What goes wrong with this answer; as in the stand-in's settings, or `refuse`."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Rules, tried in order."""

    name: str
    rules: tuple[Rule, ...]

    def answer(self, messages: Sequence[Mapping[str, Any]]) -> Answer:
        """What to say after these chat messages; an answer that was begun is gone on with."""
        whole = self._whole(messages)
        begun = _begun(messages)
        if begun and whole.text.startswith(begun):
            return replace(whole, text=whole.text[len(begun) :].lstrip())
        return whole

    def _whole(self, messages: Sequence[Mapping[str, Any]]) -> Answer:
        users = [_text(m) for m in messages if m["role"] == "user"]
        assistants = [_text(m) for m in messages if m["role"] == "assistant"]
        user, assistant = (users or [""])[-1], (assistants or [""])[-1]
        tool = _tool_of(messages)
        for rule in self.rules:
            if rule.tool_result != tool or (rule.turn and rule.turn != len(users)):
                continue
            if rule.after and not rule.after.search(assistant):
                continue
            match = rule.when.search(user) if rule.when else re.match("", "")
            if match:
                return _fill(rule, user, assistant, match)
        return Answer("I see." if not tool else "Done.")


def _begun(messages: Sequence[Mapping[str, Any]]) -> str:
    """What the assistant has said since the user's, or a tool's, last word."""
    said: list[str] = []
    for message in reversed(messages):
        if message["role"] in ("user", "tool"):
            break
        if message["role"] == "assistant":
            said.insert(0, _text(message))
    return " ".join(part for part in said if part)


def _fill(rule: Rule, user: str, assistant: str, match: re.Match[str]) -> Answer:
    said = {name: (value or "").strip() for name, value in match.groupdict().items()}
    text = rule.say.format_map({"user": user.strip(), "assistant": assistant.strip(), **said})
    return Answer(text, rule.tool, json.dumps(dict(rule.arguments)), rule.wait_ms, rule.fault)


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content)
    return str(content)


def _tool_of(messages: Sequence[Mapping[str, Any]]) -> str:
    """Name of the tool whose result is to be answered, be the answer begun or not; empty for none."""
    asking = next((message for message in reversed(messages) if message["role"] in ("user", "tool")), None)
    if asking is None or asking["role"] != "tool":
        return ""
    wanted = asking.get("tool_call_id")
    for message in reversed(messages):
        for call in message.get("tool_calls") or ():
            if call["id"] == wanted:
                return str(call["function"]["name"])
    return "?"


def read_scenario(name: str) -> Scenario:
    """Read `name` from the scenarios folder, or from a path that ends in .yaml.

    Raises:
        ScenarioError: no such file, or a wrong rule.
    """
    path = Path(name) if name.endswith(".yaml") else _FOLDER / f"{Path(name).name}.yaml"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, yaml.YAMLError) as error:
        text = str(error) if isinstance(error, ScenarioError) else f"{path}: {error}"
        raise ScenarioError(text) from None


@lru_cache(maxsize=32)
def _read(path: Path, _changed_ns: int) -> Scenario:
    """Read once for as long as the file stays the same: each request asks."""
    data = yaml.safe_load(path.read_text("utf-8"))
    if not isinstance(data, dict) or not isinstance(data.get("rules"), list):
        raise ScenarioError(f"{path}: must hold a list `rules`")
    rules = [_rule(rule, f"{path}: rule {number}") for number, rule in enumerate(data["rules"], 1)]
    if "otherwise" in data:
        rules.append(_rule(data["otherwise"], f"{path}: otherwise"))
    return Scenario(path.stem, tuple(rules))


def scenario_names() -> tuple[str, ...]:
    """Those of the folder."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def has_scenario(name: str) -> bool:
    """Whether the folder holds it, or it is a path to one."""
    return name in scenario_names() or (name.endswith(".yaml") and Path(name).is_file())


def _rule(data: Any, where: str) -> Rule:
    if not isinstance(data, dict):
        raise ScenarioError(f"{where}: expected `say` or `call`")
    if unknown := sorted(set(data) - _KEYS):
        raise ScenarioError(f"{where}: unknown key {unknown[0]!r} (known: {', '.join(sorted(_KEYS))})")
    call = data.get("call") or {}
    if isinstance(call, str):
        call = {"name": call}
    try:
        rule = Rule(
            say=" ".join(str(data.get("say", "")).split()),
            tool=str(call.get("name", "")),
            arguments=call.get("arguments") or {},
            when=re.compile(data["when"], re.IGNORECASE) if "when" in data else None,
            after=re.compile(data["after"], re.IGNORECASE) if "after" in data else None,
            turn=int(data.get("turn", 0)),
            tool_result=str(data.get("tool_result", "")),
            wait_ms=float(data["wait_ms"]) if "wait_ms" in data else None,
            fault=str(data.get("fault", "")),
        )
        _check_names(rule)
    except (re.error, ValueError, TypeError, AttributeError) as error:
        raise ScenarioError(f"{where}: {error}") from None
    return rule


def _check_names(rule: Rule) -> None:
    if rule.fault not in _FAULTS:
        raise ValueError(f"unknown fault {rule.fault!r} (known: {', '.join(_FAULTS[1:])})")
    known = {"user", "assistant", *(rule.when.groupindex if rule.when else ())}
    for _, name, _, _ in string.Formatter().parse(rule.say):
        if name is not None and name not in known:
            raise ValueError(f"`say` holds {{{name}}}, known are {', '.join(sorted(known))}")
