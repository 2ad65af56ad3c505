"""Languages and their regions."""

import pytest

from services.tts.spoken_text.language import find_language


@pytest.mark.parametrize(
    ("tag", "code", "region", "decimal", "month_first"),
    [
        ("en", "en", "", ".", True),
        ("en-GB", "en", "GB", ".", False),
        ("en_IN", "en", "IN", ".", False),
        ("de-CH", "de", "CH", ".", False),
        ("de", "de", "", ",", False),
        ("es-419", "es", "419", ".", False),
        ("es-ES", "es", "ES", ",", False),
        ("multi", "", "", ",", False),
        ("", "", "", ",", False),
        ("zh-Hans-CN", "zh", "CN", ".", False),
    ],
)
def test_a_tag_gives_language_and_region(
    tag: str, code: str, region: str, decimal: str, month_first: bool
) -> None:
    """Conventions follow from both."""
    found = find_language(tag)
    assert (found.code, found.region, found.decimal, found.month_first) == (
        code,
        region,
        decimal,
        month_first,
    )
