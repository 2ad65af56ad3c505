"""Tests of an agent's routes."""

from cli.doctor.context import routes_of
from parley.agent_config import AgentConfig


def test_each_fallback_has_its_keys_in_the_agent_file() -> None:
    """An alternative of the provider itself, such as HTTP, has those of its section."""
    voices = {"voice": "voice1", "fallbacks": [{"voice": "voice2"}]}
    agent = AgentConfig.model_validate({"prompt": "x", "tts": voices})
    routes = [(route.config.voice, route.config.options, route.keys) for route in routes_of(agent, "tts")]

    assert routes == [
        ("voice1", {}, ("tts",)),
        ("voice1", {"transport": "http"}, ("tts",)),
        ("voice2", {}, ("tts", "fallbacks", 0)),
    ]
