"""A backend of one's own: the example in docs/tools-data.md, and backends that fail."""

import json
import re
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from parley.records import plugin
from services.brain.tools.context import open_tool_resources
from tests.integration.records_calls import CALLER, Caller, caller

PAGE = Path(__file__).parents[2] / "docs" / "tools-data.md"
MESSAGE = {"recipient": "Sales", "text": "Call back."}
_BROKEN = """
from contextlib import asynccontextmanager
from parley.records.plugin import RecordsPlugin
@asynccontextmanager
async def open_broken(context, options):
    raise OSError("no route")
    yield
@asynccontextmanager
async def open_other(context, options):
    yield object()
BROKEN, OTHER, NOTHING = RecordsPlugin(open=open_broken), RecordsPlugin(open=open_other), 1
"""


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Install the example of the page, and backends that fail."""
    example = re.search(r"```python\n(# crm_records\.py.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert example is not None
    (tmp_path / "crm_records.py").write_text(example[1], "utf-8")
    (tmp_path / "broken_records.py").write_text(_BROKEN, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    for module in ("crm_records", "broken_records"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    values = {
        "crm": "crm_records:PLUGIN",
        "broken": "broken_records:BROKEN",
        "other": "broken_records:OTHER",
        "nothing": "broken_records:NOTHING",
        "missing": "missing_records:PLUGIN",
    }
    entries = tuple(EntryPoint(name, value, plugin.GROUP) for name, value in values.items())
    monkeypatch.setattr(plugin, "_entry_points", lambda: entries)


def messages_in(resources: Any, **section: Any) -> Caller:
    """A call with an agent that takes messages in a backend."""
    return caller(resources, tools=[{"type": "take_message", **section}])


async def test_the_example_stores_a_message_once(tmp_path: Path) -> None:
    """No database is used."""
    folder = tmp_path / "messages"
    folder.mkdir()
    async with open_tool_resources("postgresql://127.0.0.1:1/none") as resources:
        call = messages_in(resources, backend="crm", options={"folder": str(folder)})
        results = [await call.use("take_message", MESSAGE) for _ in range(3)]
        assert resources.database.unavailable_reason == "database not checked yet"
        assert results[0]["ok"] is True
        assert results == [results[0]] * 3
        [file] = folder.iterdir()
        assert json.loads(file.read_text("utf-8")) == {
            **MESSAGE,
            "callback_number": CALLER,
            "name": "",
            "urgency": "normal",
        }
        absent = messages_in(resources, backend="crm", options={"folder": str(tmp_path / "absent")})
        result = await absent.use("take_message", MESSAGE)
        assert result["error"] == "the records cannot be reached at the moment; nothing was stored"


@pytest.mark.parametrize(
    ("section", "reason", "logged"),
    [
        ({"backend": "broken"}, "cannot be reached", "OSError: no route"),
        ({"backend": "other"}, "cannot be reached", "backend other does not implement MessageBox"),
        ({"backend": "nothing"}, "not set up correctly", "broken_records:NOTHING is not a RecordsPlugin"),
        ({"backend": "missing"}, "not set up correctly", "cannot be loaded from missing_records:PLUGIN"),
        ({"backend": "none"}, "not set up correctly", "no 'none' is installed (group parley.records)"),
        ({"backend": "crm"}, "not set up correctly", "options.folder: Field required"),
    ],
)
async def test_a_backend_that_fails_fails_the_tool(section: dict[str, Any], reason: str, logged: str) -> None:
    """The log names the cause; the model gets a plain reason, each time."""
    with capture_logs() as logs:
        async with open_tool_resources() as resources:
            call = messages_in(resources, **section)
            for tool_call_id in ("t1", "t2"):
                assert reason in (await call.use("take_message", MESSAGE, tool_call_id))["error"]
    assert any(logged in entry.get("error", "") for entry in logs)
