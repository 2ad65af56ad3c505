"""Tests of requests to providers' JSON APIs."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.json_api import ApiError, JsonApi, error_of, number, objects, text

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


async def get(response: httpx.Response) -> Any:
    """Request an object from a server that sends this response."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _request: response)) as client:
        return await JsonApi(client, "http://provider/v1/", {}).get("/models")


@pytest.mark.parametrize(
    ("response", "status", "reason"),
    [
        (httpx.Response(200, html="<html>"), 200, "HTTP 200: an HTML page, which this API never sends"),
        (httpx.Response(200, text="{"), 200, "HTTP 200: no JSON, which this API never sends"),
        (httpx.Response(200, json=[1]), 200, "HTTP 200: JSON of another form, which this API never sends"),
        (httpx.Response(302, headers={"location": "/login"}), 302, "HTTP 302: a redirect to /login"),
        (httpx.Response(500), 500, "HTTP 500"),
        (httpx.Response(502, html="<html>"), 502, "HTTP 502: an HTML page"),
        (
            httpx.Response(401, json={"error": {"code": "invalid_api_key", "message": "Wrong."}}),
            401,
            "HTTP 401: invalid_api_key: Wrong",
        ),
    ],
)
async def test_any_other_answer_is_an_error_with_a_reason(
    response: httpx.Response, status: int, reason: str
) -> None:
    """The reason contains the provider's code and message."""
    with pytest.raises(ApiError) as caught:
        await get(response)

    assert (caught.value.status, caught.value.reason) == (status, reason)


async def test_a_key_that_http_cannot_send_is_an_error() -> None:
    """A key that was copied with a typographic quotation mark."""
    async with httpx.AsyncClient() as client:
        with pytest.raises(ApiError, match="characters that no key has"):
            await JsonApi(client, "http://127.0.0.1:1", {"xi-api-key": "\u201ckey\u201d"}).get("/")


@given(JSON)
def test_any_json_is_read_without_an_exception(body: Any) -> None:
    """Absent and odd values are empty."""
    code, message = error_of(body)
    assert isinstance(code, str)
    assert isinstance(message, str)
    fields = body if isinstance(body, dict) else {"key": body}
    for key in (*fields, "key"):
        assert all(isinstance(item, dict) for item in objects(fields, key))
        assert isinstance(text(fields, key), str)
        value = number(fields, key)
        assert value is None or json.dumps(value) not in ("NaN", "Infinity", "-Infinity")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"detail": {"status": "voice_not_found", "message": "None."}}, ("voice_not_found", "None.")),
        ({"detail": [{"msg": "Field required", "type": "missing"}]}, ("missing", "Field required")),
        ({"detail": "Not Found"}, ("", "Not Found")),
        (
            {"err_code": "INVALID_AUTH", "err_msg": "Invalid credentials."},
            ("INVALID_AUTH", "Invalid credentials."),
        ),
        ({"code": 20003, "message": "Authenticate", "status": 401}, ("20003", "Authenticate")),
        ({"error": {"message": "m", "code": None, "type": "server_error"}}, ("server_error", "m")),
    ],
)
def test_each_provider_s_errors_are_read(body: object, expected: tuple[str, str]) -> None:
    """The forms of ElevenLabs, Deepgram, Twilio and OpenAI."""
    assert error_of(body) == expected
