"""Arbitrary answers of a model server, read by the real client."""

import random

import pytest

from parley.errors import ProviderError
from parley.providers.llm import Done
from tests.field.scripted_llm import DONE, Item, read_answer
from tests.fuzz import seeds
from tests.fuzz.source import Source, names_of

MESSAGES = {
    "chat": seeds.CHAT,
    "responses": seeds.RESPONSES,
    "anthropic": seeds.ANTHROPIC,
    "gemini": seeds.GEMINI,
}


@pytest.mark.parametrize("number", range(12))
@pytest.mark.parametrize("api", MESSAGES)
async def test_any_answer_is_read_or_a_failure(api: str, number: int) -> None:
    """Changed messages and raw bytes; the only exception is ProviderError."""
    numbers = random.Random(number)
    source = Source(numbers.randbytes(200))
    messages = MESSAGES[api]
    items: list[Item] = [source.message(messages, names_of(messages)) for _ in range(8)]
    items = [item if isinstance(item, dict) else repr(item).encode("utf-8", "replace") for item in items]
    if number % 4 == 3:
        items.insert(4, numbers.randbytes(300))
    try:
        events = await read_answer(*items, DONE, api=api)
    except ProviderError as error:
        error.reason.encode()
    else:
        assert isinstance(events[-1], Done)
