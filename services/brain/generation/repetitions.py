"""Leaves out what was played already, where a model begins its answer again. No I/O, no clock.

Models that continue an interrupted answer, or answer after a tool's result, sometimes begin from the start.
"""

from collections.abc import Collection, Sequence

from parley.v1.reply_pb2 import REPLY_KIND_ANSWER
from services.brain.conversation import Conversation
from services.brain.generation.model_text import ends_sentence
from services.brain.items import CallerTurn, DtmfInput
from services.brain.reply import Reply


def spoken_clauses(conversation: Conversation) -> frozenset[str]:
    """The clauses of the unfinished answers to the caller's last input.

    Of an answer with tool calls only whole sentences count: "Sure," may begin the next one too.
    """
    found: set[str] = set()
    for item in reversed(conversation.open_items):
        match item:
            case DtmfInput() | CallerTurn(is_backchannel=False):
                break
            case Reply(kind=kind, cancelled="", finished="interrupted") if kind == REPLY_KIND_ANSWER:
                found |= {_normal(text) for text in item.clauses}
            case Reply(kind=kind, cancelled="", finished="tool_calls") if kind == REPLY_KIND_ANSWER:
                found |= {_normal(text) for text in item.clauses if ends_sentence(text)}
            case _:
                pass
    return frozenset(found)


class Repetitions:
    """The clauses of one attempt, without those at its beginning that were spoken before."""

    def __init__(self, spoken: Collection[str] = ()) -> None:
        self._spoken = frozenset(spoken)
        self._at_beginning = True
        self.found = False
        """Whether a clause was left out."""

    def new(self, clauses: Sequence[str]) -> list[str]:
        """Return the clauses that are new."""
        new: list[str] = []
        for text in clauses:
            if self._at_beginning and _normal(text) in self._spoken:
                self.found = True
                continue
            self._at_beginning = False
            new.append(text)
        return new


def _normal(text: str) -> str:
    return " ".join(text.split()).casefold()
