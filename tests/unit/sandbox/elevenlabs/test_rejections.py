"""Rejections by parameter and their HTTP statuses."""

import json

import pytest

from sandbox.elevenlabs.client_message import Rejected
from sandbox.elevenlabs.output_format import DEFAULT_FORMAT, STREAMING_FORMATS
from sandbox.elevenlabs.rejections import read_output_format, rejection_response


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


@pytest.mark.parametrize(
    ("name", "tier", "accepted"),
    [
        *[("pcm_44100", "creator", False), ("pcm_44100", "pro", True), ("mp3_44100_192", "starter", False)],
        *[("mp3_44100_192", "creator", True), ("pcm_24000", "free", True), ("ulaw_8000", "free", True)],
    ],
)
def test_some_formats_need_a_plan(name: str, tier: str, accepted: bool) -> None:
    """The message names the plan."""
    if accepted:
        assert read_output_format(name, STREAMING_FORMATS, tier).name == name
        return
    with pytest.raises(Rejected, match="tier and above") as raised:
        read_output_format(name, STREAMING_FORMATS, tier)

    assert rejection_response(raised.value).status_code == 403


@pytest.mark.parametrize(
    ("code", "http_status", "status"),
    [
        ("quota_exceeded", 401, "quota_exceeded"),
        ("paid_plan_required", 402, "payment_required"),
        ("invalid_uid", 400, "invalid_uid"),
    ],
)
def test_a_rejection_has_both_names_of_its_code(code: str, http_status: int, status: str) -> None:
    """Older clients read `status`, newer ones `type` and `code`; unlisted codes have HTTP status 400."""
    response = rejection_response(Rejected(code, "no"))
    detail = json.loads(bytes(response.body))["detail"]

    assert response.status_code == http_status
    assert (detail["code"], detail["status"], detail["message"]) == (code, status, "no")
    assert detail["type"]
    assert detail["request_id"]
