"""Limits the recent part of a conversation, the window, to some turns and characters. No I/O, no clock.

Older items leave it: counters and a summary represent them.
Items that may still change never leave, nor does anything since the caller's last input.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.brain.items import CallerTurn, Item, characters, is_settled, needs_answer
from services.brain.reply import Reply
from services.brain.tool_call import ToolCall

MAX_INPUTS = 150
"""Inputs of the caller in a window without any summary."""
MAX_CHARACTERS = 100_000
"""Characters in a window without any summary."""
_ITEMS_WITH_WORD_TIMES = 16
"""A reply that this many items follow is no longer interrupted."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """Represents the items that left the window."""

    last_turn: int = 0
    """The caller's last turn among them."""
    summary: str = ""
    """Notes on these items; empty without notes."""
    incomplete: bool = False
    """Whether some of them are not in the notes."""


@dataclass(frozen=True, slots=True)
class Split:
    """The two parts of a window."""

    leaving: tuple[Item, ...]
    staying: tuple[Item, ...]

    @property
    def last_reply_id(self) -> str:
        """Id of the last reply that leaves; empty if none does."""
        return next((item.reply_id for item in reversed(self.leaving) if isinstance(item, Reply)), "")

    @property
    def last_turn(self) -> int:
        """The caller's last turn that leaves; 0 if none does."""
        return max((item.turn for item in self.leaving if isinstance(item, CallerTurn)), default=0)


def split_after(items: Sequence[Item], reply_id: str) -> Split:
    """Split a window at the caller's first input after a reply; nothing leaves if the reply is not in it."""
    found = (n for n, item in enumerate(items) if isinstance(item, Reply) and item.reply_id == reply_id)
    after = next(found, None)
    if after is None:
        return Split((), tuple(items))
    cut = next((n for n, item in enumerate(items) if n > after and needs_answer(item)), None)
    return Split((), tuple(items)) if cut is None else _split_at(items, cut)


def split_before_last_input(items: Sequence[Item]) -> Split:
    """Split a window so that only the caller's last input stays, with what follows it and what may change."""
    cut = next((n for n in range(len(items) - 1, -1, -1) if needs_answer(items[n])), 0)
    last = next((n for n in range(cut - 1, -1, -1) if isinstance(items[n], Reply)), None)
    return Split((), tuple(items)) if last is None else split_after(items, _reply_id(items[last]))


def split_to_fit(items: Sequence[Item], max_inputs: int, max_characters: int) -> Split:
    """Split a window so that what stays has at most this size, but at least the last answer and input."""
    inputs = [n for n, item in enumerate(items) if needs_answer(item)]
    sizes = [characters(item) for item in items]
    for cut in inputs[-max_inputs:-1]:
        if sum(sizes[cut:]) <= max_characters:
            break
    else:
        cut = inputs[-2] if len(inputs) > 1 else 0
    last = next((n for n in range(cut - 1, -1, -1) if isinstance(items[n], Reply)), None)
    # From the last reply on, so that its id names the place in any order of the log's other events.
    return Split((), tuple(items)) if last is None else split_after(items, _reply_id(items[last]))


def _split_at(items: Sequence[Item], cut: int) -> Split:
    """Split at an index, except for replies in progress; a reply and its tool calls stay together."""
    staying = {_reply_id(item) for n, item in enumerate(items) if n >= cut and isinstance(item, Reply)}
    staying |= {_reply_id(item) for item in items if not is_settled(item)}
    before = {_reply_id(item) for item in items[:cut] if isinstance(item, Reply)} - staying
    parts: tuple[list[Item], list[Item]] = ([], [])
    for number, item in enumerate(items):
        reply_id = _reply_id(item)
        leaves = reply_id in before or (number < cut and reply_id not in staying)
        parts[0 if leaves else 1].append(item)
    return Split(tuple(parts[0]), tuple(parts[1]))


def _reply_id(item: Item) -> str:
    if isinstance(item, ToolCall):
        return item.shown_after
    return item.reply_id if isinstance(item, Reply) else ""


def without_word_times(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Drop the word times of the reply that has just become too old to be interrupted."""
    if len(items) <= _ITEMS_WITH_WORD_TIMES:
        return items
    number = len(items) - 1 - _ITEMS_WITH_WORD_TIMES
    item = items[number]
    if not isinstance(item, Reply) or item.cancelled or not item.synthesized or not is_settled(item):
        return items
    return (*items[:number], replace(item, synthesized=()), *items[number + 1 :])
