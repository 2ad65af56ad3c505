"""The tokens of a response."""

from sandbox.openai.realtime.conversation import Item
from sandbox.openai.realtime.usage import usage

CALLER = Item({"type": "message"}, "four words are here", audio_ms=2000)
MODEL = Item({"type": "message"}, "12345678", audio_ms=1000, speaks=True)
CALL = Item({"type": "function_call", "name": "look", "arguments": "{}"})


def test_audio_costs_by_its_length() -> None:
    """The caller's 10 tokens a second, the model's 20 and its transcript."""
    found = usage("x" * 40, [CALLER, CALL], [MODEL])

    assert found["input_token_details"]["audio_tokens"] == 20
    assert found["input_token_details"]["text_tokens"] == 10 + 2
    assert found["output_token_details"] == {"text_tokens": 2, "audio_tokens": 20}
    assert found["total_tokens"] == 32 + 22


def test_what_the_last_response_has_read_is_cached() -> None:
    """In steps of 64 tokens, and never more than there is."""
    found = usage("x" * 400, [CALLER], [], cached=110)["input_token_details"]

    assert found["cached_tokens"] == 64
    assert found["cached_tokens_details"]["text_tokens"] == 64
    assert usage("", [CALLER], [], cached=1000)["input_token_details"]["cached_tokens"] == 0
