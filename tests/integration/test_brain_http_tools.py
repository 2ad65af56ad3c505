"""Tests for tools that are implemented by a web service."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from parley.agent_config import AgentConfig, HttpTool
from parley.runtime.health import serve
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool
from services.brain.tools.context import context_without_call, open_tool_resources
from services.brain.tools.registry import build_tools
from services.brain.tools.runner import run_tool

CALL = ToolCall("r2-t1", "book", '{"day": "friday"}', "r2")


@asynccontextmanager
async def open_tools(*specs: HttpTool) -> AsyncIterator[Sequence[Tool]]:
    """The tools of an agent within one call."""
    agent = AgentConfig(prompt="x", tools=specs)
    async with open_tool_resources() as resources:
        yield build_tools(agent, context_without_call(agent, resources, "CA1"))


class WebService:
    """A web service with prepared responses; the last one is repeated."""

    def __init__(self, *responses: Response) -> None:
        self.targets: list[str] = []
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self._responses = list(responses)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Serve it; yields its URL."""
        app = Starlette(routes=[Route("/{path:path}", self._respond, methods=["GET", "POST", "PUT"])])
        async with serve(app, "127.0.0.1", 0) as port:
            yield f"http://127.0.0.1:{port}/book"

    async def _respond(self, request: Request) -> Response:
        self.targets.append(request.scope["raw_path"].decode() + "?" + request.scope["query_string"].decode())
        self.requests.append((dict(request.headers), await request.body()))
        return self._responses.pop(0) if len(self._responses) > 1 else self._responses[0]


def booking(url: str, **options: object) -> HttpTool:
    return HttpTool.model_validate({"name": "book", "description": "Books.", "url": url, **options})


async def test_a_request_carries_arguments_token_and_idempotency_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A repetition has the same key; the response is the result."""
    monkeypatch.setenv("BOOKING_TOKEN", "t0ken")
    service = WebService(JSONResponse({"booked": True}))
    async with service.running() as url:
        async with open_tools(booking(url, token_env="BOOKING_TOKEN")) as tools:  # noqa: S106
            first, second = await run_tool(tools, CALL), await run_tool(tools, CALL)

    assert replace(first, took_s=0) == replace(second, took_s=0)
    assert json.loads(first.result) == {"booked": True}
    assert not first.failed
    [(headers, body), (second_headers, _)] = service.requests
    assert json.loads(body) == {"day": "friday"}
    assert headers["idempotency-key"] == second_headers["idempotency-key"] == "CA1:r2-t1"
    assert headers["authorization"] == "Bearer t0ken"


async def test_a_temporary_error_is_retried_with_the_same_key() -> None:
    """A response that is not JSON becomes a JSON object with its text."""
    service = WebService(Response("", 503), Response("", 429), PlainTextResponse("done"))
    async with service.running() as url, open_tools(booking(url)) as tools:
        result = await run_tool(tools, CALL)

    assert json.loads(result.result) == {"text": "done"}
    assert len({headers["idempotency-key"] for headers, _ in service.requests}) == 1
    assert len(service.requests) == 3


@pytest.mark.parametrize(
    ("status", "reason"), [(409, "HTTP 409: taken"), (500, "HTTP 500"), (302, "HTTP 302: redirects are not")]
)
async def test_an_error_response_becomes_an_error_for_the_model(status: int, reason: str) -> None:
    """The error contains the text of the response, which the model can explain."""
    async with WebService(Response("taken", status)).running() as url:
        async with open_tools(booking(url, timeout_s=0.5)) as tools:
            result = await run_tool(tools, CALL)

    assert result.failed
    assert reason in json.loads(result.result)["error"]


async def test_an_unreachable_service_and_a_missing_token_become_errors_for_the_model() -> None:
    """A service without its token receives no request."""
    async with open_tools(booking("http://127.0.0.1:9/", timeout_s=0.3)) as tools:
        unreachable = await run_tool(tools, CALL)
    async with open_tools(booking("http://127.0.0.1:9/", token_env="NOT_SET_ANYWHERE")) as tools:  # noqa: S106
        without_token = await run_tool(tools, CALL)

    assert "cannot be reached" in unreachable.result
    assert "token of the service is not set" in without_token.result


async def test_a_request_is_built_from_templates_and_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service verifies the signature as docs/tools.md shows."""
    monkeypatch.setenv("SIGNING_KEY", "k3y")
    monkeypatch.setenv("API_KEY", "s3cret")
    service = WebService(JSONResponse({"data": {"slots": ["ten", "eleven"]}}))
    async with service.running() as url:
        tool = booking(
            f"{url}/{{{{ args.day }}}}",
            method="PUT",
            headers={"X-Api-Key": "${env:API_KEY}"},
            query={"sid": "{{ call.call_sid }}"},
            body={"day": "{{ args.day }}"},
            signature_env="SIGNING_KEY",
            result_path="data.slots",
        )
        async with open_tools(tool) as tools:
            result = await run_tool(tools, replace(CALL, arguments='{"day": "fri/day"}'))

    [(headers, body)] = service.requests
    assert json.loads(result.result) == ["ten", "eleven"]
    assert service.targets == ["/book/fri%2Fday?sid=CA1"]
    assert headers["x-api-key"] == "s3cret"
    signed = f"{headers['x-parley-timestamp']}.PUT./book/fri%2Fday?sid=CA1.".encode() + body
    assert headers["x-parley-signature"] == "v1=" + hmac.new(b"k3y", signed, hashlib.sha256).hexdigest()


async def test_a_thousand_repetitions_take_effect_once() -> None:
    """Redelivered, repeated by the model, or after a takeover: the key is the same."""
    service = WebService(JSONResponse({"booked": True}))
    async with service.running() as url, open_tools(booking(url)) as tools:
        for _ in range(50):
            await asyncio.gather(*(run_tool(tools, CALL) for _ in range(20)))

    assert len(service.requests) == 1000
    assert len({headers["idempotency-key"] for headers, _ in service.requests}) == 1


async def test_arguments_that_fail_the_schema_are_not_sent() -> None:
    """The model learns which one is wrong."""
    schema = {"type": "object", "properties": {"day": {"enum": ["monday"]}}, "required": ["day"]}
    service = WebService(JSONResponse({}))
    async with service.running() as url, open_tools(booking(url, parameters=schema)) as tools:
        result = await run_tool(tools, CALL)

    assert service.requests == []
    assert result.refused
    assert "argument day" in result.result


async def test_a_part_of_a_long_response_is_the_result() -> None:
    """Only the part must fit; without one, the model learns that the response is cut off."""
    response = Response(json.dumps({"all": ["x" * 90] * 500, "data": {"slot": "friday"}}))
    async with WebService(response).running() as url:
        async with open_tools(booking(url, result_path="data.slot"), booking(url, name="whole")) as tools:
            part = await run_tool(tools, CALL)
            whole = await run_tool(tools, replace(CALL, name="whole"))

    assert json.loads(part.result) == "friday"
    assert "cut off" in json.loads(whole.result)["note"]
