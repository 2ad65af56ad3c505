"""One scripted call through the emulated telephone network, from its start to the caller's report."""

import asyncio
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from sandbox.caller.client import Telephone
from sandbox.caller.report import Report
from sandbox.caller.script import Script
from sandbox.caller.script_parser import parse_yaml

_SHOWN = ("utterance_started", "say", "warning", "hung_up", "ended")


def read_script(path: Path | None) -> Script:
    """The caller's script in a file; by default that of the demo.

    Raises:
        OSError: the file cannot be read.
        ScriptError: it is not a valid script.
    """
    if path is None:
        return parse_yaml((files("sandbox.caller.scripts") / "clinic.yaml").read_text("utf-8"), "clinic.yaml")
    return parse_yaml(path.read_text("utf-8"), str(path))


async def place_call(
    telephone: Telephone,
    script: Script,
    *,
    timeout_s: float,
    on_line: Callable[[str], None],
    voice_url: str | None = None,
) -> Report:
    """Place a call and return the caller's report; `on_line` takes a line for each event.

    Raises:
        SandboxError: the emulator is unreachable, or rejects the call.
        TimeoutError: the call has not ended in time.
    """
    call_sid = await telephone.call(script, voice_url=voice_url)
    on_line(f"{'call':20} {call_sid}")
    async with asyncio.timeout(timeout_s):
        async for event in telephone.events(call_sid):
            if event["kind"] in _SHOWN:
                details = event.get("text") or event.get("by") or event.get("outcome") or ""
                on_line(f"{event['kind']:20} {details}")
    return await telephone.report(call_sid)


def summary(report: Report) -> str:
    """The outcome, and the time until each turn was answered."""
    gaps = [response.gap_ms for response in report.responses]
    waits = ", ".join("unanswered" if gap is None else f"{gap:.0f}" for gap in gaps)
    return f"outcome {report.outcome}; time to answer per turn, ms: {waits}"


def succeeded(report: Report) -> bool:
    """Whether the call went to its end, and every turn was answered."""
    return report.outcome == "completed" and all(answer.gap_ms is not None for answer in report.responses)
