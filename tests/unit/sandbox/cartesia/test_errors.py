"""The forms of rejections."""

import json

from sandbox.cartesia.errors import Rejected


def test_errors_have_codes_from_2026_on() -> None:
    """Older versions of the API get text."""
    rejected = Rejected("voice_not_found", "No voice x.")
    event = rejected.event("2026-03-01", "c1")

    assert (
        event.items()
        >= {
            "type": "error",
            "done": True,
            "status_code": 404,
            "error_code": "voice_not_found",
            "title": "Voice not found",
            "message": "No voice x.",
            "context_id": "c1",
        }.items()
    )
    assert rejected.event("2025-04-16", None)["error"] == "Voice not found: No voice x."
    assert json.loads(bytes(rejected.response("2026-03-01").body))["error_code"] == "voice_not_found"
    assert bytes(rejected.response("2024-06-10").body) == b"Voice not found: No voice x."


def test_an_invalid_request_has_no_code() -> None:
    """Its code is null."""
    event = Rejected("", "x").event("2026-03-01", None)

    assert (event["status_code"], event["error_code"]) == (400, None)
    assert "context_id" not in event
