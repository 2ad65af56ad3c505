"""The entry point `openai` of speech-to-text."""

import pytest

from parley.agent_config import SttConfig
from parley.providers.registry import ProviderContext
from parley.providers.stt import FinalizesOnRequest
from services.stt.providers.openai.provider import PLUGIN, OpenAISttProvider, realtime_url
from services.stt.settings import OpenAISttSettings
from tests.unit.parley.providers.doubles import make_telemetry


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("", "wss://api.openai.com/v1/realtime?intent=transcription"),
        ("http://127.0.0.1:9003/v1/", "ws://127.0.0.1:9003/v1/realtime?intent=transcription"),
        ("https://eu.api.openai.com/v1", "wss://eu.api.openai.com/v1/realtime?intent=transcription"),
    ],
)
def test_the_address_of_a_server(base: str, url: str) -> None:
    """Without a model, which would make it a session that speaks."""
    assert realtime_url(base) == url


def test_the_stage_detects_turns() -> None:
    """And requests final transcripts at pauses, which are not shorter than those within words."""
    provider = OpenAISttProvider(OpenAISttSettings(), ProviderContext(make_telemetry()).limits)

    section = SttConfig(provider="openai")
    assert not provider.detects_turns(section)
    assert isinstance(provider, FinalizesOnRequest)
    assert provider.finalize_after_ms(section) == 200
    assert provider.finalize_after_ms(section.merged({"endpointing_ms": 400})) == 400
    assert PLUGIN.check is not None
    assert PLUGIN.facts is not None
