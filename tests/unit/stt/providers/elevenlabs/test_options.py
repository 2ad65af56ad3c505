"""The section of an agent file becomes a query; what ElevenLabs would refuse is named."""

from typing import Any
from urllib.parse import parse_qs

import pytest

from parley.agent_config import SttConfig
from parley.errors import ConfigError
from parley.providers.registry import configs_of
from services.stt.providers.elevenlabs.options import PROVIDER, check, commit_after_ms, query_of


def section(**fields: Any) -> SttConfig:
    """A section with these fields."""
    return SttConfig(**{"provider": PROVIDER, "model": "scribe_v2_realtime", **fields})


def test_the_language_of_the_agent_is_requested() -> None:
    """Regions are left out, because Scribe has none."""
    query = parse_qs(query_of(section(language="pt-BR", keyterms=("Dr. Lee", "a&b"))))

    assert query["language_code"] == ["pt"]
    assert query["audio_format"] == ["ulaw_8000"]
    assert query["commit_strategy"] == ["manual"]
    assert query["keyterms"] == ["Dr. Lee", "a&b"]
    assert "include_language_detection" not in query


def test_several_languages_are_detected() -> None:
    """`multi` has no language of its own; further languages narrow the choice."""
    free = parse_qs(query_of(section(language="multi")))
    narrow = parse_qs(query_of(section(language="hi", options={"languages": ["en-IN", "hi"]})))

    assert ("language_code" in free, free["include_language_detection"]) == (False, ["true"])
    assert (narrow["language_code"], narrow["secondary_languages"]) == (["hi"], ["en"])
    assert narrow["include_language_detection"] == ["true"]


def test_options_of_voice_activity_detection() -> None:
    """The silence is that of `endpointing_ms`, within ElevenLabs' range."""
    fields = {"endpointing_ms": 700, "options": {"commit_strategy": "vad", "vad_threshold": 0.6}}
    query = parse_qs(query_of(section(**fields)))

    assert (query["vad_silence_threshold_secs"], query["vad_threshold"]) == (["0.7"], ["0.6"])
    assert [commit_after_ms(section(endpointing_ms=ms)) for ms in (100, 450, 5000)] == [300, 450, 3000]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"model": "nova-3"}, "stt.model: .*scribe_v2_realtime"),
        ({"language": "tlh"}, "stt.language: .*'tlh'"),
        ({"keyterms": ["a"] * 51}, "stt.keyterms: .*50"),
        ({"keyterms": ["ok", "a" * 21]}, "stt.keyterms.1: .*20 characters"),
        ({"options": {"vad_threshold": 0.5}}, "stt.options.vad_threshold: .*commit_strategy: vad"),
        ({"options": {"languages": ["tlh"]}}, "stt.options.languages: .*'tlh'"),
        ({"options": {"commit_strategy": "auto"}}, "stt.options.commit_strategy"),
        ({"options": {"previous_text": "x"}}, "stt.options.previous_text"),
    ],
    ids=str,
)
def test_errors_name_the_key_and_the_remedy(fields: dict[str, Any], words: str) -> None:
    """The agent file is refused before a call."""
    with pytest.raises(ConfigError, match=words):
        check(configs_of("stt", section(**fields))[0])
