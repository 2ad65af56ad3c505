"""Tests of the JSON Schema of the agent file."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from scripts.agent_schema import TARGET, schema, text

VALIDATOR = Draft202012Validator(schema())
AGENTS = sorted((TARGET.parents[1] / "agents").glob("*.yaml"))


def test_the_published_schema_is_current() -> None:
    """`make docs` would change nothing, and it is a schema."""
    assert TARGET.read_text("utf-8") == text()
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("path", AGENTS, ids=lambda path: path.stem)
def test_it_accepts_the_example_agents(path: Path) -> None:
    """An editor shows no error in them."""
    assert not list(VALIDATOR.iter_errors(yaml.safe_load(path.read_text("utf-8"))))


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"prompt": 3},
        {"prompt": "x", "thinkin": {}},
        {"prompt": "x", "tts": {"voic": "x"}},
        {"prompt": "x", "llm": {"temperature": 9}},
        {"prompt": "x", "fallback": {"then": "transfr"}},
        {"prompt": "x", "tools": ["endcall"]},
        {"prompt": "x", "languages": {"de": {"greting": "x"}}},
        {"prompt": "x", "limits": {"max_call_s": 0}},
    ],
)
def test_it_refuses_mistakes(data: Any) -> None:
    """An editor underlines them."""
    assert list(VALIDATOR.iter_errors(data))


@pytest.mark.parametrize(
    "data",
    [
        {"prompt": "x", "greeting": "Hello."},
        {"prompt": "x", "greeting": {"text": "Hello.", "interruptible": False}},
        {"prompt": "x", "tools": ["end_call", {"name": "a", "description": "b", "url": "https://x.example"}]},
        {"prompt": "x", "numbers": ["+15550100", {"number": "+49301234567", "language": "de"}]},
        {"prompt": "x", "languages": {"de": {"greeting": "Hallo.", "tts": {"voice": "x"}}}},
        {"prompt": "x", "llm": {"fallbacks": [{"model": "y"}], "extra": {"a": None}}},
    ],
)
def test_it_accepts_each_form_of_a_key(data: Any) -> None:
    """A text or a section, a name or a mapping."""
    assert not list(VALIDATOR.iter_errors(data))


def test_keys_have_descriptions() -> None:
    """An editor shows them."""
    properties = schema()["properties"]
    assert "system prompt" in properties["prompt"]["description"]
    assert "description" in schema()["$defs"]["TtsConfig"]["properties"]["voice"]
