"""Facts about providers."""

import pytest

from parley.providers.facts import ModelFacts, ProviderFacts

FACTS = ProviderFacts(
    "Vendor",
    models=(
        ModelFacts("ear-2", languages=("en", "pt-BR", "zh-Hant")),
        ModelFacts("ear-2-medical", languages=("en-US",)),
        ModelFacts("ear"),
    ),
)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("ear-2", "ear-2"),
        ("ear-2-2026-01-01", "ear-2"),
        ("ear-2-medical-v1", "ear-2-medical"),
        ("ear-20", "ear"),
        ("eardrum", None),
    ],
)
def test_variants_have_the_facts_of_their_model(name: str, model: str | None) -> None:
    """The longest name that the variant begins with."""
    found = FACTS.model(name)
    assert (found.name if found else None) == model


@pytest.mark.parametrize(
    ("tag", "supported"),
    [
        ("en", True),
        ("en-GB", True),
        ("PT-br", True),
        ("pt", True),
        ("pt-PT", False),
        ("zh-Hant-TW", True),
        ("de", False),
    ],
)
def test_languages_include_their_regions(tag: str, supported: bool) -> None:
    """A tag without a region includes all, on either side."""
    assert FACTS.models[0].takes_language(tag) == supported
    assert FACTS.models[2].takes_language(tag)
