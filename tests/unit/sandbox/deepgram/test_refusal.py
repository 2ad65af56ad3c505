"""Keys, and how a handshake is refused."""

import json

import pytest

from sandbox.deepgram.refusal import credentials, refusal


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
def test_a_key_comes_as_a_header_or_as_a_subprotocol(
    authorization: str, subprotocols: list[str], key: str, confirmed: str | None
) -> None:
    """A subprotocol has to be confirmed."""
    headers = {"authorization": authorization} if authorization else {}
    shown = credentials(headers, subprotocols)

    assert (shown.key, shown.subprotocol, shown.accepted) == (key, confirmed, bool(key))


def test_a_bad_key_is_refused() -> None:
    """Any other will do."""
    assert not credentials({"authorization": "Token badger"}, []).accepted


@pytest.mark.parametrize(
    ("status", "word"), [(401, "INVALID_AUTH"), (429, "TOO_MANY_REQUESTS"), (500, "INT")]
)
def test_a_refusal_says_the_same_in_header_and_body(status: int, word: str) -> None:
    """With the request's id in both."""
    response = refusal(status)
    body = json.loads(bytes(response.body))

    assert response.status_code == status
    assert body["err_code"] == response.headers["dg-error"]
    assert body["err_code"].startswith(word)
    assert body["request_id"] == response.headers["dg-request-id"]
    assert body["err_msg"]
