"""The tags that Deepgram receives."""

import pytest

from sandbox.deepgram.model import check_nova_model
from services.stt.providers.deepgram.languages import deepgram_language


@pytest.mark.parametrize(
    ("tag", "requested"),
    [
        *[("multi", "multi"), ("en", "en"), ("en-US", "en-US"), ("en-gb", "en-GB"), ("en-IE", "en")],
        *[("de-DE", "de"), ("de-AT", "de"), ("de-CH", "de-CH"), ("de_DE", "de"), ("fr-FR", "fr")],
        *[("es-ES", "es"), ("es-MX", "es-419"), ("es-419", "es-419"), ("pt-BR", "pt-BR"), ("pt-PT", "pt-PT")],
        *[
            ("hi-IN", "hi"),
            ("hi-Latn", "hi-Latn"),
            ("nb", "no"),
            ("nb-NO", "no"),
            ("zh-TW", "zh-TW"),
            ("it-IT", "it"),
        ],
    ],
)
def test_a_region_that_deepgram_lacks_is_left_out(tag: str, requested: str) -> None:
    """It answers an unknown tag with HTTP 400, and no call would be transcribed."""
    assert deepgram_language(tag) == requested
    check_nova_model("nova-3", requested)
