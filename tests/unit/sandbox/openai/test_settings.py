"""Settings of the Realtime API."""

import pytest
from pydantic import ValidationError

from sandbox.openai.settings import OpenAISandboxSettings


def test_they_belong_to_the_openai_emulator(monkeypatch: pytest.MonkeyPatch) -> None:
    """And share variables with the emulators of speech."""
    monkeypatch.setenv("PARLEY_SANDBOX_STT", "oracle")
    monkeypatch.setenv("PARLEY_SANDBOX_REALTIME_SESSION_S", "5")

    settings = OpenAISandboxSettings()
    assert (settings.stt, settings.realtime_session_s) == ("oracle", 5)


def test_an_unknown_fault_is_refused() -> None:
    """With the known ones in the text."""
    with pytest.raises(ValidationError, match="stall_audio"):
        OpenAISandboxSettings(realtime_fault="no")
