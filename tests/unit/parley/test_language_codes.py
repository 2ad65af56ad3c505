"""Codes of one language that differ between providers."""

import pytest

from parley.language_codes import base_code, code_among, common_code
from parley.providers.facts import ModelFacts


@pytest.mark.parametrize(
    ("tag", "common"), [("nb-NO", "no"), ("zh_Hant-TW", "zh"), ("fil", "tl"), ("pt-BR", "pt"), ("EN", "en")]
)
def test_a_tag_has_one_common_code(tag: str, common: str) -> None:
    """Region and script do not belong to it."""
    assert common_code(tag) == common


@pytest.mark.parametrize(
    ("tag", "supported", "code"),
    [
        ("nb", ["no"], "no"),
        ("no", ["nb"], "nb"),
        ("tl", ["fil"], "fil"),
        ("nn", ["no", "nn"], "nn"),
        ("sw", ["en"], "sw"),
    ],
)
def test_a_provider_receives_the_code_that_it_lists(tag: str, supported: list[str], code: str) -> None:
    """The code of the tag comes first."""
    assert code_among(tag, supported) == code


@pytest.mark.parametrize(
    ("tag", "supported", "takes"),
    [
        ("nb", ["no"], True),
        ("no-NO", ["nb"], True),
        ("zh_TW", ["zh"], True),
        ("zh-TW", ["zh-CN"], False),
        ("sr-Latn", ["sr"], True),
        ("pt", ["pt-BR"], True),
        ("pt-PT", ["pt-BR"], False),
        ("yue", ["zh"], False),
        ("fil-PH", ["tl"], True),
    ],
)
def test_models_support_a_language_under_any_of_its_codes(
    tag: str, supported: list[str], takes: bool
) -> None:
    """A region that is listed excludes others."""
    assert ModelFacts("m", tuple(supported)).takes_language(tag) is takes


def test_a_base_code_is_in_lower_case() -> None:
    """Agent files may have any case."""
    assert base_code("DE_at") == "de"
