"""Tests for the conversion of exceptions, and for what they reveal."""

from typing import Any

import h11
import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from services.brain.providers.openai.errors import map_error
from services.brain.providers.streams.refusal import read_refusal
from services.brain.providers.streams.safe_text import MAX_CHARS, safe_message

REQUEST = httpx2.Request("POST", "https://api.openai.com/v1/chat/completions")


def status_error(status: int, body: object) -> openai.APIStatusError:
    response = httpx2.Response(status, request=REQUEST, headers={"x-request-id": "req_1"})
    return openai.APIStatusError("x", response=response, body=body)


@pytest.mark.parametrize(
    ("status", "body", "kind", "part"),
    [
        (400, {"message": "Bad.", "param": "n", "code": None}, ProviderRejected, "400 param n: Bad."),
        (401, {"message": "Invalid key", "code": "invalid_api_key"}, ProviderRejected, "check MY_KEY"),
        (400, [{"error": {"message": "API key not valid."}}], ProviderRejected, "check MY_KEY"),
        (402, None, ProviderRejected, "add credit"),
        (403, None, ProviderRejected, "region"),
        (404, {"message": "model `x` not found"}, ProviderRejected, "set llm.model"),
        (404, None, ProviderRejected, "base URL"),
        (408, None, ProviderTimeout, "408"),
        (413, None, ProviderUnavailable, "shorten"),
        (400, {"code": "content_filter"}, ProviderUnavailable, "content filter"),
        (400, {"code": "context_length_exceeded"}, ProviderUnavailable, "shorten"),
        (429, {"code": "insufficient_quota"}, ProviderRejected, "add credit"),
        (429, {"code": "rate_limit_exceeded"}, ProviderRateLimited, "429 rate_limit_exceeded"),
        (429, [{"error": {"message": "Resource exhausted"}}], ProviderRateLimited, "Resource exhausted"),
        (500, "<html><title>502 Bad Gateway</title></html>", ProviderUnavailable, "502 Bad Gateway"),
        (529, None, ProviderUnavailable, "529"),
        (302, None, ProviderUnavailable, "redirect"),
    ],
)
def test_each_status_has_its_kind_and_remedy(
    status: int, body: object, kind: type[ProviderError], part: str
) -> None:
    error = map_error(status_error(status, body), key_env="MY_KEY")

    assert type(error) is kind
    assert part in error.reason
    assert "req_1" in error.reason


@pytest.mark.parametrize(
    ("exception", "kind"),
    [
        (openai.APITimeoutError(REQUEST), ProviderTimeout),
        (TimeoutError(), ProviderTimeout),
        (openai.APIConnectionError(request=REQUEST), ProviderUnavailable),
        (h11.RemoteProtocolError("illegal header"), ProviderUnavailable),
        (httpx2.TooManyRedirects("x"), ProviderUnavailable),
        (httpx2.InvalidURL("x"), ProviderUnavailable),
        (RecursionError(), ProviderUnavailable),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"), ProviderUnavailable),
        (KeyError("sk-secret"), ProviderUnavailable),
        (ProviderRateLimited("openai", "x"), ProviderRateLimited),
    ],
)
def test_any_exception_is_a_failure_of_the_provider(exception: Exception, kind: type[ProviderError]) -> None:
    error = map_error(exception)

    assert type(error) is kind
    assert "secret" not in str(error)


def test_an_ended_model_names_its_replacement() -> None:
    body = {"message": "The model `gpt-4.1-nano` does not exist", "code": "model_not_found"}
    error = map_error(status_error(404, body), model="gpt-4.1-nano", base_url="https://api.openai.com/v1")

    assert "ended on 2026-10-23; replacement: gpt-6-luna" in error.reason


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abc123",
        "sk-abc",
        "sk-****abcd",
        "gsk_abcdef123",
        "AIzaSyA1234567890",
        "Bearer abc.def.ghi",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.sig",
        "0123456789abcdef0123456789abcdef",
        "+1 (555) 010-0123",
        "5550100123",
        "someone@example.com",
    ],
)
def test_secrets_and_numbers_are_hidden(secret: str) -> None:
    message = safe_message(f"Wrong: {secret} was given.", ())

    assert secret not in message
    assert secret[-6:] not in message
    assert message.startswith("Wrong: …")


def test_ordinary_messages_are_unchanged() -> None:
    text = "Unsupported value: 'temperature' does not support 0.3 with gpt-6-luna-2026-08-01 (limit 128000)."

    assert safe_message(text, ()) == text


@given(
    private=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=16, max_size=60),
    before=st.text(max_size=30),
    after=st.text(max_size=30),
    cut=st.integers(16, 60),
)
def test_no_part_of_a_private_text_is_quoted(private: str, before: str, after: str, cut: int) -> None:
    message = safe_message(f"{before} {private[:cut]} {after}", [private])

    windows = (private[i : i + 16] for i in range(max(1, len(private[:cut]) - 15)))
    assert not any(window in message for window in windows)
    assert len(message) <= MAX_CHARS
    assert "\n" not in message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["error", "message", "detail", "loc", "param", "code", "type", "msg", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(status=st.integers(300, 599), body=json_values)
def test_any_body_makes_an_error(status: int, body: Any) -> None:
    read_refusal(status, body)

    assert isinstance(map_error(status_error(status, body)), ProviderError)
