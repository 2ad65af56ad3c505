"""Models and languages by path."""

import pytest

from sandbox.deepgram.invalid_query import InvalidQuery
from sandbox.deepgram.model import check_flux_model, check_nova_model


@pytest.mark.parametrize(
    ("model", "language"),
    [
        *[("nova-3", "en"), ("nova-3-general", "multi"), ("nova-2-phonecall", "en-US"), ("enhanced", "da")],
        *[("base-general", "pt-BR"), ("nova-3-medical", "en-GB"), ("nova-2", "zh-Hans")],
        ("1dbdfb4d-85b2-4659-9831-16b3c76229aa", "en"),
    ],
)
def test_documented_models_and_languages_are_accepted(model: str, language: str) -> None:
    """An account's own model is named by its id."""
    check_nova_model(model, language)


@pytest.mark.parametrize(
    ("model", "language"),
    [
        *[("", "en"), ("flux-general-en", "en"), ("whisper-large", "en"), ("nova-4", "en")],
        *[("nova-3", "english"), ("nova-3", "xx"), ("nova-3", ""), ("enhanced", "multi")],
    ],
)
def test_other_models_and_languages_are_rejected(model: str, language: str) -> None:
    """Flux is not served on the path of Nova."""
    with pytest.raises(InvalidQuery, match="No such model"):
        check_nova_model(model, language)


def test_only_flux_is_served_on_its_path() -> None:
    """The models of Nova are rejected."""
    check_flux_model("flux-general-multi")
    for model in ("", "flux", "flux-general-de", "nova-3"):
        with pytest.raises(InvalidQuery):
            check_flux_model(model)
