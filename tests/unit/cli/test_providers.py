"""Which providers the sandbox replaces."""

import pytest

from cli.providers import PROVIDERS, emulated_providers, is_real

BY_NAME = {provider.name: provider for provider in PROVIDERS}


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("openai", "OPENAI_API_KEY"),
        ("openai", "OPENAI_BASE_URL"),
        ("polly", "AWS_PROFILE"),
    ],
)
def test_a_key_an_address_or_other_credentials_make_a_provider_real(name: str, variable: str) -> None:
    """An empty variable does not."""
    assert is_real(BY_NAME[name], {variable: "x"})
    assert not is_real(BY_NAME[name], {variable: ""})


def test_providers_with_a_process_of_their_own_come_first() -> None:
    """Providers of other emulators follow."""
    emulated = emulated_providers({})
    assert set(emulated) == set(PROVIDERS)
    hosts = [provider.host for provider in emulated]
    assert hosts == sorted(hosts, key=bool)


def test_a_provider_is_emulated_only_with_its_host() -> None:
    """Polly has no process without ElevenLabs' emulator."""
    names = {provider.name for provider in emulated_providers({"ELEVENLABS_API_KEY": "k"})}
    assert not names & {"elevenlabs", "cartesia", "polly"}
    assert "deepgram" in names
