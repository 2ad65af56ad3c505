"""Voices that an account may use."""

import pytest

from sandbox.elevenlabs.voices import check_voice_id

RACHEL = "21m00Tcm4TlvDq8ikWAM"
SARAH = "EXAVITQu4vr4xnSDxMaL"


@pytest.mark.parametrize(
    ("voice_id", "tier", "code"),
    [
        *[("tone", "free", None), (SARAH, "free", None), (RACHEL, "creator", None)],
        *[(RACHEL, "free", "paid_plan_required"), ("A" * 20, "pro", "voice_not_found")],
        *[("21m00T", "pro", "invalid_uid"), ("A" * 19 + "!", "pro", "invalid_uid")],
    ],
)
def test_the_plan_decides_on_library_voices(voice_id: str, tier: str, code: str | None) -> None:
    """Rachel has become one."""
    rejected = check_voice_id(voice_id, tier)

    assert (rejected.code if rejected else None) == code


def test_premade_voices_end() -> None:
    """They are then unknown."""
    rejected = check_voice_id(SARAH, "pro", premade=False)

    assert rejected is not None
    assert rejected.code == "voice_not_found"
