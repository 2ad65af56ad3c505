"""Tests for the tools of MCP servers: a child process, or a web service."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
import structlog

from parley.agent_config import AgentConfig
from parley.runtime.health import serve
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool
from services.brain.tools.context import context_without_call, open_tool_resources
from services.brain.tools.mcp.server import McpServer
from services.brain.tools.registry import build_tools
from services.brain.tools.runner import ToolResult, run_tool
from tests.eventually import eventually
from tests.integration import mcp_faults, mcp_server


@asynccontextmanager
async def open_tools(
    *, fault: str = "", **options: object
) -> AsyncIterator[tuple[Sequence[Tool], McpServer]]:
    """The tools of an agent with a server, once it has listed them, or could not within a second."""
    program = mcp_faults if fault in ("absent", "silent", "noise") else mcp_server
    command = {} if "url" in options else {"command": [sys.executable, str(program.__file__), fault]}
    server = {"type": "mcp", "name": "clinic", "timeout_s": 3, "connect_timeout_s": 8, **command, **options}
    agent = AgentConfig.model_validate({"prompt": "x", "tools": ["end_call", server]})
    async with open_tool_resources() as resources:
        tools = build_tools(agent, context_without_call(agent, resources, "CA1"))
        connection = resources.mcp.get(agent.tools[1])  # type: ignore[arg-type] # the server
        await connection.wait_listed(8 if fault in ("", "garbage") else 2)
        yield tools, connection


async def call(tools: Sequence[Tool], name: str, **arguments: object) -> ToolResult:
    return await run_tool(tools, ToolCall("t1", name, json.dumps(arguments), "r1"))


async def call_until_it_succeeds(tools: Sequence[Tool], name: str, **arguments: object) -> ToolResult:
    """Call a tool of a server that is being started; each attempt waits for it."""
    result = await call(tools, name, **arguments)
    for _ in range(4):
        if not result.failed:
            break
        result = await call(tools, name, **arguments)
    return result


async def test_the_tools_of_a_server_are_those_of_the_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a prefix, their schema, and an idempotency key in `_meta`; secrets reach the server."""
    monkeypatch.setenv("TOKEN", "t0ken")
    async with open_tools(env={"CLINIC_TOKEN": "${env:TOKEN}"}) as (tools, _):
        booked = await call(tools, "clinic_book", day="friday")
        wrong = await call(tools, "clinic_book", day=7)
        failed = await call(tools, "clinic_fail")
        huge = await call(tools, "clinic_huge")

    assert [tool.name for tool in tools][:2] == ["end_call", "clinic_book"]
    assert json.loads(booked.result) == {"day": "friday", "key": "CA1:t1", "effects": 1, "token": "t0ken"}
    assert wrong.refused
    assert "argument day" in wrong.result
    assert failed.failed
    assert len(huge.result) < 17_000


async def test_repetitions_take_effect_once_and_failures_stay_alone() -> None:
    """A thousand calls with one key; then slow, oversized and deadly ones. A new process is started."""
    async with open_tools(timeout_s=4, allow=["book", "slow", "endless", "die"]) as (tools, _):
        for _ in range(20):
            await asyncio.gather(*(call(tools, "clinic_book", day="friday") for _ in range(50)))
        slow = asyncio.create_task(call(tools, "clinic_slow"))
        last = await call(tools, "clinic_book", day="friday")
        slow_result = await slow
        oversized = await call(tools, "clinic_endless")
        after = await call_until_it_succeeds(tools, "clinic_book", day="friday")
        died = await call(tools, "clinic_die")

    assert json.loads(last.result)["effects"] == 1
    assert "no result within 4 s" in slow_result.result
    assert "it is unknown whether it took effect" in oversized.result
    assert "it is unknown whether it took effect" in died.result
    assert not after.failed


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("absent", "the server ended; its last error output: ModuleNotFoundError: No module named 'clinic'"),
        ("silent", "no handshake within 1 s"),
        ("noise", "the server ended"),
    ],
)
async def test_a_server_that_does_not_work_leaves_the_other_tools(fault: str, reason: str) -> None:
    """The log names server and reason, once."""
    with structlog.testing.capture_logs() as logs:
        async with open_tools(fault=fault, connect_timeout_s=1) as (tools, server):
            assert [tool.name for tool in tools] == ["end_call"]
            assert reason in server.problem
    reported = [entry["reason"] for entry in logs if entry["event"] == "mcp_server_unavailable"]
    assert len(reported) == len(set(reported))
    assert any(reason in text for text in reported)


async def test_a_program_or_a_variable_that_does_not_exist_is_named() -> None:
    """A program is not started without its secrets."""
    async with open_tools(fault="absent", command=["/nowhere/clinic"]) as (_, server):
        assert server.problem == "the program '/nowhere/clinic' does not exist"
    async with open_tools(fault="absent", env={"A": "${env:NOT_SET_ANYWHERE}"}) as (_, server):
        assert server.problem == "the environment variable NOT_SET_ANYWHERE is not set"


async def test_garbage_on_stdout_is_skipped() -> None:
    """Many programs print a greeting."""
    async with open_tools(fault="garbage") as (tools, _):
        assert not (await call(tools, "clinic_book", day="friday")).failed


async def test_a_server_over_http() -> None:
    """Streamable HTTP, with the server's tools under another prefix."""
    app = mcp_server.server.streamable_http_app(stateless_http=True, json_response=True)
    async with mcp_server.server.session_manager.run(), serve(app, "127.0.0.1", 0) as port:
        url = f"http://127.0.0.1:{port}/mcp"
        async with open_tools(url=url, prefix="", allow=["book"]) as (tools, server):
            assert server.problem == ""
            assert [tool.name for tool in tools] == ["end_call", "book"]
            booked = await call(tools, "book", day="friday")

    assert json.loads(booked.result)["key"] == "CA1:t1"


async def test_a_tool_that_a_server_adds_can_be_used_at_once() -> None:
    """The server reports the change; the list would be read again after a minute."""
    async with open_tools() as (tools, _):
        await call(tools, "clinic_add_tool", tool="extra")
        await eventually(lambda: "clinic_extra" in [tool.name for tool in tools])
        assert json.loads((await call(tools, "clinic_extra")).result) == {"result": "extra"}


async def test_a_web_service_reports_a_change() -> None:
    """On a stream of its own, also without a session."""
    app = mcp_server.server.streamable_http_app(stateless_http=True, json_response=True)
    async with mcp_server.server.session_manager.run(), serve(app, "127.0.0.1", 0) as port:
        async with open_tools(url=f"http://127.0.0.1:{port}/mcp") as (tools, _):
            await call(tools, "clinic_add_tool", tool="extra_web")
            await eventually(lambda: "clinic_extra_web" in [tool.name for tool in tools])


async def test_an_absent_web_service_is_reported() -> None:
    """Its tools are missing, and nothing else."""
    async with open_tools(fault="absent", url="http://127.0.0.1:9/mcp", connect_timeout_s=2) as (
        tools,
        server,
    ):
        assert [tool.name for tool in tools] == ["end_call"]
        assert "cannot be reached" in server.problem


async def test_the_sdk_is_imported_only_for_agents_that_use_it() -> None:
    """It takes 0.4 s and 20 MB of each brain."""
    code = "import services.brain.service, sys; sys.exit('mcp' in sys.modules)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)

    assert await process.wait() == 0
