"""Tests of the steps of a caller's script."""

import pytest

from sandbox.caller.script_fields import ScriptError
from sandbox.caller.script_parser import parse_script


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"mulaw_base64": ""},
        {"mulaw_base64": "%"},
        {"mulaw_base64": "//8B", "text": 3},
        {"mulaw_base64": "//8B", "text": "two words", "word_ends_ms": [1]},
        {"mulaw_base64": "//8B", "text": "two words", "word_ends_ms": [2, 1]},
        {"mulaw_base64": "//8B", "file": "a.wav"},
    ],
)
def test_unusable_recorded_speech_is_rejected(value: object) -> None:
    """The emulator reads no files."""
    with pytest.raises(ScriptError, match=r"step 1 \(play\)"):
        parse_script({"steps": [{"play": value}]})
