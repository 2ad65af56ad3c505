"""The JSON of the service's events."""

from sandbox.openai.errors import ApiError
from sandbox.openai.realtime.events import error_event, event, item_events, new_id, rate_limits


def test_ids_are_unique_and_short_enough() -> None:
    """An item's id has at most 32 characters."""
    assert new_id("item") != new_id("item")
    assert len(new_id("item")) <= 32


def test_an_error_names_the_clients_event() -> None:
    """And has an id of its own."""
    sent = error_event(ApiError("text", "p", "c"), "mine")

    assert sent["error"] == {
        "type": "invalid_request_error",
        "code": "c",
        "message": "text",
        "param": "p",
        "event_id": "mine",
    }
    assert sent["event_id"] != event("x")["event_id"]


def test_an_item_is_added_and_done() -> None:
    """With the id of the item before it."""
    added, done = item_events(("added", "done"), {"id": "i"}, "before")

    assert (added["type"], done["type"]) == ("conversation.item.added", "conversation.item.done")
    assert (done["item"], done["previous_item_id"]) == ({"id": "i"}, "before")


def test_the_limits_count_tokens() -> None:
    """There is one entry."""
    [entry] = rate_limits(10)["rate_limits"]

    assert entry["limit"] - entry["remaining"] == 10
