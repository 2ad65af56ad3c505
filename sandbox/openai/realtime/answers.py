"""The answers of the model: by the rules of a scenario, or dictated by its instructions. No I/O."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sandbox.openai.realtime.response_config import ResponseConfig
from sandbox.openai.realtime_faults import RESPONSE_FAULTS
from sandbox.openai.reply import Reply, limited, reply_of, with_faults
from sandbox.openai.scenario import Answer, Scenario

_DICTATED = re.compile(
    r"\b(?:say|speak|read|repeat)\b(?:[^\"“\n]*[\"“](?P<quoted>.+)[\"”]|.*\n\s*TEXT:\s*(?P<text>.+))",
    re.IGNORECASE | re.DOTALL,
)
"""Instructions like `Say exactly: "Hello."`, or `Say exactly …` with the sentence after a line `TEXT:`."""


def answer(scenario: Scenario, messages: Sequence[Mapping[str, Any]], config: ResponseConfig) -> Answer:
    """The scripted answer; instructions of the response such as `Say exactly: "Hello."` come first."""
    dictated = _DICTATED.search(config.instructions)
    if dictated:
        return Answer((dictated["quoted"] or dictated["text"]).strip())
    return scenario.answer(messages)


def reply(scripted: Answer, config: ResponseConfig, faults: Collection[str]) -> Reply:
    """The answer with the faults that change its content, within the limit on its tokens."""
    made = reply_of(scripted, config.offered)
    if "silent_response" in faults:
        made = Reply()
    made = with_faults(made, [name for name in faults if name not in RESPONSE_FAULTS], config.offered)
    limit = config.max_output_tokens
    return limited(made, limit if isinstance(limit, int) else None, ())
