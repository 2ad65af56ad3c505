"""Openers: short beginnings of an answer, played from cached audio while the rest is generated. No I/O."""

import re

from parley.agent_config import AgentConfig
from parley.v1.reply_pb2 import REPLY_KIND_ANSWER
from services.brain.conversation import Conversation

_UNSUITABLE = re.compile(
    r"\b(bye|goodbye|that's all|that is all|thanks?|nothing else|no|not|n't|wrong|wait|stop|sorry|mistake"
    r"|actually|incorrect|complain\w*|never|don't|doesn't|didn't|can't|won't|isn't|human|person"
    r"|tschüss|danke|nein|nicht|falsch|adiós|gracias|mal|merci|au revoir|non|pas)\b"
    r"|^\W*(hello|hi|hey|good (morning|afternoon|evening)|hallo|guten \w+|hola|bonjour)\W*$|^\[",
    re.IGNORECASE,
)
"""The answer will probably be an apology, a correction, a goodbye or a greeting, which needs no opener."""
_QUESTION = re.compile(
    r"\?\s*$|^\W*(and |so |but )?(what|when|where|who|whose|which|why|how|is|are|do|does|did|can|could|would"
    r"|will|have you|was|wie|wann|wo|wer|was|warum|kann|können|haben|qué|cuándo|dónde|cómo|puede"
    r"|quand|où|comment|pourquoi|est-ce)\b",
    re.IGNORECASE,
)


def choose_opener(text: str, conversation: Conversation, agent: AgentConfig) -> str:
    """Return an opener for the answer to the caller's text; empty for none."""
    openers = agent.openers
    phrases = openers.questions if _QUESTION.search(text) else openers.statements
    if not openers.enabled or not phrases or not text.strip() or _UNSUITABLE.search(text):
        return ""
    answers = [
        r for r in conversation.replies if r.kind == REPLY_KIND_ANSWER and r.cancelled != "speculation"
    ]
    used = [opener for reply in answers if (opener := detect_opener(reply.clauses, agent))]
    if len(used) + 1 > openers.max_fraction * (len(answers) + 1):
        return ""
    candidates = [phrase for phrase in phrases if phrase not in used[-1:]]
    return candidates[len(used) % len(candidates)] if candidates else ""


def detect_opener(clauses: tuple[str, ...], agent: AgentConfig) -> str:
    """Return the opener that a reply starts with; empty for none."""
    first = clauses[0].strip() if clauses else ""
    return first if first in (*agent.openers.statements, *agent.openers.questions) else ""


def strip_opener(opener: str, text: str) -> str:
    """Return the model's text without a repetition of the opener."""
    bare = opener.strip(" .,!")
    if not bare or not text.lower().startswith(bare.lower()) or text[len(bare) : len(bare) + 1].isalnum():
        return text
    return text[len(bare) :].lstrip(" .,!")
