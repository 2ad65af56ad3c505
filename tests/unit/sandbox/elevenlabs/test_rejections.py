"""Rejections by parameter and their HTTP statuses."""

import json

import pytest

from sandbox.elevenlabs.client_message import Rejected
from sandbox.elevenlabs.output_format import DEFAULT_FORMAT, STREAMING_FORMATS
from sandbox.elevenlabs.rejections import check_voice_id, read_output_format, rejection_response


@pytest.mark.parametrize(
    ("voice_id", "code"), [("tone", None), ("21m00T", None), ("21m00", "voice_not_found")]
)
def test_voice_ids_need_six_characters(voice_id: str, code: str | None) -> None:
    """The only exception is `tone`."""
    rejected = check_voice_id(voice_id)

    assert (rejected.code if rejected else None) == code


def test_every_documented_format_is_accepted() -> None:
    """No format means the default."""
    assert read_output_format(None, STREAMING_FORMATS) == DEFAULT_FORMAT
    assert read_output_format("pcm_8000", STREAMING_FORMATS).rate_hz == 8000


@pytest.mark.parametrize("name", ["", "pcm", "pcm_11025", "aac_44100", "wav_8000"])
def test_unknown_formats_are_rejected(name: str) -> None:
    """WAV is not for streams."""
    with pytest.raises(Rejected) as raised:
        read_output_format(name, STREAMING_FORMATS)

    assert raised.value.code == "invalid_output_format"


@pytest.mark.parametrize(("code", "status"), [("quota_exceeded", 401), ("invalid_uid", 400)])
def test_the_status_follows_from_the_code(code: str, status: int) -> None:
    """Unlisted codes have status 400."""
    response = rejection_response(Rejected(code, "no"))

    assert response.status_code == status
    assert json.loads(bytes(response.body))["detail"] == {"status": code, "message": "no"}
