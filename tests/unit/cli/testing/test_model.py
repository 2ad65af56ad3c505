"""Answers of a model, usable and not."""

import json
from typing import Any

import httpx2
import openai
import pytest

from cli.testing.model import ModelClient, ModelFailed, Schema

SCHEMA = Schema("judgement", {"reason": str, "holds": bool})
GOOD = '{"reason": "So.", "holds": true}'


def client(
    *contents: Any, finish: str = "stop", status: int = 200
) -> tuple[ModelClient, list[dict[str, Any]]]:
    """A client and the requests that its server got; it answers with the contents in turn."""
    requests: list[dict[str, Any]] = []
    answers = list(contents)

    def respond(request: httpx2.Request) -> httpx2.Response:
        requests.append(json.loads(request.content))
        content = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(content, int):
            body = {"error": {"message": "Unsupported value: 'temperature'", "param": "temperature"}}
            return httpx2.Response(content, json=body)
        message = {"role": "assistant", "content": content, "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return httpx2.Response(
            status,
            json={"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]},
        )

    transport = httpx2.MockTransport(respond)
    sdk = openai.AsyncOpenAI(
        base_url="http://model/v1",
        api_key="k",
        max_retries=0,
        http_client=httpx2.AsyncClient(transport=transport),
    )
    return ModelClient(sdk), requests


async def test_a_request_has_a_strict_schema_and_no_randomness() -> None:
    model, requests = client(GOOD)

    assert await model.request("m", [{"role": "user", "content": "x"}], SCHEMA) == {
        "reason": "So.",
        "holds": True,
    }
    assert requests[0]["temperature"] == 0
    assert requests[0]["response_format"]["json_schema"]["strict"] is True
    assert requests[0]["response_format"]["json_schema"]["schema"]["additionalProperties"] is False


async def test_a_model_that_refuses_a_temperature_gets_none() -> None:
    model, requests = client(400, GOOD)

    assert (await model.request("m", [], SCHEMA))["holds"] is True
    assert "temperature" not in requests[1]


@pytest.mark.parametrize(
    ("content", "finish", "message"),
    [
        ("I see.", "stop", "is not JSON"),
        ('{"holds": true}', "stop", "does not have the fields"),
        ('{"reason": "x", "holds": "yes"}', "stop", "unusable `holds`"),
        ('{"reason": "x", "holds": true, "more": 1}', "stop", "does not have the fields"),
        ("[]", "stop", "does not have the fields"),
        ("", "stop", "is empty"),
        (None, "stop", "is empty"),
        (GOOD, "length", "was cut"),
        (500, "stop", "did not answer"),
    ],
)
async def test_an_unusable_answer_is_an_error(content: Any, finish: str, message: str) -> None:
    model, _ = client(content, finish=finish)

    with pytest.raises(ModelFailed, match=message):
        await model.request("m", [], SCHEMA)
