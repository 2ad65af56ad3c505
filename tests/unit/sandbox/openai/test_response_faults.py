"""Faults within a stream of the Responses API."""

import itertools
from typing import Any

from openai.types.responses import ResponseErrorEvent, ResponseFailedEvent

from sandbox.openai.reply import Reply
from sandbox.openai.response_faults import endless_events, error_events, sent_in_place
from sandbox.openai.response_wire import ModelResponse, output_items, response_events
from sandbox.openai.stream_faults import with_stream_faults
from tests.strict import assert_fits

REPLY = Reply("Good morning, Ann Lee.")
ITEMS = output_items(REPLY, encrypt=False, summary=False)
RESPONSE = ModelResponse("resp_1", 5, {"model": "m", "input": "hi"}, REPLY, items=ITEMS)


def test_a_failure_is_an_error_and_a_failed_response() -> None:
    """Then the stream ends."""
    error, failed, end = error_events(RESPONSE)

    assert_fits(ResponseErrorEvent, dict(error.data or {}))
    assert_fits(ResponseFailedEvent, dict(failed.data or {}))
    assert end.action == "end"


def test_faults_have_the_form_of_this_api() -> None:
    """They occur within the text."""
    chunks = with_stream_faults(response_events(RESPONSE), ["error_mid"], 0, sent_in_place(RESPONSE))
    kinds = [(chunk.data or {}).get("type") for chunk in chunks]

    before = kinds[: kinds.index("error")]
    assert before.count("response.output_text.delta") == 2
    assert "response.failed" in kinds
    assert len(sent_in_place(RESPONSE)["wrong_types"]) > 5


def test_thoughts_without_end() -> None:
    """They have the pace of tokens, and numbers in succession."""
    found: list[Any] = [chunk.data for chunk in itertools.islice(endless_events(RESPONSE), 20)]

    assert [data["sequence_number"] for data in found] == list(range(20))
    assert {data["type"] for data in found[2:]} == {"response.output_text.delta"}
