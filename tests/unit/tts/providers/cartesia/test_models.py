"""Models, and the check of an agent's section."""

import pytest

from parley.agent_config import TtsConfig
from parley.errors import ConfigError
from services.tts.providers.cartesia.models import check, text_support


def section(**fields: object) -> TtsConfig:
    return TtsConfig.model_validate({"provider": "cartesia", **fields})


@pytest.mark.parametrize("model", ["sonic-3.5", "sonic-3", "sonic-3.5-2026-05-04", "sonic-latest", "sonic-9"])
def test_models_from_sonic_3_on_are_accepted(model: str) -> None:
    """Later ones too, which do not exist yet."""
    check(section(model=model))


@pytest.mark.parametrize(
    "model", ["sonic", "sonic-english", "sonic-2", "sonic-turbo", "sonic-2-2025-03-07", "sonic-2-2025-06-11"]
)
def test_earlier_models_are_refused_with_a_replacement(model: str) -> None:
    """The error names the key and what to write."""
    with pytest.raises(ConfigError, match=r"tts\.model: 'sonic.*write sonic-3\.5"):
        check(section(model=model))


def test_the_end_of_a_model_is_named() -> None:
    """The date is that of the announcement."""
    with pytest.raises(ConfigError, match="sonic-english ended on 2026-06-01"):
        check(section(model="sonic-english"))


@pytest.mark.parametrize("fields", [{"model": "eleven_flash_v2_5"}, {"model": "aura-2-thalia-en"}])
def test_a_model_of_another_provider_is_refused(fields: dict[str, object]) -> None:
    """The error names one of Cartesia."""
    with pytest.raises(ConfigError, match=r"not a model of Cartesia: write a model, for example sonic-3\.5"):
        check(section(**fields))


def test_what_a_model_reads_by_itself() -> None:
    """Numbers from sonic-3.5 on; tags if the agent wants them."""
    assert text_support(section(model="sonic-3.5")).numbers
    assert text_support(section(model="sonic-latest")).numbers
    assert not text_support(section(model="sonic-3")).numbers
    assert not text_support(section(model="sonic-3")).ssml
    assert text_support(section(model="sonic-3", options={"ssml": True})).ssml
