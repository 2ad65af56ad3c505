"""ElevenLabs' rejections and their remedies."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from services.tts.providers.elevenlabs_errors import error_detail, map_error, map_status_error, rejects_voice


@pytest.mark.parametrize(
    ("code", "kind", "remedy"),
    [
        ("quota_exceeded", ProviderRejected, "buy credits"),
        ("invalid_api_key", ProviderRejected, "check ELEVENLABS_API_KEY"),
        ("voice_not_found", ProviderRejected, "no voice 'v1': set tts.voice"),
        ("voice_does_not_exist", ProviderRejected, "no voice 'v1': set tts.voice"),
        ("paid_plan_required", ProviderRejected, "voice 'v1' needs a paid plan"),
        ("missing_permissions", ProviderRejected, "give the API key this permission"),
        ("detected_unusual_activity", ProviderRejected, "use a paid plan"),
        ("unsupported_model", ProviderRejected, "set tts.model"),
        ("system_busy", ProviderRateLimited, ""),
        ("input_timeout_exceeded", ProviderUnavailable, ""),
        ("max_active_conversations", ProviderUnavailable, ""),
    ],
)
def test_a_code_decides_the_next_attempt_and_the_remedy(
    code: str, kind: type[ProviderError], remedy: str
) -> None:
    """A frame and an HTTP response with the same code have the same remedy."""
    error = map_error(code, "m", "v1")
    assert type(error) is kind
    assert remedy in error.reason
    if kind is ProviderRejected:
        assert remedy in map_status_error(400, f"{code}: m", "v1").reason


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, ProviderRejected),
        (402, ProviderRejected),
        (422, ProviderRejected),
        (429, ProviderRateLimited),
        (500, ProviderUnavailable),
    ],
)
def test_statuses_are_mapped_to_our_errors(status: int, kind: type[ProviderError]) -> None:
    """The error decides how the next attempt is made."""
    assert type(map_status_error(status, "")) is kind


def test_a_rejected_voice_is_recognized() -> None:
    """Another voice may work; another key would be needed for other rejections."""
    assert rejects_voice(map_status_error(402, "", "v1"))
    assert rejects_voice(map_error("voice_not_found", "", "v1"))
    assert not rejects_voice(map_error("quota_exceeded", "", "v1"))


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"detail": {"status": "invalid_api_key", "message": "no"}}, "invalid_api_key: no"),
        (
            {"detail": {"code": "paid_plan_required", "status": "payment_required", "message": "no"}},
            "paid_plan_required: no",
        ),
        ({"detail": {"code": "c", "param": "speed", "message": "no"}}, "c: speed: no"),
        (b'{"detail": {"status": "x"}}', "x"),
        ({"detail": [{"type": "t", "loc": ["body", "speed"], "msg": "bad"}]}, "t: body.speed: bad"),
        ({"detail": "plain"}, "plain"),
        ({"status": "x", "message": "y"}, "x: y"),
        ("<html>", ""),
        (None, ""),
    ],
)
def test_details_of_an_http_error_are_read_in_any_shape(body: Any, detail: str) -> None:
    """The parameter that is refused is part of the text."""
    assert error_detail(body) == detail


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
details = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("detail", "code", "status", "message", "param", "loc", "msg"), json_values)
)


@given(json_values | details | details.map(lambda detail: {"detail": detail}) | st.binary())
def test_reading_an_error_never_fails(body: Any) -> None:
    """Fields may have any type and value."""
    assert isinstance(error_detail(body), str)
    if not isinstance(body, bytes):
        assert isinstance(error_detail(json.dumps(body)), str)
