"""All expectations by their key. No I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.testing.expectations import speech, telephony, times, tools
from cli.testing.expectations.values import Check, Reader, count, equal_texts
from cli.testing.located_yaml import LocatedYaml, suggestion

EXPECTATIONS: Mapping[str, Reader] = {
    "the caller's turns": speech.caller_turns,
    "the agent says": speech.agent_texts,
    "the agent never says": speech.no_agent_texts,
    "the agent says matching": speech.agent_patterns,
    "the agent never says matching": speech.no_agent_patterns,
    "the caller hears": speech.played,
    "the caller never hears": speech.not_played,
    "tools called": tools.tools_called,
    "tool calls": tools.tool_calls,
    "tools never called": tools.tools_never_called,
    "transfers": telephony.transfers,
    "messages sent": telephony.messages_sent,
    "data collected": tools.data_collected,
    "agents": equal_texts("agents", lambda outcome: outcome.agents),
    "documents found": tools.documents_found,
    "goal reached": times.goal_reached,
    "interruptions": count("interruptions", lambda outcome: outcome.interruptions),
    "resumed": count("times that playback resumed", lambda outcome: outcome.resumed),
    "replies": count("replies", lambda outcome: len(outcome.replies)),
    "fillers": count("fillers", lambda outcome: len(outcome.fillers)),
    "fillers are": equal_texts("fillers", lambda outcome: outcome.fillers),
    "dtmf inputs": equal_texts("DTMF inputs", lambda outcome: outcome.dtmf_inputs),
    "failures": count("failures", lambda outcome: len(outcome.failures)),
    "ended by": times.ended_by,
    "latency": times.latency,
    "duration s": times.duration,
    "silent within ms": times.silent_within,
    "first audio within ms": times.first_audio_within,
    "pauses within ms": times.pauses_within,
    "the history matches the audio": speech.history_matches,
}

JUDGED = "judged"
"""Statements that a model judges after the call; they are read apart."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation of a test, with its key and its line in the file."""

    key: str
    line: int
    check: Check


def read_expectations(file: LocatedYaml) -> tuple[tuple[Expectation, ...], list[str]]:
    """The expectations of a file, and what is wrong with the others."""
    found: list[Expectation] = []
    problems: list[str] = []
    data: Any = file.data["expect"]
    if not isinstance(data, Mapping) or not data:
        return (), [
            file.problem(("expect",), "must contain at least one expectation, as in `ended by: agent`")
        ]
    for name, value in data.items():
        key = ("expect", str(name))
        if name == JUDGED:
            continue
        reader = EXPECTATIONS.get(str(name))
        if reader is None:
            hint = suggestion(str(name), (*EXPECTATIONS, JUDGED))
            problems.append(file.problem(key, f"unknown expectation; {hint}"))
            continue
        try:
            found.append(Expectation(str(name), file.line(key), reader(value)))
        except ValueError as error:
            problems.append(file.problem(key, str(error)))
    return tuple(found), problems
