"""Names and paths of models of the Gemini API."""

import pytest

from parley.agent_config import LlmConfig
from parley.errors import ConfigError
from parley.providers.end_dates import model_end
from services.brain.providers.gemini.facts import FACTS
from services.brain.providers.gemini.models import model_path
from services.brain.providers.gemini.provider import check_config


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("gemini-3.5-flash-lite", "models/gemini-3.5-flash-lite"),
        ("models/gemini-3.5-flash-lite", "models/gemini-3.5-flash-lite"),
        ("publishers/google/models/gemini-3.8-flash", "publishers/google/models/gemini-3.8-flash"),
        ("tunedModels/mine", "tunedModels/mine"),
        ("gemini/gemini-3.8-flash", "models/gemini/gemini-3.8-flash"),
    ],
)
def test_path_is_that_of_a_model(name: str, path: str) -> None:
    """Names of proxies may contain a slash."""
    check_config(LlmConfig(provider="gemini", model=name))
    assert model_path(name) == path


@pytest.mark.parametrize(
    "name", ["publishers/google/gemini-3.8-flash", "/gemini-3.8-flash", "models/", "projects/p/locations/l"]
)
def test_path_that_cannot_be_one_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"llm\.model: "):
        check_config(LlmConfig(provider="gemini", model=name))


def test_facts_and_end_of_a_model_are_those_of_its_name() -> None:
    facts = FACTS.model("models/gemini-3.8-flash")
    assert facts is not None
    assert facts.name == "gemini-3.8-flash"
    assert model_end("gemini", "publishers/google/models/gemini-2.5-pro") is not None
