"""Tests for the tokens on a call's record."""

from parley.v1.reply_pb2 import ReplyStarted, TokensUsed
from services.recorder.token_usage import TokenUsage

ANSWER = TokensUsed(
    reply_id="r1", provider="openai", model="a", input=100, output=10, cost="0.01", currency="USD"
)
NOTES = TokensUsed(provider="openai", model="b\x00", input=5, output=1, estimated=True)


def test_tokens_are_added_up_in_total_and_by_model() -> None:
    """Requests for notes count like answers."""
    usage = TokenUsage()
    for body in (ReplyStarted(), ANSWER, NOTES, ANSWER):
        usage.apply(body)

    found = usage.as_object()

    assert (found["requests"], found["input"], found["output"], found["cost"]) == (
        3,
        205,
        21,
        {"USD": "0.02"},
    )
    assert (found["estimated_requests"], found["unpriced_requests"]) == (1, 1)
    models = found["models"]
    assert isinstance(models, list)
    assert [(each["model"], each["requests"]) for each in models] == [("a", 2), ("b", 1)]


def test_a_call_without_requests_has_no_tokens() -> None:
    """Its object is empty."""
    assert TokenUsage().as_object() == {}
