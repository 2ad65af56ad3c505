"""Tests of the provider `deepgram`."""

from parley.agent_config import SttConfig
from parley.providers.registry import ProviderContext, load_plugin
from services.stt.providers.deepgram.provider import PLUGIN, DeepgramProvider
from services.stt.settings import SttSettings
from tests.unit.parley.providers.doubles import make_telemetry


def test_deepgram_is_installed_as_an_entry_point() -> None:
    """Agent files name it as `provider: deepgram`."""
    assert load_plugin("stt", "deepgram") is PLUGIN


def test_only_flux_models_detect_turns() -> None:
    """Nova reports pauses, from which stt decides."""
    provider = DeepgramProvider(SttSettings(), ProviderContext(make_telemetry()).limits)

    assert provider.detects_turns(SttConfig(model="flux-general-en"))
    assert not provider.detects_turns(SttConfig(model="nova-3"))
