"""Tests for tools that are Python functions, from a package that is installed for the test."""

import asyncio
import json
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from parley.agent_config import AgentConfig
from parley.errors import ConfigError
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool
from services.brain.tools.context import context_without_call, open_tool_resources
from services.brain.tools.python import load_function
from services.brain.tools.registry import build_tools
from services.brain.tools.runner import ToolResult, run_tool

MODULE = '''
"""Tools of a clinic."""

import asyncio
import threading

from parley.tools import CallInfo, ToolError

keys: set[str] = set()
released = threading.Event()


def book_visit(day: str, call: CallInfo) -> dict[str, str]:
    """Books a visit."""
    if call.idempotency_key in keys:
        return {"day": day, "again": "yes"}
    keys.add(call.idempotency_key)
    return {"day": day, "caller": call.caller}


async def opening_hours(day: str = "today") -> str:
    """Tells the opening hours."""
    await asyncio.sleep(0)
    return f"{day}: eight to six"


def fail(reason: str) -> None:
    """Fails."""
    raise ToolError(reason)


def crash() -> None:
    """Crashes."""
    raise RuntimeError("secret")


def hang() -> str:
    """Takes long."""
    released.wait(5)
    return "late"


def undocumented(day: str): ...
'''
NAMES = ("book_visit", "opening_hours", "fail", "crash", "hang", "undocumented")


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package with entry points."""
    (tmp_path / "clinic_tools.py").write_text(MODULE)
    info = tmp_path / "clinic_tools-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: clinic-tools\nVersion: 1.0\n")
    lines = [f"{name} = clinic_tools:{name}" for name in NAMES] + ["missing = clinic_tools:nothing"]
    (info / "entry_points.txt").write_text("\n".join(["[parley.tools]", *lines]))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "clinic_tools", raising=False)
    load_function.cache_clear()


@pytest.fixture
async def tools() -> AsyncIterator[Sequence[Tool]]:
    """The tools of an agent that names them all."""
    entries = [{"type": "python", "name": name, "timeout_s": 0.3} for name in NAMES]
    agent = AgentConfig.model_validate({"name": "clinic", "prompt": "x", "tools": entries})
    async with open_tool_resources() as resources:
        yield build_tools(agent, context_without_call(agent, resources, "CA1"))


async def call(tools: Sequence[Tool], name: str, **arguments: object) -> ToolResult:
    return await run_tool(tools, ToolCall("t1", name, json.dumps(arguments), "r1"))


async def test_functions_of_installed_packages_are_tools(tools: Sequence[Tool]) -> None:
    """A function that cannot be a tool is left out, and the others remain."""
    assert [tool.name for tool in tools] == list(NAMES[:-1])
    booked = await call(tools, "book_visit", day="friday")
    hours = await call(tools, "opening_hours")

    assert json.loads(booked.result) == {"day": "friday", "caller": ""}
    assert json.loads(hours.result) == {"text": "today: eight to six"}
    assert not booked.failed
    assert not hours.failed


async def test_a_repeated_call_has_the_same_key(tools: Sequence[Tool]) -> None:
    """The function does its work once."""
    results = [await call(tools, "book_visit", day="friday") for _ in range(1000)]

    assert sum("again" not in result.result for result in results) == 1


async def test_failures_become_results_for_the_model(tools: Sequence[Tool]) -> None:
    """With the function's own reason, or none of the details of a defect."""
    failed, crashed = await call(tools, "fail", reason="fully booked"), await call(tools, "crash")
    wrong = await call(tools, "book_visit", day=7)

    assert json.loads(failed.result) == {"error": "fully booked"}
    assert crashed.failed
    assert "secret" not in crashed.result
    assert wrong.refused
    assert "argument day" in wrong.result


async def test_a_function_that_hangs_does_not_stop_the_others(tools: Sequence[Tool]) -> None:
    """Its late result is ignored."""
    hanging = asyncio.create_task(call(tools, "hang"))
    assert not (await call(tools, "opening_hours")).failed
    result = await hanging

    assert "no result within 0.3 s" in result.result
    sys.modules["clinic_tools"].released.set()
    for thread in threading.enumerate():
        if thread.name.startswith("tool"):
            thread.join(0.01)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere", "no installed package has the entry point 'nowhere'.*installed are: .*book_visit"),
        ("missing", "clinic_tools:nothing.*AttributeError"),
        ("undocumented", "clinic_tools:undocumented.*no docstring"),
    ],
)
def test_the_reason_names_the_entry_point(name: str, reason: str) -> None:
    """And what is installed."""
    with pytest.raises(ConfigError, match=reason):
        load_function(name)
