"""Earlier responses and their items, and the checks of requests that refer to them. No I/O, no clock."""

import base64
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.openai.errors import ApiError

_MAX_RESPONSES = 1000
_PREFIX = "gAAAAA"
"""Beginning of every encrypted reasoning."""


class ResponseStore:
    """The last responses: the conversation of each one, and which call needs which reasoning."""

    def __init__(self) -> None:
        self._conversations: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()
        self._items: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._reasoning_of: OrderedDict[str, str] = OrderedDict()

    def add(
        self,
        response_id: str,
        conversation: list[dict[str, Any]],
        output: list[dict[str, Any]],
        *,
        stored: bool,
    ) -> None:
        """Add a response; without `stored` only the pairs of reasoning and calls are remembered."""
        reasoning = ""
        for item in output:
            if item["type"] == "reasoning":
                reasoning = item["id"]
            elif reasoning and item["type"] == "function_call":
                _put(self._reasoning_of, item["id"], reasoning)
            if stored:
                _put(self._items, item["id"], item)
        if stored:
            _put(self._conversations, response_id, [*conversation, *output])

    def conversation(self, response_id: str) -> list[dict[str, Any]] | None:
        """The items up to and with a response; None if it is not stored."""
        return self._conversations.get(response_id)

    def resolved(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The items, with references replaced by the items that they name."""
        return [self._items.get(item["id"], item) if _is(item, "item_reference") else item for item in items]

    def errors(self, items: list[dict[str, Any]]) -> Iterator[ApiError]:
        """Errors of items that refer to earlier responses."""
        present = {item.get("id") for item in items}
        for item in items:
            if _is(item, "item_reference") or (_is(item, "reasoning") and not item.get("encrypted_content")):
                if item["id"] not in self._items:
                    yield _not_found(item["id"])
            elif _is(item, "reasoning") and not readable(item["encrypted_content"], item["id"]):
                text = f"The encrypted content for item {item['id']} could not be verified. Reason: Encrypted"
                yield ApiError(
                    f"{text} content could not be decrypted or parsed.", None, "invalid_encrypted_content"
                )
            reasoning = self._reasoning_of.get(str(item.get("id")))
            if reasoning and reasoning not in present:
                text = f"Item '{item['id']}' of type 'function_call' was provided without its required"
                yield ApiError(f"{text} 'reasoning' item: '{reasoning}'.", "input")


def encrypted(item_id: str) -> str:
    """The reasoning of an item, in a form that only this emulator reads."""
    return _PREFIX + base64.urlsafe_b64encode(f"reasoning of {item_id}".encode()).decode()


def readable(content: str, item_id: str) -> bool:
    """Whether `content` is the encrypted reasoning of the item."""
    return content == encrypted(item_id)


def _is(item: Mapping[str, Any], kind: str) -> bool:
    return item.get("type") == kind


def _put(found: OrderedDict[str, Any], key: str, value: Any) -> None:
    found[key] = value
    if len(found) > _MAX_RESPONSES:
        found.popitem(last=False)


def _not_found(item_id: str) -> ApiError:
    text = (
        f"Item with id '{item_id}' not found. Items are not persisted when `store` is set to false. Try "
        "again with `store` set to true, or remove this item from your input."
    )
    return ApiError(text, "input", None, 404)
