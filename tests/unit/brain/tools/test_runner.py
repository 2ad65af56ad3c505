"""Tests for the execution of tool calls."""

import asyncio
import json

import pytest

from services.brain.tool_call import ToolCall
from services.brain.tools import Tool
from services.brain.tools.end_call import END_CALL
from services.brain.tools.runner import ToolResult, ToolRunner, run_tool


async def test_end_call_succeeds() -> None:
    """The tool itself has no effect; the session requests the hang-up."""
    assert not (await run_tool([END_CALL], ToolCall("1", "end_call", "{}", "r1"))).failed


async def test_unknown_tools_and_invalid_arguments_become_errors_for_the_model() -> None:
    """The model can explain the error or retry."""
    unknown = await run_tool([END_CALL], ToolCall("1", "fly", "{}", "r1"))
    not_json = await run_tool([END_CALL], ToolCall("1", "end_call", "{", "r1"))
    not_object = await run_tool([END_CALL], ToolCall("1", "end_call", "[]", "r1"))

    for result in (unknown, not_json, not_object):
        assert result.failed
        assert "error" in json.loads(result.result)


async def test_a_crash_of_a_tool_becomes_an_error_without_its_details() -> None:
    """The call continues."""

    async def crash(_call: ToolCall) -> str:
        raise RuntimeError("secret")

    result = await run_tool([Tool("t", "", {}, crash)], ToolCall("1", "t", "", "r1"))
    assert result.failed
    assert "secret" not in result.result


async def test_a_tool_without_a_result_times_out() -> None:
    """The timeout is the tool's own."""

    async def hang(_call: ToolCall) -> str:
        await asyncio.sleep(60)
        return "{}"

    result = await run_tool([Tool("t", "", {}, hang, timeout_s=0.01)], ToolCall("1", "t", "", "r1"))
    assert result.failed
    assert "within 0.01 s" in result.result


async def run(*calls: ToolCall, ready: bool) -> tuple[list[str], list[ToolResult]]:
    """Run tool calls; return the ids of the executed ones, and all results."""
    executed: list[str] = []
    results: list[ToolResult] = []

    async def execute(call: ToolCall) -> str:
        executed.append(call.tool_call_id)
        return "{}"

    async def emit(result: ToolResult) -> None:
        results.append(result)

    async def is_ready() -> bool:
        return ready

    runner = ToolRunner([Tool("book", "", {}, execute), END_CALL], emit, is_ready)
    async with asyncio.TaskGroup() as tasks:
        runner.run(calls, tasks)
        runner.run(calls, tasks)
    return executed, results


async def test_each_tool_call_runs_once() -> None:
    """A call stays pending in the log until its result is appended, so it is passed in repeatedly."""
    executed, results = await run(ToolCall("1", "book", "{}", "r1"), ready=True)

    assert executed == ["1"]
    assert [result.failed for result in results] == [False]


async def test_no_side_effect_happens_while_the_bus_is_unavailable() -> None:
    """Ending the call is allowed, because it has no effect outside of the log."""
    book, end = ToolCall("1", "book", "{}", "r1"), ToolCall("2", "end_call", "{}", "r1")
    executed, results = await run(book, end, ready=False)

    assert executed == []
    assert {result.tool_call_id: result.failed for result in results} == {"1": True, "2": False}


@pytest.mark.parametrize(("result", "failed", "runs"), [('{"id": 7}', False, 0), ('{"error": "x"}', True, 1)])
async def test_a_repeated_call_is_not_run_again_unless_it_failed(
    result: str, failed: bool, runs: int
) -> None:
    """The result is that of the first call; a failed one is repeated with the same key."""
    keys: list[str] = []
    first = ToolCall("turn1-0123456789ab", "book", "{}", "r1", result=result, failed=failed)
    second = ToolCall("turn1-0123456789ab-2", "book", "{}", "r2")

    async def execute(call: ToolCall) -> str:
        keys.append(call.tool_call_id)
        return "{}"

    results: asyncio.Queue[ToolResult] = asyncio.Queue()
    runner = ToolRunner([Tool("book", "", {}, execute)], results.put, ready)
    async with asyncio.TaskGroup() as tasks:
        runner.run([second], tasks, earlier={first.tool_call_id: first}.get)
    returned = results.get_nowait()

    assert keys == [first.tool_call_id] * runs
    assert returned.tool_call_id == second.tool_call_id
    assert returned.result == ("{}" if runs else result)


async def ready() -> bool:
    return True
