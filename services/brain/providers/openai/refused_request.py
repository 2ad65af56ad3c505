"""A refused request, and what its refusal mentions. No I/O."""

import re
from dataclasses import dataclass, field
from typing import Any

from parley.agent_config import LlmConfig
from services.brain.providers.openai.profiles import Profile
from services.brain.providers.openai.request import Request
from services.brain.providers.streams.refusal import Refusal

_PLAIN_WORDS = frozenset(
    {
        "user",
        "tools",
        "stop",
        "include",
        "store",
        "reasoning",
        "metadata",
        "text",
        "instructions",
        "seed",
        "n",
    }
)
"""Fields whose names are also words, so that a text must quote them."""
NEGATIVE = re.compile(
    r"unsupported|not support|not allow|not permit|unrecogni[sz]ed|unknown|unexpected|forbidden|invalid"
    r"|extra input|additional propert|no longer|deprecated|incompatible|cannot|can't|not available"
    r"|not enabled|only the default|must |should |out of range|too large|too high|exceeds|at most|less than"
    r"|mandatory|required|refused|rejected"
)
"""Words of texts about something that is refused."""
_ACCEPTED_NAMES = re.compile(
    r"(?<=[`'\"]), expected (?:one of )?[`'\"].*"
    r"|(?<!un)(?<!not )\b(?:supported|allowed|accepted|valid|known) (?:parameters|fields|arguments|keys)"
    r"(?: are)?\W.*",
    re.DOTALL,
)
"""The list of accepted names after the refused one."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction of a profile."""

    update: dict[str, Any]
    """New values of the profile's fields."""
    refused: str
    """The refused setting, for the log."""
    remedy: str
    """The lines for the agent file that save the refused request."""


@dataclass(frozen=True, slots=True)
class Case:
    """A refused request."""

    refusal: Refusal
    request: Request
    profile: Profile
    config: LlmConfig
    text: str = field(init=False)
    """All texts of the refusal in lower case."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.refusal.text)

    @property
    def effort(self) -> str | None:
        """The effort that was sent."""
        body = self.request.body
        reasoning = body.get("reasoning")
        effort = reasoning.get("effort") if isinstance(reasoning, dict) else body.get("reasoning_effort")
        return effort if isinstance(effort, str) else None

    @property
    def has_tools(self) -> bool:
        """Whether tools were sent."""
        return bool(self.request.body.get("tools"))

    def mentions(self, name: str) -> bool:
        """Whether the refusal is about this field of the body."""
        param = self.refusal.param
        if name in (param, re.split(r"[.\[]", param)[0]):
            return True
        if any([part for part in place if part != "body"][:1] == [name] for place in self.refusal.locations):
            return True
        if not NEGATIVE.search(self.text):
            return False
        # Some servers write names in camel case.
        word = re.escape(name).replace("_", "_?")
        text = _ACCEPTED_NAMES.sub("", self.text)
        quoted = rf"(?<!role )['\"`\[]{word}['\"`\]]"
        kinds = r"(?:parameter|argument|field|property|key|name|option)s?\b"
        listed = rf"{kinds}[^.]{{0,30}}[:=] *(?:[a-z_, ]+, *)?{word}\b"
        if re.search(f"{quoted}|{listed}", text):
            return True
        return name not in _PLAIN_WORDS and bool(re.search(rf"(?<![\w.]){word}(?![\w])", text))
