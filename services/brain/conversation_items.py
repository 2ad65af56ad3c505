"""The items of a conversation: how they are added and replaced, and how the oldest part leaves. No I/O."""

from collections.abc import Iterator
from dataclasses import replace

from parley.v1 import reply_pb2
from services.brain import current_agent
from services.brain.conversation import Conversation
from services.brain.items import Item, characters, is_settled, needs_answer
from services.brain.reply import Reply
from services.brain.window import (
    MAX_CHARACTERS,
    MAX_INPUTS,
    Split,
    split_after,
    split_to_fit,
    without_word_times,
)


def append(conversation: Conversation, item: Item) -> Conversation:
    """Add an item at the end; one that needs an answer may let the oldest part leave."""
    items = without_word_times((*conversation.items, item))
    conversation = replace(conversation, items=items)
    return _with_input(conversation) if needs_answer(item) else conversation


def _with_input(conversation: Conversation) -> Conversation:
    """Count the input that was just appended and the settled items; limit the size of the recent part."""
    totals = replace(conversation.totals, inputs=conversation.totals.inputs + 1)
    agent = current_agent.after_input(conversation.agent)
    conversation = _measured(replace(conversation, totals=totals, agent=agent))
    if conversation.inputs <= MAX_INPUTS and conversation.characters <= MAX_CHARACTERS:
        return conversation
    # Half of it at once: dropping a little at every turn would change the beginning of every prompt.
    split = split_to_fit(conversation.items, MAX_INPUTS // 2, MAX_CHARACTERS // 2)
    return _without(conversation, split, incomplete=True)


def _measured(conversation: Conversation) -> Conversation:
    items = conversation.items
    settled, last = conversation.settled, len(items) - 1
    while last > settled and not needs_answer(items[last]):
        last -= 1
    length, inputs = conversation.settled_characters, conversation.settled_inputs
    while settled < last and is_settled(items[settled]):
        length += characters(items[settled])
        inputs += needs_answer(items[settled])
        settled += 1
    rest = items[settled:]
    return replace(
        conversation,
        settled=settled,
        settled_characters=length,
        settled_inputs=inputs,
        characters=length + sum(map(characters, rest)),
        inputs=inputs + sum(map(needs_answer, rest)),
    )


def forget_summarized(conversation: Conversation, body: reply_pb2.ConversationSummarized) -> Conversation:
    """Replace the part of the conversation that was summarized by its summary."""
    earlier = replace(conversation.earlier, summary=body.text)
    split = split_after(conversation.items, body.through_reply_id)
    return _without(replace(conversation, earlier=earlier), split, incomplete=body.incomplete)


def _without(conversation: Conversation, split: Split, *, incomplete: bool) -> Conversation:
    earlier = replace(
        conversation.earlier,
        last_turn=max(conversation.earlier.last_turn, split.last_turn),
        incomplete=conversation.earlier.incomplete or (incomplete and bool(split.leaving)),
    )
    left = {item.reply_id for item in split.leaving if isinstance(item, Reply)}
    hang_up = conversation.hang_up_after_reply_id
    remaining = replace(
        conversation,
        items=split.staying,
        settled=0,
        settled_characters=0,
        settled_inputs=0,
        earlier=earlier,
        # A reply that left was interrupted or has been played.
        hang_up_after_reply_id="" if hang_up in left else hang_up,
    )
    return _measured(remaining)


def with_item(conversation: Conversation, index: int, item: Item) -> Conversation:
    """Replace the item at an index."""
    items = conversation.items
    return replace(conversation, items=(*items[:index], item, *items[index + 1 :]))


def from_the_end(items: tuple[Item, ...]) -> Iterator[tuple[int, Item]]:
    """The items with their indices, the latest first: events concern the latest items."""
    return zip(range(len(items) - 1, -1, -1), reversed(items), strict=True)
