"""The parts of a conversation: the caller's turns and key presses, the agent's replies and tool calls."""

from dataclasses import dataclass
from typing import TypeAlias

from services.brain.reply import Reply
from services.brain.tool_call import ToolCall
from services.brain.turn_roles import Role


@dataclass(frozen=True, slots=True)
class PredictedTurn:
    """A turn that has probably ended, with its transcript at that moment."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class CallerTurn:
    """A finished turn of the caller with its transcript."""

    turn: int
    text: str
    role: Role = "turn"
    reply_id: str = ""
    """The reply that an early answer answers."""
    languages: tuple[str, ...] = ()
    """Tags of the languages that the provider has detected, the dominant one first."""
    pending: bool = False
    """Whether its words are still being transcribed."""

    @property
    def is_backchannel(self) -> bool:
        """Whether it is an "uh-huh" while the agent was speaking, which needs no answer."""
        return self.role == "backchannel"

    @property
    def is_noise(self) -> bool:
        """Whether it turned out to have no words."""
        return not self.text.strip() and not self.pending


@dataclass(frozen=True, slots=True)
class DtmfInput:
    """A sequence of keys that the caller pressed, submitted as one input."""

    turn: int
    """The spoken turn that the input followed."""
    text: str


Item: TypeAlias = CallerTurn | DtmfInput | Reply | ToolCall


def needs_answer(item: Item) -> bool:
    """Whether the item is a turn or other input of the caller, and not a backchannel."""
    return isinstance(item, DtmfInput) or (isinstance(item, CallerTurn) and not item.is_backchannel)


def is_settled(item: Item) -> bool:
    """Whether no later event changes what the agent does about the item."""
    match item:
        case Reply():
            return bool(item.cancelled) or (item.done and not item.speculative)
        case ToolCall(result=result):
            return result is not None
        case _:
            return True


def characters(item: Item) -> int:
    """Length of the item's text in a prompt."""
    match item:
        case Reply():
            return sum(map(len, item.clauses))
        case ToolCall():
            return len(item.arguments) + len(item.result or "")
        case _:
            return len(item.text)
