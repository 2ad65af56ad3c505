"""Rejections by parameter and their HTTP statuses."""

import json

import pytest

from sandbox.elevenlabs.client_message import Rejected
from sandbox.elevenlabs.rejections import check_output_format, check_voice_id, rejection_response


@pytest.mark.parametrize(
    ("voice_id", "code"), [("tone", None), ("21m00T", None), ("21m00", "voice_not_found")]
)
def test_voice_ids_need_six_characters(voice_id: str, code: str | None) -> None:
    """The only exception is `tone`."""
    rejected = check_voice_id(voice_id)

    assert (rejected.code if rejected else None) == code


@pytest.mark.parametrize(
    ("output_format", "code"),
    [(None, None), ("ulaw_8000", None), ("mp3_44100_128", "invalid_output_format")],
)
def test_only_the_telephone_format_is_supported(output_format: str | None, code: str | None) -> None:
    """No format means the telephone format."""
    rejected = check_output_format(output_format)

    assert (rejected.code if rejected else None) == code


@pytest.mark.parametrize(("code", "status"), [("quota_exceeded", 401), ("invalid_uid", 400)])
def test_the_status_follows_from_the_code(code: str, status: int) -> None:
    """Unlisted codes have status 400."""
    response = rejection_response(Rejected(code, "no"))

    assert response.status_code == status
    assert json.loads(bytes(response.body))["detail"] == {"status": code, "message": "no"}
