"""The words of the caller that are searched for. No I/O, no clock."""

import re

from services.brain.conversation import Conversation
from services.brain.items import CallerTurn

_FEW_WORDS = 4
"""A shorter turn, such as "and on Sunday?", is searched for together with the one before it."""
_MAX_CHARS = 500
"""A longer turn is searched for by its end, where the question is."""


def caller_query(conversation: Conversation) -> str:
    """Return what to search for to answer the caller's last turn; empty before the first one."""
    turns = [item for item in conversation.items if isinstance(item, CallerTurn) and not item.is_backchannel]
    if not turns or not re.search(r"\w", turns[-1].text):
        return ""
    text = turns[-1].text
    if len(text.split()) < _FEW_WORDS and len(turns) > 1:
        text = f"{turns[-2].text} {text}"
    return text[-_MAX_CHARS:]


def same_query(one: str, other: str) -> bool:
    """Whether two queries differ only in case, punctuation and spaces."""
    return re.findall(r"\w+", one.lower()) == re.findall(r"\w+", other.lower())
