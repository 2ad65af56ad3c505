"""OpenAI and Azure."""

from typing import Any

from sandbox.openai.errors import invalid_key, model_not_found
from sandbox.openai.servers.openai import AZURE, OPENAI
from tests.unit.sandbox.openai.bodies import TOOL, USER, body


def error(server: Any, **more: Any) -> Any:
    refusal = next(server.refusals(body(USER, **more)), None)
    return refusal and refusal.body["error"]


def test_the_family_decides_after_the_general_checks() -> None:
    """Unknown models pass here; they are not found later."""
    assert error(OPENAI, model="gpt-4.1", temperature=0.3) is None
    assert error(OPENAI, model="gpt-6-luna", tools=[TOOL])["param"] == "reasoning_effort"
    assert error(OPENAI, model="gpt-6-luna", temperature=3)["code"] == "decimal_above_max_value"
    assert error(OPENAI, model="unknown", temperature=0.3) is None


def test_two_forms_of_an_unknown_parameter() -> None:
    """Older models and Azure do not name it."""
    assert error(OPENAI, model="gpt-6-luna", wishes=1)["param"] == "wishes"
    assert error(OPENAI, model="gpt-4.1", wishes=1)["param"] is None
    assert error(AZURE, model="gpt-6-luna", wishes=1)["param"] is None


def test_azures_own_errors() -> None:
    """Keys and deployments; choices have the filter's results."""
    assert AZURE.error_body(invalid_key("bad"))["error"]["code"] == "401"
    assert AZURE.error_body(model_not_found("m"))["error"]["code"] == "DeploymentNotFound"
    choice = AZURE.adapt({"choices": [{"delta": {"content": "x"}}]})["choices"][0]
    assert choice["content_filter_results"]["hate"]["filtered"] is False
