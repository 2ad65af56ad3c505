"""The section of an agent file becomes a query; what AssemblyAI would refuse is named."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from parley.agent_config import SttConfig
from parley.errors import ConfigError
from parley.providers.registry import configs_of
from services.stt.providers.assemblyai.options import PROVIDER, changeable, check, query_of


def section(model: str = "universal-streaming-english", **fields: Any) -> SttConfig:
    """A section with these fields."""
    return SttConfig(**{"provider": PROVIDER, "model": model, **fields})


def test_the_query_of_an_english_model() -> None:
    """Unset options are left to AssemblyAI."""
    query = parse_qs(query_of(section(keyterms=("Dr. Lee",), options={"min_turn_silence": 300})))

    assert query == {
        "sample_rate": ["8000"],
        "encoding": ["pcm_mulaw"],
        "speech_model": ["universal-streaming-english"],
        "inactivity_timeout": ["60"],
        "min_turn_silence": ["300"],
        "keyterms_prompt": ['["Dr. Lee"]'],
        "format_turns": ["false"],
    }


def test_languages_steer_a_universal_3_model() -> None:
    """Regions are left out; with `multi` none is named."""
    fields: dict[str, Any] = {"language": "hi", "options": {"languages": ["en-IN"], "mode": "min_latency"}}
    query = parse_qs(query_of(section("universal-3-5-pro", **fields)))

    assert json.loads(query["language_codes"][0]) == ["hi", "en"]
    assert query["mode"] == ["min_latency"]
    assert "format_turns" not in query
    assert "language_codes" not in parse_qs(query_of(section("universal-3-5-pro", language="multi")))
    assert changeable(section("universal-3-5-pro", language="multi"))["language_codes"] == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"model": "nova-3"}, "stt.model: .*universal-3-5-pro"),
        ({"language": "de"}, "stt.language: .*'de'"),
        ({"language": "multi"}, "stt.model: .*English only"),
        ({"model": "whisper-rt", "keyterms": ["a"]}, "stt.keyterms: whisper-rt"),
        ({"keyterms": ["a"] * 101}, "stt.keyterms: .*100"),
        ({"keyterms": ["a" * 51]}, "stt.keyterms.0: .*50 characters"),
        ({"options": {"mode": "balanced"}}, "stt.options.mode: .*universal-3-5-pro"),
        ({"model": "u3-rt-pro", "options": {"format_turns": True}}, "stt.options.format_turns"),
        ({"model": "u3-rt-pro", "options": {"languages": ["pl"]}}, "stt.options.languages: .*'pl'"),
        ({"options": {"min_turn_silence": 9, "max_turn_silence": 5}}, "stt.options.min_turn_silence"),
        ({"options": {"min_turn_silence": -1}}, "stt.options.min_turn_silence"),
        ({"options": {"prompt": "x"}}, "stt.options.prompt"),
    ],
    ids=str,
)
def test_errors_name_the_key_and_the_remedy(fields: dict[str, Any], words: str) -> None:
    """The agent file is refused before a call."""
    with pytest.raises(ConfigError, match=words):
        check(configs_of("stt", section(**fields))[0])
