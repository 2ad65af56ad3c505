"""Facts about providers."""

import re

import pytest

from parley.providers.end_dates import model_end
from parley.providers.facts import ANY_LANGUAGE, ModelFacts, ProviderFacts
from parley.providers.registry import Kind, installed_providers, load_plugin

KINDS: tuple[Kind, ...] = ("stt", "llm", "tts")
INSTALLED = [(kind, name) for kind in KINDS for name in sorted(installed_providers(kind))]
_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?|multi")

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


def facts_of(kind: Kind, name: str) -> ProviderFacts:
    """The facts that an installed provider declares."""
    facts = load_plugin(kind, name).facts
    assert facts is not None, "declare `facts` in the plugin"
    return facts


@pytest.mark.parametrize(("kind", "name"), INSTALLED)
def test_facts_are_complete(kind: Kind, name: str) -> None:
    """Models, tags of languages and sources of prices, and no two models of one name."""
    facts = facts_of(kind, name)
    assert facts.title
    assert facts.models
    assert facts.source.startswith("https://")
    names = [model.name for model in facts.models]
    assert len(set(names)) == len(names)
    for model in facts.models:
        assert model.languages
        assert len(set(model.languages)) == len(model.languages)
        assert all(tag == ANY_LANGUAGE or _TAG.fullmatch(tag) for tag in model.languages), model.languages
        assert all(price.source.startswith("https://") and price.usd > 0 for price in model.prices)
    assert bool(facts.audio_formats) == (kind != "llm")


@pytest.mark.parametrize(("kind", "name"), INSTALLED)
def test_end_dates_are_in_one_place(kind: Kind, name: str) -> None:
    """A model in the calendar has no second date."""
    for model in facts_of(kind, name).models:
        assert model.ends_on is None or model_end(name, model.name) is None
