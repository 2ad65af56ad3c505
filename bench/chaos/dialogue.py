"""The questions of the callers and the answers that they must receive. No I/O, no clock."""

import random
from typing import Any

from bench.turns.scripts import QUESTIONS
from cli.wer import normalize
from parley.agent_config.realtime import Mode
from sandbox.caller.script import ExpectHangUp, Listen, Say, Script, Step
from sandbox.openai.scenario import Scenario, read_scenario

GREETING = "Hello, how can I help you?"
GOODBYE = "thank you goodbye"
TOOL = "change_calendar"
"""A slow tool with a side effect."""
TRANSCRIBER = "nova-3"
SCENARIO = "chaos"
"""Name of the scenario in the emulator."""
MODEL = f"sandbox-{SCENARIO}"
"""The emulator's model that answers from it; so does any other with this prefix, since it is the default."""
_SILENCE_MS = 2600.0
"""Longer than a takeover, so that the caller does not speak into a pause of the answer."""


def agent(service_url: str, mode: Mode = "cascade") -> dict[str, Any]:
    """Content of the agent file."""
    tool = {"name": TOOL, "description": "Changes the calendar.", "url": service_url}
    base = {
        "mode": mode,
        "tools": ["end_call", tool],
        "greeting": GREETING,
        "prompt": "You answer the phone of a clinic.",
        "idle": {"timeout_s": 60},
    }
    if mode == "realtime":
        return {**base, "realtime": {"model": MODEL, "fallbacks": [{"model": f"{MODEL}-second"}]}}
    return {
        **base,
        "stt": {"model": TRANSCRIBER, "fallbacks": [{"model": "nova-2"}]},
        "llm": {"model": MODEL, "fallbacks": [{"model": f"{MODEL}-second"}], "timeout_s": 1.5},
        # Only sentences of answers are counted.
        "fillers": {"phrases": []},
    }


def script(questions: int, chance: random.Random) -> Script:
    """A caller who asks distinct questions and then ends the call."""
    steps: list[Step] = []
    for question in chance.sample(QUESTIONS, min(questions, len(QUESTIONS))):
        steps += [Listen(silence_ms=_SILENCE_MS), Say(question)]
    last = (Listen(silence_ms=_SILENCE_MS), Say(GOODBYE), ExpectHangUp(timeout_s=20))
    return Script("rms", (*steps, *last))


def wants_tool(question: str) -> bool:
    """Whether the answer needs the tool."""
    answer = read_scenario(SCENARIO).answer([{"role": "user", "content": question}])
    return TOOL in [call.name for call in answer.calls]


def answer_to(question: str) -> list[str]:
    """The sentences of the answer."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": question}]
    if wants_tool(question):
        called = {"id": "t1", "function": {"name": TOOL, "arguments": "{}"}}
        messages += [
            {"role": "assistant", "content": None, "tool_calls": [called]},
            {"role": "tool", "tool_call_id": "t1", "content": "{}"},
        ]
    text = read_scenario(SCENARIO).answer(messages).text
    return [sentence.strip() for sentence in text.replace(". ", ".|").split("|")]


def expected_words(sentence: str, scenario: Scenario | None = None) -> set[str]:
    """The words of a sentence that occur in no other answer."""
    rules = (scenario or read_scenario(SCENARIO)).rules
    others = [s for rule in rules for s in rule.say.replace(". ", ".|").split("|") if s.strip() != sentence]
    return set(normalize(sentence)) - {word for other in others for word in normalize(other)}
