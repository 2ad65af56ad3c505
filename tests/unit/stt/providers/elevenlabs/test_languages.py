"""Tags of the agent file become ElevenLabs' codes."""

import pytest

from services.stt.providers.elevenlabs.languages import LANGUAGES, scribe_language


@pytest.mark.parametrize(
    ("tag", "code"),
    [("en-US", "en"), ("nb", "no"), ("cmn-Hans", "zh"), ("yue", "yue"), ("fil_PH", "fil"), ("tlh", None)],
)
def test_codes(tag: str, code: str | None) -> None:
    """Regions are dropped, other names of a language are known."""
    assert scribe_language(tag) == code


def test_no_code_occurs_twice() -> None:
    """The list has more than 90 languages."""
    assert len(LANGUAGES) == len(set(LANGUAGES)) > 90
