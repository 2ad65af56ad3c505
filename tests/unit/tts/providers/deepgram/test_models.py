"""The name of a voice at Deepgram, and the check of an agent's section."""

import pytest

from parley.agent_config import TtsConfig
from parley.errors import ConfigError
from services.tts.providers.deepgram.models import check, speak_model, speed_of


def section(**fields: object) -> TtsConfig:
    return TtsConfig.model_validate({"provider": "deepgram", **fields})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"model": "aura-2"}, "aura-2-thalia-en"),
        ({"model": "aura-2", "language": "de-DE"}, "aura-2-viktoria-de"),
        ({"model": "aura-2", "voice": "apollo"}, "aura-2-apollo-en"),
        ({"model": "aura-2", "voice": "celeste", "language": "es-MX"}, "aura-2-celeste-es"),
        ({"model": "aura-2", "voice": "aura-2-celeste-es"}, "aura-2-celeste-es"),
        ({"model": "aura-2-kara-de", "language": "de"}, "aura-2-kara-de"),
        ({"voice": "aura-2-thalia-en", "language": "en-GB"}, "aura-2-thalia-en"),
    ],
)
def test_the_name_of_a_voice(fields: dict[str, object], expected: str) -> None:
    """It is given in full, or composed."""
    assert speak_model(section(**fields)) == expected
    check(section(**fields))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"model": "eleven_flash_v2_5"}, "'eleven_flash_v2_5' is not one of Deepgram"),
        ({"model": "flux-haley-en"}, "is not one of Deepgram: write aura-2"),
        ({"model": "aura-asteria-en"}, "is not one of Deepgram: write aura-2"),
        ({"model": "aura-2", "voice": "aura-asteria-en"}, "is not in aura-2: write a name"),
        ({"model": "aura-2", "language": "hi"}, "aura-2 has no voice for the language 'hi'"),
        ({"model": "aura-2", "voice": "aura-2-thalia-en", "language": "de"}, "speaks 'en', but .* is 'de'"),
    ],
)
def test_another_voice_is_refused(fields: dict[str, object], reason: str) -> None:
    """The error names the key and the remedy."""
    with pytest.raises(ConfigError, match=rf"tts\.\w+: .*{reason}"):
        check(section(**fields))


def test_speed_is_sent_where_it_has_an_effect() -> None:
    """In English and Spanish."""
    assert speed_of(section(speed=1.1), "aura-2-thalia-en") == 1.1
    assert speed_of(section(speed=1.1), "aura-2-kara-de") is None
    assert speed_of(section(), "aura-2-thalia-en") is None
