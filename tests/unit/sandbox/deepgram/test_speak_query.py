"""The query of /v1/speak."""

import pytest

from sandbox.deepgram.invalid_query import InvalidQuery
from sandbox.deepgram.speak_query import SpeakQuery, read_speak

QUERY = {"model": "aura-2-thalia-en", "encoding": "mulaw", "sample_rate": "8000"}


def test_a_query_is_read() -> None:
    """The default is linear audio at 24 kHz."""
    assert read_speak(QUERY.items()) == SpeakQuery("thalia", "aura-2-thalia-en", "mulaw", 8000)
    assert read_speak([("model", "aura-2-kara-de")]).rate_hz == 24000
    assert read_speak({**QUERY, "speed": "1.5", "container": "none", "mip_opt_out": "true"}.items())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"model": "aura-2-thalia-de"}, "No such model"),
        ({"model": "aura-asteria-en"}, "No such model"),
        ({"encoding": "opus"}, "expected one of"),
        ({"sample_rate": "24000"}, "Unsupported sample_rate"),
        ({"sample_rate": "x"}, "Unsupported sample_rate"),
        ({"container": "wav"}, "no container"),
        ({"speed": "1.6"}, "between"),
        ({"speed": "fast"}, "between"),
        ({"speed": "1.2", "model": "aura-2-kara-de"}, "not supported"),
        ({"voice": "thalia"}, "unknown field"),
    ],
)
def test_a_wrong_query_is_refused(changes: dict[str, str], reason: str) -> None:
    """With the reason that Deepgram's header has."""
    with pytest.raises(InvalidQuery, match=reason):
        read_speak({**QUERY, **changes}.items())
