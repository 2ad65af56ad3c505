"""A tool always returns something to the model."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from parley.agent_config import AgentConfig, HttpTool
from parley.runtime.health import serve
from services.brain.conversation import ToolCall
from services.brain.tools import Tool
from services.brain.tools.http import HttpTools, open_http
from services.brain.tools.registry import build_tools, run_tool


@asynccontextmanager
async def tools(*wanted: HttpTool) -> AsyncIterator[tuple[Tool, ...]]:
    """Those of an agent, in a call."""
    async with open_http() as client:
        yield build_tools(AgentConfig(prompt="x", tools=("end_call", *wanted)), HttpTools(client, "CA1"))


class Service:
    """Somebody's web service, which answers as it is told."""

    def __init__(self, *answers: Response) -> None:
        self.asked: list[tuple[dict[str, str], bytes]] = []
        self._answers = list(answers)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Gives its address."""
        app = Starlette(routes=[Route("/{path:path}", self._answer, methods=["POST"])])
        async with serve(app, "127.0.0.1", 0) as port:
            yield f"http://127.0.0.1:{port}/book"

    async def _answer(self, request: Request) -> Response:
        self.asked.append((dict(request.headers), await request.body()))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def booking(url: str, **more: object) -> HttpTool:
    return HttpTool.model_validate({"name": "book", "description": "Books.", "url": url, **more})


USE = ToolCall("r2-t1", "book", '{"day": "friday"}', "r2")


async def test_end_call_succeeds() -> None:
    """The built-in tool, named by the agent file."""
    async with tools() as known:
        assert not (await run_tool(known, ToolCall("1", "end_call", "{}", "r1"))).failed


async def test_unknown_tools_and_bad_arguments_are_told_to_the_model() -> None:
    """It may then say so, or try again."""
    async with tools() as known:
        unknown = await run_tool(known, ToolCall("1", "fly", "{}", "r1"))
        bad = await run_tool(known, ToolCall("1", "end_call", "{", "r1"))
        odd = await run_tool(known, ToolCall("1", "end_call", "[]", "r1"))
    assert all(result.failed and "error" in json.loads(result.result) for result in (unknown, bad, odd))


async def test_a_tools_fault_does_not_end_the_call() -> None:
    """Nor does it tell the model what is none of its business."""

    async def fail(_use: ToolCall) -> str:
        raise RuntimeError("secret")

    result = await run_tool([Tool("t", "", {}, fail)], ToolCall("1", "t", "", "r1"))
    assert result.failed
    assert "secret" not in result.result


async def test_a_service_is_asked_with_a_key_that_a_successor_would_use_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The arguments as they are, the token from the environment, the answer to the model."""
    monkeypatch.setenv("BOOKING_TOKEN", "t0ken")
    service = Service(JSONResponse({"booked": True}))
    async with service.running() as url, tools(booking(url, token_env="BOOKING_TOKEN")) as known:  # noqa: S106
        first, again = await run_tool(known, USE), await run_tool(known, USE)

    assert first == again
    assert json.loads(first.result) == {"booked": True}
    assert not first.failed
    [(headers, body), (headers_again, _)] = service.asked
    assert json.loads(body) == {"day": "friday"}
    assert headers["idempotency-key"] == headers_again["idempotency-key"] == "CA1:r2-t1"
    assert headers["authorization"] == "Bearer t0ken"


async def test_a_service_that_is_away_for_a_moment_is_asked_again() -> None:
    """With the same key; text that is no JSON is told as text."""
    service = Service(Response("", 503), Response("", 429), PlainTextResponse("done"))
    async with service.running() as url, tools(booking(url)) as known:
        result = await run_tool(known, USE)

    assert json.loads(result.result) == {"text": "done"}
    assert len({headers["idempotency-key"] for headers, _ in service.asked}) == 1
    assert len(service.asked) == 3


@pytest.mark.parametrize(
    ("status", "reason"), [(409, "HTTP 409: taken"), (500, "HTTP 500"), (302, "HTTP 302")]
)
async def test_a_service_that_refuses_is_told_to_the_model(status: int, reason: str) -> None:
    """With its own words: the model can explain."""
    async with Service(Response("taken", status)).running() as url:
        async with tools(booking(url, timeout_s=0.5)) as known:
            result = await run_tool(known, USE)

    assert result.failed
    assert reason in json.loads(result.result)["error"]


async def test_a_service_that_cannot_be_reached_is_told_too() -> None:
    """Nobody listens there; and a token that is not set is not asked without."""
    async with tools(booking("http://127.0.0.1:9/", timeout_s=0.3)) as known:
        away = await run_tool(known, USE)
    async with tools(booking("http://127.0.0.1:9/", token_env="NOT_SET_ANYWHERE")) as known:  # noqa: S106
        bare = await run_tool(known, USE)

    assert "cannot be reached" in away.result
    assert "token is not set" in bare.result


def test_two_tools_of_one_name_are_refused() -> None:
    """The model could not tell them apart."""
    tool = booking("http://127.0.0.1/")
    with pytest.raises(ValidationError, match="name of its own"):
        AgentConfig(prompt="x", tools=(tool, tool))
    with pytest.raises(ValidationError, match="name of its own"):
        AgentConfig(prompt="x", tools=("end_call", booking("http://127.0.0.1/", name="end_call")))
