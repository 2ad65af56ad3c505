"""API keys of a handshake, and its rejection."""

import json

import pytest

from sandbox.deepgram.handshake import read_credentials, rejection


@pytest.mark.parametrize(
    ("authorization", "subprotocols", "key", "confirmed"),
    [
        ("Token k", [], "k", None),
        ("bearer k", [], "k", None),
        ("", ["token", "k"], "k", "token"),
        ("", ["bearer", "k"], "k", "bearer"),
        ("Basic k", [], "", None),
        ("", ["chat"], "", None),
        ("", [], "", None),
    ],
)
def test_the_key_is_read_from_the_header_or_the_subprotocols(
    authorization: str, subprotocols: list[str], key: str, confirmed: str | None
) -> None:
    """A subprotocol must be confirmed in the response."""
    headers = {"authorization": authorization} if authorization else {}
    credentials = read_credentials(headers, subprotocols)

    assert (credentials.key, credentials.subprotocol, credentials.accepted) == (key, confirmed, bool(key))


def test_keys_that_begin_with_bad_are_rejected() -> None:
    """Every other key is valid."""
    assert not read_credentials({"authorization": "Token badger"}, []).accepted


@pytest.mark.parametrize(
    ("status", "code"), [(401, "INVALID_AUTH"), (429, "TOO_MANY_REQUESTS"), (500, "INT")]
)
def test_a_rejection_has_the_same_code_in_headers_and_body(status: int, code: str) -> None:
    """The request id is the same as well."""
    response = rejection(status)
    body = json.loads(bytes(response.body))

    assert response.status_code == status
    assert response.headers["dg-error"].startswith(body["err_code"])
    assert body["err_code"].startswith(code)
    assert body["request_id"] == response.headers["dg-request-id"]
    assert body["err_msg"]
